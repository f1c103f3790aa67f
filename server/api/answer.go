package api

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"

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

// begin sends the status line and the headers that every answer has.
func begin(c echo.Context, code int, mediaType, keep string) {
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, mediaType)
	header.Set(echo.HeaderCacheControl, keep)
	header.Set(echo.HeaderXContentTypeOptions, "nosniff")
	c.Response().WriteHeader(code)
}

// publishJSON publishes v as JSON.
func publishJSON(c echo.Context, mediaType string, v any) error {
	body, err := encode(v)
	if err != nil {
		return err
	}
	return publish(c, mediaType, body)
}

// writeJSON answers one caller with a resource.
func writeJSON(c echo.Context, v any) error {
	body, err := encode(v)
	if err != nil {
		return err
	}
	return writeBody(c, http.StatusOK, jsonType, body, nobody)
}

// encode returns v as JSON in which <, > and & stand as they are.
func encode(v any) ([]byte, error) {
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(v)
	return b.Bytes(), err
}

// publish answers with what is the same for everybody, or with 304 to a client
// that has it already.
func publish(c echo.Context, mediaType string, body []byte) error {
	tag := fmt.Sprintf(`"%x"`, sha256.Sum256(body))
	c.Response().Header().Set("ETag", tag)
	if !matches(c.Request().Header, tag) {
		return writeBody(c, http.StatusOK, mediaType, body, anybody)
	}
	begin(c, http.StatusNotModified, mediaType, anybody)
	return nil
}

// matches reports whether If-None-Match names a tag (RFC 7232 §3.2).
func matches(header http.Header, tag string) bool {
	list := strings.Join(header.Values("If-None-Match"), ",")
	for named := range strings.SplitSeq(list, ",") {
		if named = strings.TrimSpace(named); named == "*" || strings.TrimPrefix(named, "W/") == tag {
			return true
		}
	}
	return false
}

// writeBody answers with bytes of known length; HEAD gets the head alone.
func writeBody(c echo.Context, code int, mediaType string, body []byte, keep string) error {
	c.Response().Header().Set(echo.HeaderContentLength, strconv.Itoa(len(body)))
	begin(c, code, mediaType, keep)
	if c.Request().Method == http.MethodHead {
		return nil
	}
	_, err := c.Response().Write(body)
	return err
}
