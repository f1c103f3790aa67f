package schemas

import (
	"slices"
	"testing"

	"accord/stix"
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

// An object of a type that nobody defines, which has neither versions nor the
// spec_version of STIX 2.0, is an observable.
func TestCustomObservables(t *testing.T) {
	const custom = "EXT-06@/type"
	for change, want := range map[string][]string{
		`"interval":5`:                                                 {custom},
		`"interval":5,"spec_version":"2.1"`:                            {custom},
		`"interval":5,"defanged":true`:                                 {custom},
		`"interval":5,"confidence":50`:                                 {"COM-15@/confidence", custom},
		`"interval":5,"spec_version":"2.0"`:                            {"GEN-02@!"},
		`"interval":5,"created":"` + time0 + `"`:                       {"GEN-02@!"},
		`"interval":5,"spec_version":"2.1","modified":"` + time0 + `"`: {custom, "GEN-02@!"},
		`"spec_version":"2.1"`:                                         {"CUS-06@!", custom},
		`"interval":5,"extensions":{"x-acme-ext":{"rank":1}}`:          {"CUS-10@/extensions/x-acme-ext", custom},
	} {
		raw := `{"type":"x-acme-beacon","id":"x-acme-beacon` + anyVersion5 + `",` + change + `}`
		if got := found(t, raw, nil); !slices.Equal(got, want) {
			t.Errorf("%s: found %q, want %q", raw, got, want)
		}
	}
}

const time0 = "2026-01-02T03:04:05.678Z"

// The header knows of each type that there is whether STIX defines it.
func TestNewObservables(t *testing.T) {
	ready()
	for typ := range typeFacts {
		if o, _ := stix.ReadObject([]byte(`{"type":"`+typ+`"}`), stix.DefaultLimits); o.NewObservable {
			t.Errorf("%s passes for an observable that STIX does not define", typ)
		}
	}
}
