package taxii

import (
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"strings"

	"accord/collections"
	"accord/stix"
)

// A body is that of a POST, read to its end.
type body struct {
	*spool
	wrapper stix.Wrapper
}

// receive reads the body of a request: its type, its coding, then its bytes.
func (h *Handler) receive(r *request) (*body, error) {
	req := r.Request()
	wrapper, err := contentWrapper(req.Header, r.view.STIXVersions)
	if err != nil {
		return nil, err
	}
	decode, err := contentDecoder(req.Header)
	if err != nil {
		return nil, err
	}
	if req.ContentLength > h.MaxContentLength {
		return nil, h.tooLarge() // unread, and without a 100 (TX-OBJ-POST-10)
	}
	// Both the bytes as they come and the bytes that they inflate to are
	// counted: either can be far more than the other.
	content, err := decode(http.MaxBytesReader(r.Response().Writer, req.Body, h.MaxContentLength))
	if err != nil {
		return nil, h.bodyError(err)
	}
	s, err := newSpool(io.LimitReader(content, h.MaxContentLength+1), h.SpoolDir)
	if err != nil {
		return nil, h.bodyError(err)
	}
	if s.size > h.MaxContentLength {
		s.Close()
		return nil, h.tooLarge()
	}
	return &body{s, wrapper}, nil
}

// contentDecoder returns what undoes the Content-Encoding of a body.
func contentDecoder(header http.Header) (func(io.Reader) (io.Reader, error), error) {
	switch coding := strings.ToLower(strings.Join(header.Values("Content-Encoding"), ",")); coding {
	case "", "identity":
		return func(r io.Reader) (io.Reader, error) { return r, nil }, nil
	case "gzip":
		return func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }, nil
	default:
		return nil, collections.Errorf(collections.ErrMediaType,
			"Content-Encoding is %.100q; send the body as it is, or as gzip", coding)
	}
}

func (h *Handler) tooLarge() error {
	return collections.Errorf(collections.ErrTooLarge,
		"the body has more than %d bytes; send it in several parts", h.MaxContentLength)
}

// bodyError tells whose fault it is that a body could not be read.
func (h *Handler) bodyError(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return h.tooLarge()
	}
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return &collections.Error{Kind: collections.ErrUnavailable, Detail: "no room for the body now", Err: err}
	}
	return &collections.Error{Kind: collections.ErrMalformed, Detail: "the body broke off or is no sound gzip", Err: err}
}

// members finds the members of the body and checks its grammar to the end
// (TX-OBJ-POST-08). The objects are judged later, each by itself.
func (b *body) members() (posted, error) {
	reader := stix.NewReader(io.NewSectionReader(b, 0, b.size), b.wrapper, stix.DefaultLimits)
	p := posted{from: b}
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
