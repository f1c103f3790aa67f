package taxii

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/labstack/echo/v4"
)

func TestNormalizePath(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"as it should be", "/taxii2/a/", "/taxii2/a/"},
		{"TX-URL-05 no final slash", "/taxii2/a/collections", "/taxii2/a/collections/"},
		{"TX-URL-05 discovery", "/taxii2", "/taxii2/"},
		{"TX-URL-06 doubled in front", "//taxii2/a/", "/taxii2/a/"},
		{"TX-URL-06 doubled inside and at the end", "/taxii2//a///", "/taxii2/a/"},
		{"TX-URL-07 encoded letters", "/t%61xii2/%61-b/", "/taxii2/a-b/"},
		{"an encoded slash is no separator", "/taxii2/a%2Fcollections/", "/taxii2/a%2Fcollections/"},
		{"dots are names", "/taxii2/../x", "/taxii2/../x/"},
		{"other surfaces are left alone", "/v1//search", "/v1//search"},
		{"a longer first segment is another surface", "/taxii20", "/taxii20"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			c := echo.New().NewContext(httptest.NewRequest(http.MethodGet, tc.in, nil), httptest.NewRecorder())
			got := ""
			err := normalizePath(func(c echo.Context) error {
				got = echo.GetPath(c.Request())
				return nil
			})(c)
			if err != nil || got != tc.want {
				t.Errorf("normalizePath(%q) = %q, %v; want %q", tc.in, got, err, tc.want)
			}
		})
	}
}
