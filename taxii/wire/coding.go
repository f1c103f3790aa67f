package wire

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// A Coding is how the body of an answer may be packed, as the client has it.
type Coding struct {
	Gzip     bool // the client takes gzip, and likes it as much as plain bytes
	Identity bool // the client takes plain bytes
}

// Packs reports whether a body of so many bytes is to be packed. One that fits
// into a packet gains nothing by it.
func (c Coding) Packs(size int) bool { return c.Gzip && size > 0 && (size > onePacket || !c.Identity) }

const onePacket = 1_400

// AcceptedCoding reads Accept-Encoding (RFC 9110 §12.5.3). Gzip is taken when
// it is named, or when * stands for it and plain bytes are refused: many who
// write * unpack nothing. A client that refuses both gets plain bytes, which
// the RFC allows and is of more use than a refusal.
func AcceptedCoding(header http.Header) Coding {
	weights := map[string]float64{} // of the three names that count: anybody may send a hundred thousand others
	for element := range strings.SplitSeq(strings.Join(header.Values("Accept-Encoding"), ","), ",") {
		name, params, _ := strings.Cut(element, ";")
		name = strings.ToLower(strings.TrimSpace(name))
		switch name {
		case "x-gzip":
			name = "gzip" // RFC 9110 §8.4.1.3
		case "gzip", "identity", "*":
		default:
			continue
		}
		if q, ok := quality(params); ok {
			weights[name] = q
		}
	}
	packed, named := weights["gzip"]
	plain, said := weights["identity"]
	if rest, starred := weights["*"]; starred {
		if !said {
			plain, said = rest, true
		}
		if !named && plain == 0 {
			packed = rest
		}
	}
	return Coding{Gzip: packed > 0 && packed >= plain, Identity: !said || plain > 0}
}

// quality reads the weight in the parameters of a coding, 1 where there is none.
func quality(params string) (float64, bool) {
	name, value, found := strings.Cut(strings.TrimSpace(params), "=")
	if !found {
		return 1, params == ""
	}
	q, ok := Weight(strings.TrimSpace(value))
	return q, ok && strings.EqualFold(strings.TrimSpace(name), "q")
}

// Weight reads how much a client likes an element of a list, from 0 to 1
// (RFC 9110 §12.4.2).
func Weight(s string) (q float64, ok bool) {
	q, err := strconv.ParseFloat(s, 64)
	return q, err == nil && q >= 0 && q <= 1 // NaN is neither
}

// packers are idle gzip writers: each has some hundred kilobytes of tables. The
// fastest level packs STIX eight- to twelvefold already; the best one gains a
// tenth and takes twice as long.
var packers = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil {
		panic(err) // the level is one
	}
	return w
}}

// Pack calls f with a writer that packs into w what it is given. The result is
// whole only when there is no error.
func Pack(w io.Writer, f func(io.Writer) error) error {
	packer := packers.Get().(*gzip.Writer)
	defer func() {
		packer.Reset(io.Discard) // lest an idle one holds what it packed last
		packers.Put(packer)
	}()
	packer.Reset(w)
	if err := f(packer); err != nil {
		return err
	}
	return packer.Close()
}
