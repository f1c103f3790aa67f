package server

import (
	"cmp"
	"os"
	"runtime"

	"accord/collections/fair"
)

// shareProcessors prepares the process for serving. What is small must not wait
// until Go's scheduler takes a processor from what judges, writes or collects
// garbage, which it does after ten milliseconds; so there are twice as many threads
// for Go code as processors, and the system shares these among them, which it does
// at once. Who has set GOMAXPROCS has decided otherwise.
func (c *Config) shareProcessors() {
	c.processors = runtime.GOMAXPROCS(0)
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2 * c.processors)
	}
}

// newProcessors returns the gate for what keeps a processor busy: judging, writing,
// large pages. While several parties are about, or somebody asks for small pages,
// no party has more than all processors but one, so that what is small has one
// whatever a party sends; and all together leave a thread for it.
func (c *Config) newProcessors() *fair.Gate {
	threads := runtime.GOMAXPROCS(0)
	most := max(1, threads-1)
	return &fair.Gate{Most: most, Alone: most, Each: max(1, cmp.Or(c.processors, threads)-1)}
}
