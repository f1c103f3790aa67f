package schemas

import (
	"slices"
	"testing"
)

// A custom type without an extension may be an observable for all we know, so
// that what only observables may have is let through.
func TestCustomTypesOfUnknownClass(t *testing.T) {
	const custom, extension = "EXT-06@/type", "/extensions/x-acme-ext"
	for members, want := range map[string][]string{
		``:                                       {custom},
		`"defanged":true`:                        {"COM-14@/defanged", custom},
		`"extensions":{"x-acme-ext":{"rank":1}}`: {"CUS-09@" + extension, custom},
		`"extensions":{"x-acme-ext":{"Rank":1}}`: {"CUS-09@" + extension, "CUS-09@" + extension + "/Rank!", custom},
		`"extensions":{"Acme-ext":{"rank":1}}`:   {"CUS-09@/extensions/Acme-ext!", custom},
	} {
		if got := found(t, string(change("custom", members)), nil); !slices.Equal(got, want) {
			t.Errorf("%s: found %q, want %q", members, got, want)
		}
		if v := validate("strict", change("custom", members)); v.Accepted {
			t.Errorf("%s: strict accepts it", members)
		}
	}
}
