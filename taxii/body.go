package taxii

import (
	"errors"
	"io"

	"accord/collections"
	"accord/stix"
	"accord/taxii/wire"
)

// A body is that of a POST, read to its end.
type body struct {
	*wire.Spool
	wrapper stix.Wrapper
}

// receive reads the body of a request: its type, its coding, then its bytes.
func (h *Handler) receive(r *request) (*body, error) {
	req := r.Request()
	wrapper, err := contentWrapper(req.Header, r.view.STIXVersions)
	if err != nil {
		return nil, err
	}
	spool, err := wire.Receive(r.Response().Writer, req, h.MaxContentLength)
	if err != nil {
		return nil, err
	}
	return &body{spool, wrapper}, nil
}

// members finds the members of the body and checks its grammar to the end
// (TX-OBJ-POST-08). The objects are judged later, each by itself. It reads the
// body from content.
func (b *body) members(content io.Reader) (posted, error) {
	reader := stix.NewReader(content, b.wrapper, stix.DefaultLimits)
	p := posted{from: b.Reader()}
	for {
		span, err := reader.Skip()
		if err == nil {
			p.spans = append(p.spans, span)
			continue
		}
		if fault, ok := errors.AsType[*stix.SyntaxError](err); ok {
			return posted{}, collections.Errorf(collections.ErrMalformed, "the body is not taken: %v; nothing of it was stored", fault)
		}
		if err != io.EOF {
			return posted{}, err
		}
		if p.Len() == 0 {
			return posted{}, collections.Errorf(collections.ErrMalformed, "there are no objects in the body")
		}
		return p, nil
	}
}

// posted are the members of a body, for collections.Posted. It may be used from
// many goroutines.
type posted struct {
	from  io.ReaderAt
	spans []stix.Span
}

func (p posted) Len() int { return len(p.spans) }

func (p posted) Object(i int) ([]byte, error) {
	raw := make([]byte, p.spans[i].Length)
	if _, err := p.from.ReadAt(raw, p.spans[i].Offset); err != nil {
		return nil, err
	}
	return raw, nil
}
