package collections_test

import (
	"errors"
	"strings"
	"testing"

	"accord/collections"
)

func TestParseScopes(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		want     string // as printed, or a part of the error
		kind     error
	}{
		{"none", "", "", nil},
		{"every verb", "read:us-cn/activity-from-cn write:us-cn/* request:us-cn search:* admin",
			"read:us-cn/activity-from-cn write:us-cn/* request:us-cn search:* admin", nil},
		{"more spaces", "  read:*/*   admin ", "read:*/* admin", nil},
		{"unknown verb", "read:a/b delete:a/b", `"delete:a/b"`, collections.ErrInvalid},
		{"verb alone", "read", "read:AGREEMENT/COLLECTION", collections.ErrInvalid},
		{"no collection", "read:us-cn", "read:AGREEMENT/COLLECTION", collections.ErrInvalid},
		{"empty collection", "read:us-cn/", "read:AGREEMENT/COLLECTION", collections.ErrInvalid},
		{"empty agreement", "write:/a", "write:AGREEMENT/COLLECTION", collections.ErrInvalid},
		{"collection too many", "search:us-cn/a", "search:AGREEMENT", collections.ErrInvalid},
		{"third segment", "read:us-cn/a/b", `"read:us-cn/a/b"`, collections.ErrInvalid},
		{"star in a segment", "read:us-*/a", `"read:us-*/a"`, collections.ErrInvalid},
		{"admin of something", "admin:us-cn", `"admin:us-cn"`, collections.ErrInvalid},
		{"admin with colon", "admin:", `"admin:"`, collections.ErrInvalid},
		{"upper case", "READ:us-cn/a", `"READ:us-cn/a"`, collections.ErrInvalid},
		{"star alone", "*", `"*"`, collections.ErrInvalid},
		{"line break in a word", "read:us-cn/a\x00", `"read:us-cn/a\x00"`, collections.ErrInvalid},
		{"too many words", strings.Repeat("admin ", 257), "257 words", collections.ErrInvalid},
		{"too long", "read:a/" + strings.Repeat("a", 17<<10), "bytes", collections.ErrInvalid},
	} {
		t.Run(tc.name, func(t *testing.T) {
			scopes, err := collections.ParseScopes(tc.in)
			got := scopes.String()
			if err != nil {
				got = err.Error()
			}
			if !errors.Is(err, tc.kind) || !strings.Contains(got, tc.want) || err == nil && got != tc.want {
				t.Errorf("ParseScopes(%.80q) = %q, %v; want %q, %v", tc.in, got, err, tc.want, tc.kind)
			}
		})
	}
}

// P5: a scope covers its verb in its place and nothing else.
func TestScopesAllow(t *testing.T) {
	for _, tc := range []struct {
		scopes                string
		verb, agreement, coll string
		want                  bool
	}{
		{"read:us-cn/a", "read", "us-cn", "a", true},
		{"read:us-cn/a", "read", "us-cn", "b", false},
		{"read:us-cn/a", "read", "us-eu", "a", false},
		{"read:us-cn/a", "write", "us-cn", "a", false},
		{"write:us-cn/a", "read", "us-cn", "a", false},
		{"read:us-cn/*", "read", "us-cn", "b", true},
		{"read:*/a", "read", "us-eu", "a", true},
		{"read:*/a", "read", "us-eu", "b", false},
		{"read:*/*", "write", "us-cn", "a", false},
		{"read:x/y write:us-cn/a", "write", "us-cn", "a", true},
		{"request:us-cn", "read", "us-cn", "requests-cert-cn-cert-us", false}, // comes with its collections
		{"request:us-cn", "request", "us-cn", "", true},
		{"request:us-cn", "request", "us-eu", "", false},
		{"search:*", "search", "us-cn", "", true},
		{"admin", "admin", "", "", true},
		{"admin", "read", "us-cn", "a", false},
		{"read:*/*", "admin", "", "", false},
		{"", "read", "us-cn", "a", false},
	} {
		scopes, err := collections.ParseScopes(tc.scopes)
		if err != nil {
			t.Fatal(err)
		}
		if got := scopes.Allows(tc.verb, tc.agreement, tc.coll); got != tc.want {
			t.Errorf("%q allows %s in %s/%s = %v, want %v", tc.scopes, tc.verb, tc.agreement, tc.coll, got, tc.want)
		}
	}
}

func FuzzParseScopes(f *testing.F) {
	f.Add("read:us-cn/activity-from-cn write:us-cn/* request:us-cn search:* admin")
	f.Add("admin: read:/ search:a/b")
	f.Fuzz(func(t *testing.T, in string) {
		scopes, err := collections.ParseScopes(in)
		if err != nil {
			return
		}
		again, err := collections.ParseScopes(scopes.String())
		if err != nil || again.String() != scopes.String() {
			t.Errorf("ParseScopes(%q) prints %q, which reads as %q, %v", in, scopes, again, err)
		}
	})
}
