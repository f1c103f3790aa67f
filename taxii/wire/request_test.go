package wire

import (
	"errors"
	"net/http/httptest"
	"strings"
	"testing"

	"accord/collections"

	"github.com/labstack/echo/v4"
)

func TestParseQuery(t *testing.T) {
	for _, raw := range []string{"a;b", "a=1;b=2", "%zz", "a=%", "a=1&%zz"} {
		if _, err := ParseQuery(raw); !errors.Is(err, collections.ErrInvalid) {
			t.Errorf("%q: %v; want %v", raw, err, collections.ErrInvalid)
		}
	}
	if values, err := ParseQuery("a=1&a=2&b"); err != nil || len(values["a"]) != 2 || !values.Has("b") {
		t.Errorf("got %v, %v", values, err)
	}
}

func TestRefuseMethod(t *testing.T) {
	long := echo.New().NewContext(httptest.NewRequest(strings.Repeat("A", 1<<20), "/", nil), httptest.NewRecorder())
	if err := RefuseMethod(long, "GET"); len(err.Error()) > 200 {
		t.Errorf("a long method comes back in %d bytes", len(err.Error()))
	}
	res := httptest.NewRecorder()
	c := echo.New().NewContext(httptest.NewRequest("OPTIONS", "/", nil), res)
	err := RefuseMethod(c, "GET", "POST")
	if !errors.Is(err, collections.ErrMethod) || err.Error() != "OPTIONS is not possible here, only GET, HEAD, POST" {
		t.Errorf("got %v", err)
	}
	if got := res.Header().Get("Allow"); got != "GET, HEAD, POST" {
		t.Errorf("Allow is %q", got)
	}
}
