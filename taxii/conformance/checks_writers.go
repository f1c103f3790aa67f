package conformance

import (
	"context"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"sync"
	"time"
)

// What the writers post: small pushes, so that many of them meet.
const (
	writers      = 6
	pushesEach   = 8
	objectsEach  = 3
	pollersLimit = 5
)

// checkWriters lets several writers post at the same time while a poller reads
// by added_after = Last alone. At the end it must have everything; so must a
// walk from the start, by next and by added_after.
func checkWriters(p *probe) {
	since := p.marker()
	ctx, end := context.WithCancel(p)
	var (
		working sync.WaitGroup
		mu      sync.Mutex
		stored  = map[string]bool{}
		answers []*exchange
		trouble error
	)
	defer working.Wait() // for what they post is deleted next
	defer end()
	for range writers {
		working.Go(func() {
			for range pushesEach {
				if ctx.Err() != nil {
					return
				}
				objects, keys := batch(objectsEach)
				body := envelopeOf(objects...)
				p.remember(p.seat, p.at, body)
				x, err := p.ask(ctx, request{as: p.seat, method: http.MethodPost, url: p.at.url + "objects/", body: body})
				mu.Lock()
				switch {
				case err != nil:
					trouble = err
				case x.Status != http.StatusAccepted:
					trouble = fmt.Errorf("%s: %s", x.line, x.came())
				}
				answers = append(answers, x)
				for _, k := range keys {
					stored[k] = true
				}
				mu.Unlock()
			}
		})
	}
	done := make(chan struct{})
	go func() { working.Wait(); close(done) }()
	polled, position, _ := p.poll(since, done)
	<-done
	if trouble != nil {
		p.stop("%v", trouble)
	}
	for _, x := range answers {
		if s := p.settled(x); s.Failure > 0 {
			p.stop("%s: the server refused an object: %s", s.line, s.came())
		}
	}
	rest, _, last := p.poll(position, done) // what was pending
	polled = append(polled, rest...)
	want := slices.Sorted(maps.Keys(stored))
	slices.Sort(polled)
	if fault := compareWalk(polled, want, stored); fault != "" {
		p.fail("TX-PAG-09", last, "a poller that went by added_after while %d writers posted: %s", writers, fault)
	}
	manifest, page, fault := p.walk(p.at.url+"manifest/", params("added_after", since), 500, true)
	inOrder := slices.DeleteFunc(keys(manifest), func(k string) bool { return !stored[k] })
	if fault == "" {
		fault = compareWalk(slices.Sorted(slices.Values(inOrder)), want, stored)
	}
	if fault != "" {
		p.fail("TX-PAG-06", page.exchange, "a walk of the manifest by added_after: %s", fault)
		inOrder = want
	}
	p.walks(p.at.url+"objects/", params("added_after", since), "", inOrder)
}

// poll reads objects by added_after until done is closed, and then to the end.
// It tells the position that it has come to.
func (p *probe) poll(since string, done <-chan struct{}) (got []string, position string, last *exchange) {
	idle := false
	for {
		pg := p.page(p.at.url+"objects/", params("added_after", since, "limit", fmt.Sprint(pollersLimit)))
		got, last = append(got, keys(pg.items)...), pg.exchange
		if position := pg.Header.Get(headerLast); len(pg.items) > 0 && position != "" && position != since {
			since = position
			continue
		}
		if idle || len(pg.items) > 0 { // or it stands still; what is missing will tell
			return got, since, last
		}
		select {
		case <-done:
			idle = true // once more: it may have been posted since
		case <-time.After(5 * time.Millisecond):
		}
	}
}
