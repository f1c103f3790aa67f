package wire

import (
	"net/http"
	"net/url"
	"strings"

	"accord/collections"

	"github.com/labstack/echo/v4"
)

// ParseQuery reads a query string to its end. One that cannot be read is
// ErrInvalid; URL.Query would drop parts of it without a word.
func ParseQuery(raw string) (url.Values, error) {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return nil, collections.Errorf(collections.ErrInvalid, "the query string cannot be decoded: %v", err)
	}
	return values, nil
}

// RefuseMethod returns ErrMethod and tells in Allow which methods there are
// (RFC 7231 §6.5.5); HEAD is one wherever GET is.
func RefuseMethod(c echo.Context, methods ...string) error {
	var allow []string
	for _, method := range methods {
		allow = append(allow, method)
		if method == http.MethodGet {
			allow = append(allow, http.MethodHead)
		}
	}
	list := strings.Join(allow, ", ")
	c.Response().Header().Set(echo.HeaderAllow, list)
	return collections.Errorf(collections.ErrMethod, "%.100s is not possible here, only %s", c.Request().Method, list)
}
