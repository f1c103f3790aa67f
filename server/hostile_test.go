package server

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"accord/taxii/conformance"
)

// A hostile is a request, or several, and the statuses of the answers to it; 0
// is a connection closed without one. Where the connection goes on the test
// goes on with it, to see that nothing of the request is left in it.
type hostile struct {
	name, text string
	want       []int
	closed     bool
}

// TX-SEC-02, TX-SEC-03, TX-ERR-06, TX-AUTH-03, TX-FLT-01, TX-FLT-05, TX-FLT-06,
// TX-URL-07, TX-OBJ-POST-10, TX-OBJ-POST-11, TX-DT-11: what no honest client
// sends has one answer, stores nothing, costs little, and leaves the server
// alive and its connections clean.
func TestHostileRequests(t *testing.T) {
	const most = 1 << 20
	p := startParties(t, func(c *Config) { c.MaxContentLength = most })
	auth := "Host: accord.example\r\nAuthorization: Bearer " + p.issue(t, "rw", false) + "\r\n"
	readOnly := "Host: accord.example\r\nAuthorization: Bearer " + p.issue(t, "ro", false) + "\r\n"
	const typed = "Content-Type: application/taxii+json;version=2.1\r\n"
	get := func(target, headers string) string {
		return "GET " + target + " HTTP/1.1\r\n" + auth + headers + "\r\n"
	}
	post := func(headers, body string) string {
		return "POST " + objectsPath + " HTTP/1.1\r\n" + auth + typed + headers + "\r\n" + body
	}
	length := func(body string) string { return fmt.Sprintf("Content-Length: %d\r\n", len(body)) }
	chunk := func(body string) string { return fmt.Sprintf("%x\r\n%s\r\n", len(body), body) }
	encoded := func(s string) string {
		var b strings.Builder
		for i := range len(s) {
			if s[i] == '/' {
				b.WriteByte('/')
				continue
			}
			fmt.Fprintf(&b, "%%%02x", s[i])
		}
		return b.String()
	}
	broken := `{"objects":[` + poison + `]`
	ids := strings.Repeat("identity--8c6af861-7b20-41ef-9b59-6344fd872a8f,", 9_999) + objectID
	object := objectsPath + objectID + "/"
	for _, tc := range []hostile{
		{"60 kB of Accept that allow nothing", get(objectsPath, "Accept: "+strings.Repeat("text/html;q=0.1, ", 3_500)+"text/plain\r\n"), []int{406}, false},
		{"60 kB of Accept, the last of it good", get(objectsPath, "Accept: "+strings.Repeat("text/html;q=0.1, ", 3_500)+"application/taxii+json\r\n"), []int{200}, false},
		{"60 kB of Accept that are one word", get(objectsPath, "Accept: "+strings.Repeat("a", 60_000)+"\r\n"), []int{406}, false},
		{"60 kB of quotes in Accept", get(objectsPath, "Accept: "+strings.Repeat(`"\`, 30_000)+"\r\n"), []int{406}, false},
		{"200 kB of a query that means nothing", get(objectsPath+"?x="+strings.Repeat("a", 200_000), ""), []int{200}, false},
		{"200 kB of one value", get(objectsPath+"?match[type]="+strings.Repeat("a", 200_000), ""), []int{200}, false},
		{"200 kB of parameters", get(objectsPath+"?"+strings.Repeat("a&", 100_000), ""), []int{400}, false},
		{"10,000 ids", get(objectsPath+"?match[id]="+ids, ""), []int{400}, false},
		{"doubled parameters", get(objectsPath+"?limit=1&limit=2", ""), []int{400}, false},
		{"doubled parameters, one encoded", get(objectsPath+"?match[type]=a&match%5btype%5d=b", ""), []int{400}, false},
		{"a query longer than any header", get(objectsPath+"?x="+strings.Repeat("a", 2<<20), ""), []int{431}, true},

		{"everything percent-encoded", get(encoded(objectsPath)+"?"+encoded("limit")+"="+encoded("1"), ""), []int{200}, false},
		{"the slashes too", get(strings.ReplaceAll(encoded(objectsPath), "/", "%2f"), ""), []int{400}, true},
		{"encoded twice", get(strings.ReplaceAll(encoded(objectsPath), "%", "%25"), ""), []int{404}, false},
		{"an encoding cut off", get("/taxii2/api1/%6", ""), []int{400}, true},
		{"NUL in the path", get("/taxii2/api1/\x00/", ""), []int{400}, true},
		{"NUL in the path, encoded", get("/taxii2/api1%00/", ""), []int{404}, false},
		{"NUL in an object id", get(objectsPath+"%00/", ""), []int{404}, false},
		{"invalid UTF-8 in the path", get("/taxii2/\xff/", ""), []int{404}, false},
		{"invalid UTF-8 in the path, encoded", get("/taxii2/api1/collections/%ff%fe/", ""), []int{404}, false},
		{"invalid UTF-8 in the query", get(objectsPath+"?match[type]=\xff", ""), []int{400}, false},
		{"invalid UTF-8 in a name of the query", get(objectsPath+"?%ff=1", ""), []int{200}, false},
		{"invalid UTF-8 in Accept", get(objectsPath, "Accept: \xff\xfe\r\n"), []int{406}, false},
		{"invalid UTF-8 in the credentials", "GET " + objectsPath + " HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \xff\xfe\r\n\r\n", []int{401}, false},
		{"NUL in a header", get(objectsPath, "Accept: \x00\r\n"), []int{400}, true},
		{"dots", get("/taxii2/../taxii2/api1/", ""), []int{404}, false},
		{"a path of 1,000 segments", get("/taxii2"+strings.Repeat("/a", 1_000), ""), []int{404}, false},
		{"a path of 100,000 slashes", get("/taxii2"+strings.Repeat("/", 100_000), ""), []int{200}, false},

		{"HTTP/1.0", "GET " + objectsPath + " HTTP/1.0\r\n" + auth + "\r\n", []int{200}, true},
		{"HTTP/1.0 without a host", "GET /taxii2/ HTTP/1.0\r\n\r\n", []int{401}, true},
		{"HTTP/1.0 with chunks", "POST " + objectsPath + " HTTP/1.0\r\n" + auth + typed + "Transfer-Encoding: chunked\r\n\r\n" + chunk(broken) + "0\r\n\r\n", []int{422}, true},
		{"HTTP/1.1 without a host", "GET /taxii2/ HTTP/1.1\r\n\r\n", []int{400}, true},
		{"HTTP/0.9", "GET /taxii2/\r\n\r\n", []int{400}, true},
		{"HTTP/9.9", "GET /taxii2/ HTTP/9.9\r\n" + auth + "\r\n", []int{505}, true},
		{"another protocol", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", []int{400}, true},
		{"three requests at once", get(objectsPath, "") + get("/taxii2/nowhere/", "") + get("/taxii2/", ""), []int{200, 404, 200}, false},
		{"an absolute target", get("http://other.example"+objectsPath, ""), []int{200}, false},
		{"an absolute target of another scheme", get("ftp://other.example/taxii2/", ""), []int{200}, false},
		{"OPTIONS *", "OPTIONS * HTTP/1.1\r\n" + auth + "\r\n", []int{404}, false},
		{"GET *", "GET * HTTP/1.1\r\n" + auth + "\r\n", []int{404}, false},
		{"CONNECT", "CONNECT accord.example:443 HTTP/1.1\r\n" + auth + "\r\n", []int{404}, false},
		{"CONNECT to a path", "CONNECT /taxii2/ HTTP/1.1\r\n" + auth + "\r\n", []int{405}, false},
		{"a method of 10 kB", strings.Repeat("A", 10_000) + " /taxii2/ HTTP/1.1\r\n" + auth + "\r\n", []int{405}, false},
		{"a method that is none", "GE(T /taxii2/ HTTP/1.1\r\n" + auth + "\r\n", []int{400}, true},

		{"lines that end in LF alone", strings.ReplaceAll(get(objectsPath, ""), "\r\n", "\n"), []int{200}, false},
		{"a folded header", get(objectsPath, "Accept: text/html,\r\n application/taxii+json\r\n"), []int{200}, false},
		{"a blank before the colon", get(objectsPath, "Accept : text/html\r\n"), []int{400}, true},
		{"10,000 headers", get(objectsPath, strings.Repeat("X-A: b\r\n", 10_000)), []int{200}, false},
		{"more headers than there is room for", get(objectsPath, strings.Repeat("X-A: b\r\n", 200_000)), []int{431}, true},
		{"two credentials", get("/taxii2/", "Authorization: Bearer x\r\n"), []int{401}, false},
		{"two hosts", get("/taxii2/", "Host: other.example\r\n"), []int{400}, true},

		{"both lengths, smuggling", post("Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", chunk(broken)+"0\r\n\r\n"+get("/taxii2/", "")), []int{422}, true},
		{"two lengths that differ", post("Content-Length: 3\r\nContent-Length: 4\r\n", "{}xx"), []int{400}, true},
		{"one length twice", post("Content-Length: 2\r\nContent-Length: 2\r\n", "{}"), []int{422}, false},
		{"a list of lengths", post("Content-Length: 2, 2\r\n", "{}"), []int{400}, true},
		{"a length with a sign", post("Content-Length: +2\r\n", "{}"), []int{400}, true},
		{"a negative length", post("Content-Length: -1\r\n", ""), []int{400}, true},
		{"an unknown transfer coding", post("Transfer-Encoding: gzip, chunked\r\n", "0\r\n\r\n"), []int{501}, true},
		{"chunked, obscured", post("Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n"), []int{400}, true},
		{"chunks of no size", post("Transfer-Encoding: chunked\r\n", "zz\r\n\r\n"), []int{422}, true},
		{"a chunk larger than it says", post("Transfer-Encoding: chunked\r\n", "1\r\n{}\r\n0\r\n\r\n"), []int{422}, true},
		{"a chunk size of 20 digits", post("Transfer-Encoding: chunked\r\n", "fffffffffffffffffff\r\n{}\r\n"), []int{422}, true},
		{"a GET with a body", "GET " + objectsPath + " HTTP/1.1\r\n" + auth + length(broken) + "\r\n" + broken, []int{200}, false},
		{"a DELETE with a body", "DELETE " + object + " HTTP/1.1\r\n" + auth + length(broken) + "\r\n" + broken, []int{404}, false},

		{"a large body, announced", post("Content-Length: 209715200\r\n", ""), []int{413}, true},
		{"a large body, announced, without credentials", "POST " + objectsPath + " HTTP/1.1\r\nHost: a\r\nContent-Length: 209715200\r\n\r\n", []int{401}, true},
		{"a large body, announced, without a right", "POST " + objectsPath + " HTTP/1.1\r\n" + readOnly + "Content-Length: 209715200\r\n\r\n", []int{403}, true},
		{"Expect, and a body that is taken", post("Expect: 100-continue\r\n"+length("{}"), "{}"), []int{100, 422}, false},
		{"Expect, and a body that is too large", post("Expect: 100-continue\r\nContent-Length: 209715200\r\n", ""), []int{413}, true},
		{"Expect, without credentials", "POST " + objectsPath + " HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n", []int{401}, true},
		{"Expect, without a right", "POST " + objectsPath + " HTTP/1.1\r\n" + readOnly + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n", []int{403}, true},
		{"Expect of something else", post("Expect: a-miracle\r\n"+length("{}"), "{}"), []int{417}, true},

		{"100,000 nested lists", post(length(strings.Repeat("[", 100_000)), strings.Repeat("[", 100_000)), []int{422}, false},
		{"100,000 nested objects", post(length(strings.Repeat(`{"objects":`, 90_000)), strings.Repeat(`{"objects":`, 90_000)), []int{422}, false},
		{"a body with NUL", post(length("{\"objects\":[\x00]}"), "{\"objects\":[\x00]}"), []int{422}, false},
	} {
		t.Run(tc.name, func(t *testing.T) { tc.run(t, p) })
	}
	p.holds(t, "{}")
}

func (tc hostile) run(t *testing.T, p *parties) {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	c, began := p.dial(t), time.Now()
	c.say(tc.text)
	for i, want := range tc.want {
		a := c.hear()
		if took := time.Since(began); took >= unreadGrace { // nobody waits for a body that the client keeps to itself
			t.Errorf("answer %d came after %v", i, took)
		}
		if a.StatusCode != want {
			t.Fatalf("answer %d is %d %.300s; want %d", i, a.StatusCode, a.body, want)
		}
		endpoint := conformance.Elsewhere
		if want == 200 && strings.Contains(a.body, "api_roots") {
			endpoint = conformance.Discovery
		} else if want == 200 {
			endpoint = conformance.Objects
		}
		method, _, _ := strings.Cut(tc.text, " ")
		a.judge(t, method, endpoint)
	}
	if !tc.closed {
		c.say("GET /healthz HTTP/1.1\r\nHost: accord.example\r\n\r\n")
	}
	if a := c.hear(); tc.closed && a.StatusCode != 0 || !tc.closed && (a.StatusCode != 200 || a.body != "alive\n") {
		t.Errorf("then comes %d %.300s; the connection closed is %v", a.StatusCode, a.body, tc.closed)
	}
	runtime.ReadMemStats(&after)
	if spent := after.TotalAlloc - before.TotalAlloc; spent > 64<<20 {
		t.Errorf("the request took %d MiB", spent>>20)
	}
	if status, _ := get(t, p.URL()+"/healthz", ""); status != http.StatusOK {
		t.Errorf("afterwards the server says %d", status)
	}
}

// holds checks what rw reads of the collection.
func (p *parties) holds(t *testing.T, want string) {
	t.Helper()
	if status, body := get(t, p.URL()+objectsPath+"?match[version]=all", p.issue(t, "rw", false)); status != http.StatusOK || body != want {
		t.Errorf("the collection holds %d %.300s; want %s", status, body, want)
	}
}

// TX-OBJ-POST-10, TX-SEC-02: a body without end is refused after as much as the
// server takes of any, and the rest of it is not read.
func TestEndlessBody(t *testing.T) {
	const most = 1 << 20
	p := startParties(t, func(c *Config) { c.MaxContentLength = most })
	c := p.dial(t)
	fmt.Fprintf(c, "POST %s HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer %s\r\nContent-Type: application/taxii+json\r\nTransfer-Encoding: chunked\r\n\r\n",
		objectsPath, p.issue(t, "rw", false))
	sent := make(chan int, 1)
	go func() {
		n := 0
		for {
			piece := strings.Repeat(" ", 64<<10)
			if _, err := fmt.Fprintf(c, "%x\r\n%s\r\n", len(piece), piece); err != nil {
				sent <- n
				return
			}
			n += len(piece)
		}
	}()
	if a := c.hear(); a.StatusCode != http.StatusRequestEntityTooLarge {
		t.Errorf("an endless body is %d %s; want 413", a.StatusCode, a.body)
	}
	if n := <-sent; n > most+32<<20 { // what the buffers of both sides hold
		t.Errorf("%d MiB were taken; at most %d MiB can be used", n>>20, most>>20)
	}
	p.holds(t, "{}")
}
