package client

import "bytes"

// An envelope collects objects for one push (TAXII 2.1 §3.7).
type envelope struct {
	maxObjects int
	maxBytes   int // of the whole body, as the API root says; 0 for no limit

	objects [][]byte
	bytes   int // of the objects, and the commas between them
}

const (
	envelopeHead = `{"objects":[`
	envelopeTail = `]}`
)

// fits reports whether one more object keeps the envelope within its limits.
func (e *envelope) fits(raw []byte) bool {
	length := len(envelopeHead) + e.bytes + len(raw) + len(envelopeTail)
	return len(e.objects) < e.maxObjects && (e.maxBytes <= 0 || length <= e.maxBytes)
}

func (e *envelope) add(raw []byte) {
	e.objects = append(e.objects, raw)
	e.bytes += len(raw) + len(",") // of the next one
}

func (e *envelope) reset() { e.objects, e.bytes = nil, 0 }

// pack writes objects as the body of a push.
func pack(objects [][]byte) []byte {
	length := len(envelopeHead) + len(envelopeTail)
	for _, raw := range objects {
		length += len(raw) + len(",")
	}
	b := bytes.NewBuffer(make([]byte, 0, length))
	b.WriteString(envelopeHead)
	for i, raw := range objects {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(raw)
	}
	b.WriteString(envelopeTail)
	return b.Bytes()
}
