package api

import (
	"mime"
	"net/http"
	"strings"

	"accord/collections"
	"accord/stix"
	"accord/taxii/wire"

	"github.com/labstack/echo/v4"
)

// readBody reads the body of a request to its end, unpacked.
func (h *Handler) readBody(c echo.Context) (*wire.Spool, stix.Wrapper, error) {
	wrapper, err := contentWrapper(c.Request().Header)
	if err != nil {
		return nil, 0, err
	}
	body, err := wire.Receive(c.Response().Writer, c.Request(), h.MaxContentLength)
	return body, wrapper, err
}

// contentWrapper returns how a body is wrapped, by its Content-Type. Of STIX 2.0
// content the verdicts will tell. JSON is UTF-8 (RFC 8259 §8.1), and there is
// nothing else that its type could say.
func contentWrapper(header http.Header) (stix.Wrapper, error) {
	values := header.Values("Content-Type")
	if len(values) == 1 {
		name, params, err := mime.ParseMediaType(values[0])
		version, versioned := params["version"]
		charset, coded := params["charset"]
		delete(params, "charset")
		switch {
		case err != nil, coded && !strings.EqualFold(charset, "utf-8"):
		case name == "application/json" && len(params) == 0:
			return stix.File, nil
		case name == "application/taxii+json" && (!versioned || version == "2.1"):
			return stix.Envelope, nil
		case name == "application/stix+json" && (!versioned || version == "2.1" || version == "2.0"):
			return stix.Content, nil
		}
	}
	return 0, collections.Errorf(collections.ErrMediaType,
		"Content-Type is %.200q; send application/json, application/taxii+json;version=2.1 or application/stix+json;version=2.1, in UTF-8",
		strings.Join(values, ", "))
}
