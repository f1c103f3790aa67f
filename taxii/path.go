package taxii

import (
	"strings"

	"github.com/labstack/echo/v4"
)

// prefix begins every path of TAXII: discovery lives there (TAXII 2.1 §8.2.1),
// and the API roots below it.
const prefix = "/taxii2/"

// normalizePath makes one path of all that clients write for it: without the
// final slash, with doubled slashes, with percent-encoded letters. It never
// redirects, because many clients follow a redirected POST with a GET
// (TX-URL-05, TX-URL-06). Paths of other surfaces are left as they are.
func normalizePath(next echo.HandlerFunc) echo.HandlerFunc {
	return func(c echo.Context) error {
		u := c.Request().URL
		// An encoded slash is no separator (RFC 3986 §2.2): such a path stays
		// encoded and fits no name.
		path := u.Path
		if strings.Contains(strings.ToUpper(u.RawPath), "%2F") {
			path = u.RawPath
		}
		if path = canonical(path); strings.HasPrefix(path, prefix) {
			u.Path, u.RawPath = path, ""
		}
		return next(c)
	}
}

// canonical returns path with single slashes and one at its end.
func canonical(path string) string {
	var b strings.Builder
	b.Grow(len(path) + 1)
	for segment := range strings.SplitSeq(path, "/") {
		if segment != "" {
			b.WriteByte('/')
			b.WriteString(segment)
		}
	}
	b.WriteByte('/')
	return b.String()
}
