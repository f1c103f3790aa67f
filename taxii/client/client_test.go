package client

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestNewRefusesWhatIsNoServer(t *testing.T) {
	for _, server := range []string{"", "taxii.example", "ftp://taxii.example", "https://u:p@taxii.example/", "https://taxii.example/?x=1", ":"} {
		if _, err := New(Config{Server: server}); err == nil {
			t.Errorf("New(%q) gave no error", server)
		}
	}
}

func TestCollection(t *testing.T) {
	for _, tc := range []struct{ name, server, collection, wrong string }{
		{"base URL", "https://taxii.example", "us-cn/activity-from-cn", ""},
		{"base URL with a slash", "https://taxii.example/", "us-cn/activity-from-cn", ""},
		{"discovery", "https://taxii.example/taxii2/", "us-cn/activity-from-cn", ""},
		{"discovery without the slash", "https://taxii.example/taxii2", "us-cn/activity-from-cn", ""},
		{"API root", "https://taxii.example/taxii2/us-cn", "activity-from-cn", ""},
		{"API root with its name", "https://taxii.example/taxii2/us-cn/", "us-cn/activity-from-cn", ""},
		{"by id", "https://taxii.example", "us-cn/" + collectionID, ""},
		{"unknown alias", "https://taxii.example", "us-cn/nope", "it shows you activity-from-cn, 11111111-"},
		{"unknown root", "https://taxii.example", "nope/x", `no API root "nope"`},
		{"another root's URL", "https://taxii.example/taxii2/us-cn/", "private/x", "is an API root"},
		{"ambiguous", "https://taxii.example", "activity-from-cn", "several"},
		{"empty alias is none", "https://taxii.example", "us-cn/", "no collection"},
		{"server under another name", "https://inside.example:444", "us-cn/activity-from-cn", ""},
		{"root that is not here", "https://taxii.example", "private/x", "404"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newFakeServer()
			c, err := newClient(t, s, tc.server).Collection(t.Context(), tc.collection)
			for _, r := range s.requests {
				if !strings.HasPrefix(tc.server, r.URL.Scheme+"://"+r.URL.Host) {
					t.Errorf("credentials went to %s", r.URL)
				}
			}
			if tc.wrong != "" {
				if err == nil || !strings.Contains(err.Error(), tc.wrong) {
					t.Fatalf("error is %v; want one that says %q", err, tc.wrong)
				}
				return
			}
			if err != nil || c.ID != collectionID || c.maxContentLength != 200 {
				t.Fatalf("got %+v, %v", c, err)
			}
		})
	}
}

func TestCredentials(t *testing.T) {
	for _, tc := range []struct {
		name   string
		config Config
		want   string
	}{
		{"bearer", Config{Token: token}, "Bearer secret-token"},
		{"basic", Config{Token: "p:w", User: "cert-us"}, "Basic Y2VydC11czpwOnc="},
		{"none", Config{}, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newFakeServer()
			tc.config.Server, tc.config.Transport = "https://taxii.example", s
			c, err := New(tc.config)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := c.Collection(t.Context(), "us-cn/activity-from-cn"); err != nil {
				t.Fatal(err)
			}
			for _, r := range s.requests {
				if got := r.Header.Get("Authorization"); got != tc.want {
					t.Errorf("%s: Authorization is %q; want %q", r.URL, got, tc.want)
				}
				if got := r.Header.Get("Accept"); got != mediaType {
					t.Errorf("%s: Accept is %q", r.URL, got)
				}
			}
		})
	}
}

func TestRedirects(t *testing.T) {
	for _, tc := range []struct{ name, to, wrong string }{
		{"same host", "https://taxii.example/taxii2/", ""},
		{"another host", "https://thief.example/taxii2/us-cn/", "redirects to https://thief.example/"},
		{"another port", "https://taxii.example:444/taxii2/us-cn/", "redirects to"},
		{"without TLS", "http://taxii.example/taxii2/us-cn/", "redirects to http:"},
		{"without end", "https://taxii.example/moved/", "without end"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newFakeServer()
			s.Handle("/moved/{$}", http.RedirectHandler(tc.to, http.StatusTemporaryRedirect))
			_, err := newClient(t, s, "https://taxii.example/moved/").Collection(t.Context(), "us-cn/activity-from-cn")
			if tc.wrong == "" && err != nil || tc.wrong != "" && (err == nil || !strings.Contains(err.Error(), tc.wrong)) {
				t.Errorf("error is %v; want one that says %q", err, tc.wrong)
			}
			for _, r := range s.requests {
				if r.URL.Scheme+"://"+r.URL.Host != "https://taxii.example" {
					t.Errorf("followed to %s", r.URL)
				}
			}
		})
	}
}

// The token must not be seen by whoever reads over the user's shoulder.
func TestErrorsDoNotShowTheToken(t *testing.T) {
	s := newFakeServer()
	s.HandleFunc("/gone/", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusUnauthorized) })
	s.HandleFunc("/elsewhere/", http.RedirectHandler("https://thief.example/", http.StatusFound).ServeHTTP)
	for _, server := range []string{"https://taxii.example/gone/", "https://taxii.example/elsewhere/", "https://taxii.example/nope/"} {
		_, err := newClient(t, s, server).Collection(t.Context(), "x")
		if err == nil || strings.Contains(fmt.Sprintf("%+v", err), token) {
			t.Errorf("%s: error is %v", server, err)
		}
	}
}
