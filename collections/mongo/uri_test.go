package mongo

import (
	"errors"
	"strings"
	"testing"

	"accord/collections"
)

// P10: a URI that can't be used is refused with what is wrong, and never with a part of
// its password.
func TestCheckURI(t *testing.T) {
	for _, tc := range []struct {
		uri, want string // "" for a good one
	}{
		{"mongodb://127.0.0.1", ""},
		{"mongodb://accord:hunter2@127.0.0.1:27017,db.example/other?replicaSet=rs0&tls=true&readPreference=secondary&w=0", ""},
		{"mongodb:/127.0.0.1", "the store mongodb:…"},
		{"mongo://127.0.0.1", "scheme"},
		{"mongodb://127.0.0.1:port/accord", "HOST:PORT"},
		{"mongodb://accord:hunter2", "HOST:PORT"}, // no host at all
		{"mongodb://accord:hunter2/accord", "HOST:PORT"},
		{"mongodb://db.example/?tlsCertificateKeyFilePassword=hunter2%zz", "HOST:PORT"},
		{"mongodb://db.example/?authMechanism=MONGODB-AWS&authMechanismProperties=AWS_SESSION_TOKEN:hunter2%zz", "HOST:PORT"},
		{"mongodb://[::1]:27017,db.example:/accord", ""},
		{"mongodb://127.0.0.1:70000/accord", "port"},
		{"mongodb://127.0.0.1/accord?journal=maybe", "journal"},
		{"mongodb://accord:hunter2/x@db.example/accord", "percent-encode"},
		{"mongodb://accord:hunter2?x@db.example/accord", ""}, // as the driver reads it
		{"mongodb://accord:hunter2%zz@db.example/accord", "percent-encode"},
		{"mongodb://accord:hunter2@db.example/accord?ssl=hunter2", "percent-encode"},
		{"mongodb+srv://accord:hunter2@nowhere.invalid/accord?srvMaxHosts=2&w=1&srvServiceName=accord", ""}, // whose hosts Open asks for
		{"mongodb+srv://accord:hunter2@nowhere.invalid/accord?journal=maybe", "percent-encode"},
	} {
		err := CheckURI(tc.uri)
		if tc.want == "" {
			if err != nil {
				t.Errorf("CheckURI(%q) = %v", tc.uri, err)
			}
			continue
		}
		if known := (*collections.Error)(nil); !errors.As(err, &known) || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("CheckURI(%q) = %v; want a collections.Error with %q and without the password", tc.uri, err, tc.want)
		}
	}
}

// P10: hosts that can't be looked up are no fault of the URI.
func TestOpenWithoutHosts(t *testing.T) {
	_, err := Open(t.Context(), "mongodb+srv://accord:hunter2@nowhere.invalid/accord", Options{})
	if !errors.Is(err, collections.ErrUnavailable) || !strings.Contains(err.Error(), "can't be found") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("Open = %v; want %v and no password", err, collections.ErrUnavailable)
	}
}

func TestRedact(t *testing.T) {
	for uri, want := range map[string]string{
		"mongodb://127.0.0.1": "mongodb://127.0.0.1",
		"mongodb://accord:hunter2@db.example:27017/accord?replicaSet=rs0":     "mongodb://…@db.example:27017/accord",
		"mongodb://accord:hunter2@x@db.example/accord":                        "mongodb://…@db.example/accord",
		"mongodb://db.example/accord?tlsCertificateKeyFilePassword=hunter2@x": "mongodb://…",
		"mongodb+srv://accord:hunter2@db.example":                             "mongodb+srv://…@db.example",
		"hunter2":                            "mongodb:…",
		"mongodb://accord:hunter2":           "mongodb://…",
		"mongodb://accord:hunter2/accord":    "mongodb://…",
		"mongodb://db.example,[::1]:27017/x": "mongodb://db.example,[::1]:27017/x",
	} {
		if got := Redact(uri); got != want {
			t.Errorf("Redact(%q) = %q; want %q", uri, got, want)
		}
	}
}

// A fuzz of URIs: whatever is in the password, no message has it.
func FuzzCheckURI(f *testing.F) {
	f.Add("hunter2", "db.example/accord?w=1")
	f.Add("a/b?c@d%zz", "h:1")
	f.Fuzz(func(t *testing.T, password, rest string) {
		if len(password) < 5 || strings.Contains(rest, "@") || strings.Contains("mongodb://USER:PASSWORD@HOST:PORT/DATABASE?OPTIONS; percent-encode what is special in the user name and the password", password) {
			t.Skip()
		}
		secret := "s3cr3t" + password
		if err := CheckURI("mongodb://accord:" + secret + "@" + rest); err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("the password %q is in %q", secret, err)
		}
	})
}
