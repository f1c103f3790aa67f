package taxii

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"

	"accord/taxii/wire"

	"github.com/labstack/echo/v4"
)

// begin sends the status line and the headers that every answer has. Answers
// are made for one caller, so nobody else may keep them (TX-SEC-06).
func begin(c echo.Context, code int) {
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, MediaType)
	header.Set(echo.HeaderCacheControl, "no-store")
	header.Set(echo.HeaderVary, "Accept, Accept-Encoding, Authorization")
	c.Response().WriteHeader(code)
}

// writeResource answers with a resource as JSON. It is encoded before the first
// header goes out, so that a failure can still be told.
func writeResource(c echo.Context, code int, resource any) error {
	body, err := encode(resource)
	if err != nil {
		return err
	}
	return writeBody(c, code, body)
}

// writeBody answers with bytes of known length, none for nil, packed when the
// client likes that and it is worth it.
func writeBody(c echo.Context, code int, body []byte) error {
	if wire.AcceptedCoding(c.Request().Header).Packs(len(body)) {
		var packed bytes.Buffer
		err := wire.Pack(&packed, func(w io.Writer) error {
			_, err := w.Write(body)
			return err
		})
		if err != nil {
			return err
		}
		body = packed.Bytes()
		c.Response().Header().Set(echo.HeaderContentEncoding, "gzip")
	}
	return writeReady(c, code, body)
}

// writeReady answers with the bytes as they are to be sent.
func writeReady(c echo.Context, code int, body []byte) error {
	c.Response().Header().Set(echo.HeaderContentLength, strconv.Itoa(len(body)))
	begin(c, code)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	_, err := c.Response().Write(body)
	return err
}

// encode returns v as JSON in which <, > and & stand as they are.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return nil, err
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n")), nil
}
