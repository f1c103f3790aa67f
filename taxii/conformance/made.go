package conformance

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"
)

// Versions of the made-up objects, in the order of time.
const (
	t1 = "2010-01-01T00:00:00.000Z"
	t2 = "2016-01-01T00:00:00.000Z"
	t3 = "2022-01-01T00:00:00.000Z"
)

// newID makes an id that no server has.
func newID(typ string) string { return typ + "--" + uuid.NewString() }

// indicator returns a STIX 2.1 indicator about an address for documentation.
// more is further members, beginning with a comma.
func indicator(id, modified, more string) string {
	return fmt.Sprintf(`{"type":"indicator","spec_version":"2.1","id":%q,"created":%q,"modified":%q,"indicator_types":["benign"],`+
		`"name":"Conformance test","description":"Made up; may be deleted","pattern":"[ipv4-addr:value = '192.0.2.1']",`+
		`"pattern_type":"stix","valid_from":%[2]q%[4]s}`, id, t1, modified, more)
}

// indicator20 returns a STIX 2.0 indicator.
func indicator20(id, modified string) string {
	return fmt.Sprintf(`{"type":"indicator","id":%q,"created":%q,"modified":%q,"labels":["benign"],"name":"Conformance test",`+
		`"pattern":"[ipv4-addr:value = '192.0.2.1']","valid_from":%[2]q}`, id, t1, modified)
}

// identity returns an object of another type.
func identity(id, modified string) string {
	return fmt.Sprintf(`{"type":"identity","spec_version":"2.1","id":%q,"created":%q,"modified":%q,"name":"Conformance test"}`, id, t1, modified)
}

// statement returns a marking definition, which has no modified.
func statement(id, created, text string) string {
	return fmt.Sprintf(`{"type":"marking-definition","spec_version":"2.1","id":%q,"created":%q,"definition_type":"statement","definition":{"statement":%q}}`, id, created, text)
}

// address returns an observable, which has neither created nor modified.
func address(id, more string) string {
	return fmt.Sprintf(`{"type":"ipv4-addr","spec_version":"2.1","id":%q,"value":"192.0.2.7"%s}`, id, more)
}

func envelopeOf(objects ...string) string { return `{"objects":[` + strings.Join(objects, ",") + `]}` }

// A made object is to be deleted when the run ends.
type made struct {
	seat *seat
	at   *place
	id   string
}

// madeID finds the ids of the made-up objects in a body, which need not be JSON
// to be taken by a careless server.
var madeID = regexp.MustCompile(`"id":"([a-z0-9-]+--[0-9a-f-]{36})"`)

// remember notes the objects of a body before it is sent, so that even those of
// a push without an answer are deleted.
func (r *runner) remember(s *seat, at *place, body string) {
	r.tally.mu.Lock()
	defer r.tally.mu.Unlock()
	for _, id := range madeID.FindAllStringSubmatch(body, -1) {
		r.made = append(r.made, made{s, at, id[1]})
	}
}

// cleanUp deletes what was posted, some at a time, and gives up on a server
// that does not answer. What may be left is told in the report.
func (r *runner) cleanUp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	queue := make(chan made)
	var workers sync.WaitGroup
	var mu sync.Mutex
	left, why := 0, ""
	for range 4 {
		workers.Go(func() {
			for m := range queue {
				if refused := r.remove(ctx, m); refused != "" {
					mu.Lock()
					left, why = left+1, cmp.Or(why, refused)
					mu.Unlock()
				}
			}
		})
	}
	seen := map[string]bool{}
	for _, m := range r.made {
		if key := m.at.url + m.id; !seen[key] {
			seen[key] = true
			queue <- m
		}
	}
	close(queue)
	workers.Wait()
	if left > 0 {
		r.notes = append(r.notes, fmt.Sprintf("%d of %d made-up objects could not be deleted and may be left; the first: %s", left, len(seen), why))
	}
}

// remove deletes an object and says why it may still be there, "" where it is
// not.
func (r *runner) remove(ctx context.Context, m made) string {
	address := m.at.url + "objects/" + m.id + "/"
	for _, s := range append([]*seat{m.seat}, r.seats...) {
		if at := s.place(m.at.url); at == nil || !needBoth.suits(at) {
			continue // the server refuses it (TX-COL-09)
		}
		x, err := r.send(ctx, request{as: s, method: http.MethodDelete, url: address})
		switch {
		case err != nil:
			return err.Error()
		case x.Status == http.StatusOK || x.Status == http.StatusNotFound:
			return ""
		}
		return x.line + ": " + x.came()
	}
	return address + " is in a collection that none of these tokens may both read and write"
}

// A status is the status resource.
type status struct {
	*exchange
	ID       string
	Status   string
	Total    int `json:"total_count"`
	Success  int `json:"success_count"`
	Failure  int `json:"failure_count"`
	Failures []struct{ ID, Version string }
}

// url is where an API root has the status.
func (s status) url(root string) string { return root + "status/" + url.PathEscape(s.ID) + "/" }

// postBody sends a body to the objects of the check's collection.
func (p *probe) postBody(body string) *exchange {
	p.remember(p.seat, p.at, body)
	return p.do(request{method: http.MethodPost, url: p.at.url + "objects/", body: body})
}

// post stores objects, which must work, and waits until they are processed.
func (p *probe) post(objects ...string) status {
	s := p.tryPost(objects...)
	if s.Failure > 0 {
		p.stop("%s: the server refused an object: %s", s.line, s.came())
	}
	return s
}

// tryPost posts objects of which the server may refuse some.
func (p *probe) tryPost(objects ...string) status {
	x := p.postBody(envelopeOf(objects...))
	if x.Status != http.StatusAccepted {
		p.stop("%s: %s", x.line, x.came())
	}
	return p.settled(x)
}

// settled reads a status until it is complete.
func (p *probe) settled(x *exchange) status {
	s := status{exchange: x}
	_ = json.Unmarshal(x.Body, &s) // found by CheckAnswer if it is none
	for s.Status == "pending" {
		select {
		case <-p.Done():
			p.stop("the status %s stays pending", s.ID)
		case <-time.After(200 * time.Millisecond):
		}
		s = status{exchange: p.get(s.url(p.at.root), "")}
		_ = json.Unmarshal(s.Body, &s)
	}
	return s
}

// sameJSON reports whether two texts are the same JSON value, numbers as they
// are written.
func sameJSON(a, b []byte) bool { return bytes.Equal(canonical(a), canonical(b)) }

func canonical(raw []byte) []byte {
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if d.Decode(&v) != nil {
		return raw
	}
	out, err := json.Marshal(v) // sorts members
	if err != nil {
		return raw
	}
	return out
}
