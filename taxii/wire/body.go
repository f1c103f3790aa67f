package wire

import (
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"os"
	"strings"

	"accord/collections"
)

// Receive reads the body of a request to its end, unpacked, into a Spool.
// It may not have more than most bytes, packed or unpacked. Errors are of the kinds
// ErrTooLarge, ErrMediaType for a Content-Encoding that is not gzip, ErrMalformed
// for a body that breaks off, and ErrUnavailable where there is no room for it.
func Receive(w http.ResponseWriter, r *http.Request, most int64) (*Spool, error) {
	decode, err := contentDecoder(r.Header)
	if err != nil {
		return nil, err
	}
	if r.ContentLength > most {
		return nil, tooLarge(most) // unread, and without a 100 (TX-OBJ-POST-10)
	}
	// Both the bytes as they come and the bytes that they inflate to are
	// counted: either can be far more than the other.
	content, err := decode(http.MaxBytesReader(w, r.Body, most))
	if err != nil {
		return nil, bodyError(err, most)
	}
	s := new(Spool)
	_, err = io.Copy(s, io.LimitReader(content, most+1))
	switch {
	case err != nil:
		s.Close()
		return nil, bodyError(err, most)
	case s.Size() > most:
		s.Close()
		return nil, tooLarge(most)
	}
	return s, nil
}

// contentDecoder returns what undoes the Content-Encoding of a body.
func contentDecoder(header http.Header) (func(io.Reader) (io.Reader, error), error) {
	switch coding := strings.ToLower(strings.Join(header.Values("Content-Encoding"), ",")); coding {
	case "", "identity":
		return func(r io.Reader) (io.Reader, error) { return r, nil }, nil
	case "gzip", "x-gzip": // RFC 9110 §8.4.1.3
		return func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) }, nil
	default:
		return nil, collections.Errorf(collections.ErrMediaType,
			"Content-Encoding is %.100q; send the body as it is, or as gzip", coding)
	}
}

func tooLarge(most int64) error {
	return collections.Errorf(collections.ErrTooLarge,
		"the body has more than %d bytes; send it in several parts", most)
}

// bodyError tells whose fault it is that a body could not be read.
func bodyError(err error, most int64) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return tooLarge(most)
	}
	if errors.Is(err, collections.ErrUnavailable) {
		return err // no room in the Spool
	}
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return &collections.Error{Kind: collections.ErrMalformed, Detail: "the body came too slowly, and the rest was not waited for", Err: err}
	}
	return &collections.Error{Kind: collections.ErrMalformed, Detail: "the body broke off or is no sound gzip", Err: err}
}
