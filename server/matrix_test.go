package server

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"accord/taxii/conformance"
)

// A cell is one request of the matrix.
type cell struct {
	site
	method                           string
	who                              who
	spelling                         int
	accept, contentType, query, body variant
}

// A who is an auth state: a party, and how it shows who it is.
type who struct {
	party  string // "" where the credentials are not good
	how    string
	header string
}

func (c cell) String() string {
	return fmt.Sprintf("%s %s %s (%s) as %s by %s, %s, %s, %s", c.method, c.path, c.query.value, spellings[c.spelling].name,
		c.who.party, c.who.how, c.accept.name, c.contentType.name, c.body.name)
}

func (c cell) reads() bool  { return strings.Contains("rw ro", c.who.party) }
func (c cell) writes() bool { return strings.Contains("rw wo", c.who.party) }
func (c cell) posts() bool  { return c.method == http.MethodPost }

// A rule says the status of the cells that it fits.
type rule struct {
	step int // of TX-ERR-07; 13 for what passes them all
	name string
	want int
	fits func(cell) bool
}

// rules is the matrix: the first rule that fits a cell decides it, in the order
// of TX-ERR-07.
var rules = []rule{
	{2, "no such path", 404, func(c cell) bool { return c.endpoint == "" }},
	{3, "no good credentials", 401, func(c cell) bool { return c.who.party == "" }},
	{4, "no such root", 404, func(c cell) bool { return c.noRoot }},
	{4, "a root of others", 404, func(c cell) bool {
		return c.endpoint != "discovery" && (c.who.party == "stranger") != c.secondary && !(c.secondary && c.who.party == "rw")
	}},
	{4, "no such collection", 404, func(c cell) bool { return c.noTarget }},
	{4, "a collection of others", 404, func(c cell) bool {
		return c.who.party == "other" && slices.Contains([]string{"collection", "manifest", "objects", "object", "versions"}, c.endpoint)
	}},
	{5, "method", 405, func(c cell) bool {
		methods := methodsOf[c.endpoint]
		return methods == "" && c.method != "GET" && c.method != "HEAD" || methods != "" && !slices.Contains(strings.Fields(methods), c.method)
	}},
	{6, "DELETE without any right", 404, func(c cell) bool { return c.method == "DELETE" && !c.reads() && !c.writes() }},
	{6, "DELETE without both rights", 403, func(c cell) bool { return c.method == "DELETE" && !(c.reads() && c.writes()) }},
	{6, "POST without the right", 403, func(c cell) bool { return c.posts() && !c.writes() }},
	{6, "reading without the right", 403, func(c cell) bool {
		return !c.posts() && !c.reads() && slices.Contains([]string{"manifest", "objects", "object", "versions"}, c.endpoint)
	}},
	{7, "Accept", 406, func(c cell) bool { return !c.accept.good }},
	{8, "Content-Type", 415, func(c cell) bool { return c.posts() && !c.contentType.good }},
	{9, "size", 413, func(c cell) bool { return c.posts() && c.body.name == "too large" }},
	{10, "query", 400, func(c cell) bool { return !c.query.good }},
	{10, "a parameter that is not defined here", 400, func(c cell) bool {
		return c.query.name == "a type" && (c.posts() || c.endpoint != "objects" && c.endpoint != "manifest")
	}},
	{11, "body", 422, func(c cell) bool { return c.posts() && !c.body.good }},
	{12, "no such object", 404, func(c cell) bool { return c.noObject }},
	{12, "a status of others", 404, func(c cell) bool { return c.endpoint == "status" && c.who.party != "rw" }},
	{13, "taken", 202, func(c cell) bool { return c.posts() }},
	{13, "served", 200, func(c cell) bool { return true }},
}

// TX-ERR-07, TX-ERR-01, TX-ERR-02, TX-ERR-03, TX-ERR-06, TX-URL-05, TX-URL-06,
// TX-URL-07, TX-URL-08, TX-URL-09, TX-URL-10, TX-NEG-01, TX-NEG-15, TX-NEG-16,
// TX-AUTH-01, TX-AUTH-02, TX-AUTH-03, TX-AUTH-04, TX-AUTH-05, TX-AUTH-06,
// TX-MTH-01, TX-MTH-02, TX-MTH-03, TX-MTH-04, TX-COL-04, TX-COL-05, TX-COL-06,
// TX-COL-09, TX-COL-10, TX-STAT-06, TX-STAT-07, TX-OBJ-POST-12, TX-OBJ-DEL-06:
// path × method × media type × right × auth state, each cell with the status
// that the rules say, on the server as it runs.
func TestMatrix(t *testing.T) {
	m := newMatrix(t)
	counts, cells, failures := make([]int, len(rules)), 0, 0
	for c := range m.cells {
		i := slices.IndexFunc(rules, func(r rule) bool { return r.fits(c) })
		counts[i]++
		if rules[i].step < 5 && counts[i]%cellsEvery != 0 {
			continue
		}
		cells++
		if fault := m.run(c, rules[i].want); fault != "" {
			if failures++; failures <= 40 {
				t.Errorf("%v: %s; want %d by rule %q", c, fault, rules[i].want, rules[i].name)
			}
		}
	}
	t.Logf("%d cells, of which %d failed (at most 40 are shown)", cells, failures)
	for i, r := range rules {
		if t.Logf("%6d cells are %d by %q", counts[i], r.want, r.name); counts[i] == 0 {
			t.Errorf("no cell is %d by %q, so nothing was tried there", r.want, r.name)
		}
	}
	if status, left := get(t, m.URL()+objectsPath+"?match[version]=all", m.issue(t, "rw", false)); left != `{"objects":[`+lateIdentity+`]}` {
		t.Errorf("after the matrix the collection holds %d %s", status, left)
	}
}

