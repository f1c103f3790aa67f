package server

import (
	"io"
	"os"
	"time"

	"github.com/schollz/progressbar/v3"
	"golang.org/x/term"
)

// A progress shows on a terminal how far a command has come, once it has lasted
// for a second. Where out is no terminal it shows nothing.
type progress struct {
	out   io.Writer // nil where there is no terminal
	total int64     // -1 where nobody knows
	began time.Time
	bar   *progressbar.ProgressBar
}

func newProgress(out io.Writer, total int64) *progress {
	p := &progress{total: total, began: time.Now()}
	if f, ok := out.(*os.File); ok && term.IsTerminal(int(f.Fd())) {
		p.out = out
	}
	return p
}

// at says that done of the total is done, and in words what that means.
func (p *progress) at(done int64, words string) {
	if p.out == nil || p.bar == nil && time.Since(p.began) < time.Second {
		return
	}
	if p.bar == nil {
		p.bar = progressbar.NewOptions64(p.total, progressbar.OptionSetWriter(p.out),
			progressbar.OptionSetWidth(30), progressbar.OptionThrottle(100*time.Millisecond), progressbar.OptionClearOnFinish(),
			progressbar.OptionSetSpinnerChangeInterval(0)) // else it draws by itself, and over what is written meanwhile
	}
	p.bar.Describe(words)
	_ = p.bar.Set64(done) // a terminal that is gone needs no bar
}

// end takes the bar from the terminal.
func (p *progress) end() {
	if p.bar != nil {
		_ = p.bar.Clear()
	}
}
