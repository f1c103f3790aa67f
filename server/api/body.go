package api

import (
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"mime"
	"net/http"
	"strings"

	"accord/collections"
	"accord/stix"

	"github.com/labstack/echo/v4"
)

// readBody reads the body of a request to its end, unpacked. It is too large
// when either form of it is.
func (h *Handler) readBody(c echo.Context) (_ *Spool, _ stix.Wrapper, err error) {
	r := c.Request()
	wrapper, err := contentWrapper(r.Header)
	if err != nil {
		return nil, 0, err
	}
	if r.ContentLength > h.MaxContentLength {
		return nil, 0, h.tooLarge() // unread, and without a 100
	}
	content, err := decode(r.Header, http.MaxBytesReader(c.Response().Writer, r.Body, h.MaxContentLength))
	if err != nil {
		return nil, 0, h.bodyError(err)
	}
	s := &Spool{}
	_, err = io.Copy(s, io.LimitReader(content, h.MaxContentLength+1))
	switch {
	case err != nil:
		s.Close()
		return nil, 0, h.bodyError(err)
	case s.Size() > h.MaxContentLength:
		s.Close()
		return nil, 0, h.tooLarge()
	}
	return s, wrapper, nil
}

// contentWrapper returns how a body is wrapped, by its Content-Type. Of STIX 2.0
// content the verdicts will tell.
func contentWrapper(header http.Header) (stix.Wrapper, error) {
	values := header.Values("Content-Type")
	if len(values) == 1 {
		name, params, err := mime.ParseMediaType(values[0])
		version, versioned := params["version"]
		switch {
		case err != nil:
		case name == "application/json":
			return stix.File, nil
		case name == "application/taxii+json" && (!versioned || version == "2.1"):
			return stix.Envelope, nil
		case name == "application/stix+json" && (!versioned || version == "2.1" || version == "2.0"):
			return stix.Content, nil
		}
	}
	return 0, collections.Errorf(collections.ErrMediaType,
		"Content-Type is %.200q; send application/json, application/taxii+json;version=2.1 or application/stix+json;version=2.1",
		strings.Join(values, ", "))
}

// decode undoes the Content-Encoding of a body.
func decode(header http.Header, body io.Reader) (io.Reader, error) {
	switch coding := strings.ToLower(strings.Join(header.Values("Content-Encoding"), ",")); coding {
	case "", "identity":
		return body, nil
	case "gzip":
		return gzip.NewReader(body)
	default:
		return nil, collections.Errorf(collections.ErrMediaType, "Content-Encoding is %.100q; send the body as it is, or as gzip", coding)
	}
}

func (h *Handler) tooLarge() error {
	return collections.Errorf(collections.ErrTooLarge, "the body has more than %d bytes; send it in several parts", h.MaxContentLength)
}

// bodyError tells whose fault it is that a body could not be read.
func (h *Handler) bodyError(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return h.tooLarge()
	}
	if _, ok := errors.AsType[*collections.Error](err); ok {
		return err
	}
	if _, ok := errors.AsType[*fs.PathError](err); ok {
		return &collections.Error{Kind: collections.ErrUnavailable, Detail: "no room for the body now", Err: err}
	}
	return &collections.Error{Kind: collections.ErrMalformed, Detail: "the body broke off or is no sound gzip", Err: err}
}
