package conformance

import (
	"context"
	"fmt"
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
	defer end()
	var (
		working sync.WaitGroup
		mu      sync.Mutex
		stored  = map[string]bool{}
		trouble error
	)
	for range writers {
		working.Go(func() {
			for range pushesEach {
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
				for _, k := range keys {
					stored[k] = true
				}
				mu.Unlock()
			}
		})
	}
	done := make(chan struct{})
	go func() { working.Wait(); close(done) }()
	polled, last := p.poll(since, done)
	<-done
	if trouble != nil {
		p.stop("%v", trouble)
	}
	manifest, _, fault := p.walk(p.at.url+"manifest/", params("added_after", since), 500, true)
	want := slices.DeleteFunc(keys(manifest), func(k string) bool { return !stored[k] })
	if slices.Sort(want); fault == "" && len(slices.Compact(slices.Clone(want))) < len(stored) {
		// The manifest itself has lost some; go by what was stored.
		want = want[:0]
		for k := range stored {
			want = append(want, k)
		}
		slices.Sort(want)
	}
	if fault := compareWalk(sortedCopy(polled), slices.Compact(want), stored); fault != "" {
		p.fail("TX-PAG-09", last, "a poller that went by added_after while %d writers posted: %s", writers, fault)
	}
	inOrder := slices.DeleteFunc(keys(manifest), func(k string) bool { return !stored[k] })
	if len(inOrder) < len(stored) {
		inOrder = want
	}
	p.walks(p.at.url+"objects/", since, 7, inOrder)
}

func sortedCopy(list []string) []string { return slices.Sorted(slices.Values(list)) }

// poll reads objects by added_after until done is closed, and then to the end.
func (p *probe) poll(since string, done <-chan struct{}) (got []string, last *exchange) {
	idle := false
	for {
		pg := p.page(p.at.url+"objects/", params("added_after", since, "limit", fmt.Sprint(pollersLimit)))
		got, last = append(got, keys(pg.items)...), pg.exchange
		if position := pg.Header.Get(headerLast); len(pg.items) > 0 && position != "" && position != since {
			since = position
			continue
		}
		if len(pg.items) > 0 {
			return got, last // stands still; what is missing will tell
		}
		if idle {
			return got, last
		}
		select {
		case <-done:
			idle = true // once more: it may have been posted since
		case <-time.After(5 * time.Millisecond):
		}
	}
}