// A matrix is the server, who asks it, and the places that he asks for.
type matrix struct {
	*parties
	*testing.T
	sites  []site
	whos   []who
	client http.Client
	header string // of rw, who puts back what was deleted
	large  string
}

func newMatrix(t *testing.T) *matrix {
	const most = 100_000
	m := &matrix{T: t, parties: startParties(t, func(c *Config) { c.MaxContentLength = most }), large: strings.Repeat(" ", most+1)}
	m.client.Transport = &conformance.Transport{}
	rw := m.issue(t, "rw", false)
	m.header = "Bearer " + rw
	var status struct{ ID string }
	if err := json.Unmarshal([]byte(m.restore()), &status); err != nil {
		t.Fatal(err)
	}
	m.sites = sites(status.ID)

	revoked, handle := m.issue(t, "rw", false), m.issue(t, "rw", true)
	if _, err := m.auth.Revoke(t.Context(), revoked); err != nil {
		t.Fatal(err)
	}
	m.whos = []who{
		{"rw", "Bearer", m.header}, {"rw", "Basic", basicAuth("rw", rw)}, {"rw", "Basic without a user", basicAuth("", rw)},
		{"rw", "Token", "token " + rw}, {"rw", "a handle", "Bearer " + handle}, {"rw", "a handle in Basic", basicAuth("rw", handle)},
		{"", "nothing", "-"}, {"", "garbage", "Bearer garbage"}, {"", "broken Basic", "Basic %%%"}, {"", "an unknown scheme", "Foo " + rw},
		{"", "an expired token", "Bearer " + m.foreign(t, -time.Hour)}, {"", "a revoked token", "Bearer " + revoked},
		{"", "another user's name", basicAuth("ro", rw)}, {"", "a changed handle", "Bearer " + handle[:39] + "!"},
	}
	for _, party := range []string{"ro", "wo", "no", "other", "stranger"} {
		m.whos = append(m.whos, who{party, "Bearer", "Bearer " + m.issue(t, party, false)})
	}
	return m
}

// cells yields each site with each method as each who, in every combination of
// variants if the full length is asked for. Else each of these has the first
// two or three variants with each other, and the further ones in turns.
func (m *matrix) cells(yield func(cell) bool) {
	turn := 0
	few := func(all []variant, n int) []variant {
		if os.Getenv("ACCORD_TEST_LONG") != "" {
			return all
		}
		return append(all[:n-1:n-1], all[n-1+turn%(len(all)-n+1)])
	}
	for _, p := range m.sites {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "FOO"} {
			for _, w := range m.whos {
				if p.noTarget && w.party == "other" {
					continue // who may know of the collection hidden
				}
				c := cell{site: p, method: method, who: w, contentType: contentTypes[0], body: bodies[0]}
				types, contents := contentTypes[:1], bodies[:1]
				if method == http.MethodPost && p.endpoint == "objects" && !p.noRoot && !p.noTarget {
					types, contents = few(contentTypes, 3), bodies
				}
				for _, c.accept = range few(accepts, 2) {
					for _, c.contentType = range types {
						for _, c.query = range few(queries, 2) {
							for _, c.body = range contents {
								c.spelling = turn % len(spellings)
								if turn++; !yield(c) {
									return
								}
							}
						}
					}
				}
			}
		}
	}
}

// run sends the request of a cell and returns what is wrong with the answer.
func (m *matrix) run(c cell, want int) string {
	body := ""
	if c.posts() {
		body = c.body.value
		switch {
		case c.body.name == "too large":
			body = m.large
		case c.body.good && want != http.StatusAccepted:
			body = `{"objects":[` + poison + `]}`
		}
	}
	res, text := m.send(c, body)
	if want == http.StatusOK && c.method == http.MethodDelete {
		m.restore()
	}
	switch {
	case res.StatusCode != want:
		return fmt.Sprintf("%d %.200s", res.StatusCode, text)
	case res.Header.Get("Content-Type") != "application/taxii+json;version=2.1":
		return fmt.Sprintf("%d with the Content-Type %q", want, res.Header.Get("Content-Type"))
	case (want == 401) != (res.Header.Get("WWW-Authenticate") != "") || (want == 405) != (res.Header.Get("Allow") != ""):
		return fmt.Sprintf("%d with the header %v", want, res.Header)
	case c.method == http.MethodHead || c.method == http.MethodDelete && want == 200:
		if text != "" {
			return fmt.Sprintf("%d with the body %.200q", want, text)
		}
	case want >= 400 && !strings.Contains(text, fmt.Sprintf(`"http_status":"%d"`, want)):
		return fmt.Sprintf("%d with the body %.200q, which is no error of that status", want, text)
	}
	return ""
}

func (m *matrix) send(c cell, body string) (*http.Response, string) {
	req, err := http.NewRequestWithContext(m.Context(), c.method, m.URL()+spellings[c.spelling].of(c.path)+"?"+c.query.value, strings.NewReader(body))
	if err != nil {
		m.Fatal(err)
	}
	for name, value := range map[string]string{
		"Accept": c.accept.value, "Content-Type": c.contentType.value, "Authorization": c.who.header, "X-Forwarded-For": m.somebody(),
	} {
		if value != "-" {
			req.Header.Set(name, value)
		}
	}
	res, err := m.client.Do(req)
	if err != nil {
		m.Fatalf("%v: %v", c, err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		m.Fatalf("%v: %v", c, err)
	}
	return res, string(text)
}

// restore stores the object of the matrix, if it is gone.
func (m *matrix) restore() string {
	rw := who{"rw", "Bearer", m.header}
	_, text := m.send(cell{site: site{path: objectsPath}, method: "POST", who: rw, accept: accepts[0], contentType: contentTypes[0]}, bodies[0].value)
	return text
}
