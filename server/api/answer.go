package api

import (
	"bytes"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/labstack/echo/v4"
)

const (
	jsonType = "application/json"
	stixType = "application/stix+json;version=2.1"
)

// Who may keep an answer: anybody where nothing in it depends on who asks, else
// nobody.
const (
	anybody = "public, max-age=300"
	nobody  = "no-store"
)

// writeJSON answers with v as JSON in which <, > and & stand as they are.
func writeJSON(c echo.Context, mediaType string, v any) error {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	return writeBody(c, http.StatusOK, mediaType, b.Bytes(), anybody)
}

// writeBody answers with bytes of known length; HEAD gets the head alone.
func writeBody(c echo.Context, code int, mediaType string, body []byte, keep string) error {
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, mediaType)
	header.Set(echo.HeaderCacheControl, keep)
	header.Set(echo.HeaderContentLength, strconv.Itoa(len(body)))
	c.Response().WriteHeader(code)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	_, err := c.Response().Write(body)
	return err
}
