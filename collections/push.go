package collections

import (
	"context"
	"crypto/rand"
	"slices"

	"accord/stix"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"
)

// batchSize is how many members of a push are appended as one step. Larger
// batches win nothing more, and a small push waits for a large one no longer
// than for one batch.
const batchSize = 1000

// Posted are the members of an envelope that has been read to its end, so that
// a body that breaks off leaves nothing behind. It is read four times at most,
// from several goroutines.
type Posted interface {
	Len() int
	// Object returns the bytes of member i. They are not changed and may be
	// kept until the push ends.
	Object(i int) ([]byte, error)
}

// A Pushed is the outcome of a push: the status as it was saved, and each
// stored or known version for its details.
type Pushed struct {
	Status   Status
	Versions []Version // for each success of the status, in order
}

// Push judges each member by itself and stores the good ones, in the order of
// the envelope (TAXII 2.1 §5.5). What the status calls a success is durable
// when Push returns. Members are judged while earlier ones are being written;
// when the store fails in the middle, what it took so far stays, and the same
// push again finds it there. The caller has the turn of Turns.Push.
func (v *View) Push(ctx context.Context, posted Posted) (Pushed, error) {
	if err := v.RequireWrite(); err != nil {
		return Pushed{}, err
	}
	p, err := v.newPush(ctx, posted)
	if err != nil {
		return Pushed{}, err
	}
	batches := make(chan []candidate, 1)
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(batches)
		for from := 0; from < posted.Len(); from += batchSize {
			batch, err := p.examine(ctx, from, min(from+batchSize, posted.Len()))
			if err != nil {
				return err
			}
			select {
			case batches <- batch:
			case <-ctx.Done():
				return ctx.Err()
			}
		}
		return nil
	})
	g.Go(func() error {
		for done := 0; done < posted.Len(); {
			batch, ok := <-batches
			if !ok {
				return nil // judging failed, and its error is the one that counts
			}
			done += len(batch)
			if err := p.append(ctx, batch, done == posted.Len()); err != nil {
				return err
			}
		}
		return nil
	})
	if err := g.Wait(); err != nil {
		return Pushed{}, err
	}
	return p.done, nil
}

// A push is one Push under way.
type push struct {
	view       *View
	posted     Posted
	poster     Poster
	judge      stix.Judge
	definition func(stix.ID) []byte // as Definitions returned it
	neutral    map[stix.ID]bool     // markings whose definitions were found, and whether they raise no rank
	sought     map[stix.ID]bool     // markings whose definitions were looked for
	scanned    bool                 // whether the push itself was searched for markings
	done       Pushed               // of the batches that were appended
}

func (v *View) newPush(ctx context.Context, posted Posted) (*push, error) {
	judge, err := v.Judge()
	if err != nil {
		return nil, err
	}
	definition, err := Definitions(ctx, v.root.service.Turns.Worker(ctx), judge, membersOf(posted), v)
	if err != nil {
		return nil, err
	}
	now := v.root.service.Now().UTC()
	seed := make([]byte, 32)
	rand.Read(seed) // never fails
	return &push{
		view:       v,
		posted:     posted,
		poster:     v.root.poster(),
		judge:      judge,
		definition: definition,
		neutral:    map[stix.ID]bool{},
		sought:     map[stix.ID]bool{},
		done: Pushed{Status: Status{
			ID: uuid.New(), Agreement: v.root.ID, Collection: v.ID, Party: v.root.caller.Party,
			Requested: now, PushSeed: seed,
		}},
	}, nil
}

// append stores the accepted candidates of one batch and, with the last one,
// the status.
func (p *push) append(ctx context.Context, batch []candidate, last bool) error {
	ids := make([]string, 0, len(batch))
	for _, c := range batch {
		if c.refused == nil {
			ids = append(ids, string(c.object.ID))
		}
	}
	slices.Sort(ids)
	ids = slices.Compact(ids)

	var d *decision
	records, err := p.view.root.service.Store.Append(ctx, p.view.ID, func(ctx context.Context, s State) (Decision, error) {
		known, err := s.Versions(ctx, ids)
		if err != nil {
			return Decision{}, err
		}
		d = &decision{push: p, state: s, known: known, done: p.done, earlier: len(p.done.Status.Successes)}
		for _, c := range batch {
			if err := d.decide(ctx, c); err != nil {
				return Decision{}, err
			}
		}
		if last {
			d.done.Status.Expires = p.view.root.service.Now().UTC().Add(StatusLifetime)
			return Decision{Entries: d.entries, Status: &d.done.Status}, nil
		}
		return Decision{Entries: d.entries}, nil
	})
	if err != nil {
		return err
	}
	for i, r := range records {
		d.done.Versions[d.added[i]].DateAdded = r.DateAdded
	}
	p.done = d.done
	return nil
}

// poster is how the caller stands in records.
func (r *Root) poster() Poster {
	return Poster{Party: r.caller.Party, Unit: r.caller.Unit, JTI: r.caller.JTI}
}
