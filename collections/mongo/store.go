// Package mongo keeps collections in a MongoDB database, on which any number of
// servers may work at once.
//
// The records are the log. Each is a document whose _id is its log and its
// sequence, so that to insert the one after the last is a compare-and-swap: it
// proves that the decision behind it was made on the newest state (commit.go,
// insert.go). What follows from the records, marks and the bytes that deletes
// take, is written behind them by whoever comes next, and only then does the log's
// watermark move over them (apply.go). Readers read up to the watermark
// (page.go). Nothing needs more than the atomicity of one document, so a single
// server will do as well as a replica set or a sharded cluster.
package mongo

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"accord/collections"
	"accord/collections/fair"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/event"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// Options are what Open needs beside the URI. The zero value is for production.
type Options struct {
	Now func() time.Time // the clock; nil for time.Now

	// MaxSkew is how far the clock may be from the database's; 0 for 5 seconds,
	// negative where nobody looks, because the clock is made up.
	MaxSkew time.Duration

	// Existing refuses a database that is no store yet with ErrNotFound, instead of
	// making it one.
	Existing bool

	// Importing opens an empty database, or one that an import has left behind, for
	// collections.Mover. Until Finish nobody can open it in another way. What is a
	// store already is ErrConflict.
	Importing bool

	// Waited, if any, is told how long each read waited for its turn.
	Waited func(time.Duration)

	maxIDs   int64                 // 0 for the usual number
	commands *event.CommandMonitor // of tests
}

// maxReads is how many reads are under way at once. The driver has 100
// connections unless the URI says otherwise.
const maxReads = 64

// A Store is a collections.Store in one database.
type Store struct {
	client *mongo.Client
	db     *mongo.Database
	name   string // of this store among those on the database
	maxIDs int64
	hosts  string // for people
	clock  clock
	reads  fair.Gate
	fault  fault

	logs, records, statuses, accessKinds, accesses *mongo.Collection

	mu         sync.Mutex
	closed     bool
	inUse      sync.WaitGroup // calls that have begun
	givenUp    chan struct{}  // closed when nobody works on; see working
	committers map[uuid.UUID]*committer
	ended      sync.WaitGroup // committers

	known sync.Map // uuid.UUID → logDoc, as it was last read
	kinds sync.Map // accessKindID → true, of those that are there
}

var _ collections.Store = (*Store)(nil)

// Open opens the store in the database that a URI names, which becomes one if it
// is empty. A URI that can't be used, a database that is not ours, one of a newer
// version and a clock far from the database's are a *collections.Error that says
// so, and so is a database that can't be reached, of kind ErrUnavailable.
func Open(ctx context.Context, uri string, o Options) (*Store, error) {
	where, err := parse(uri)
	if err != nil {
		return nil, err
	}
	client, err := mongo.Connect(where.options.SetMonitor(o.commands))
	if err != nil {
		return nil, where.malformed(err)
	}
	db := client.Database(where.database)
	s := &Store{
		client: client, db: db, name: rand.Text(), maxIDs: cmp.Or(o.maxIDs, maxIDs), hosts: Redact(uri),
		clock:       clock{now: o.Now, most: o.MaxSkew, db: db},
		reads:       fair.Gate{Most: maxReads, Each: maxReads - 1, Waiting: collections.MaxWaiting, Waited: o.Waited},
		committers:  map[uuid.UUID]*committer{},
		givenUp:     make(chan struct{}),
		logs:        db.Collection("logs"),
		records:     db.Collection("records"),
		statuses:    db.Collection("statuses"),
		accessKinds: db.Collection("access_kinds"),
		accesses:    db.Collection("accesses"),
	}
	s.clock.setUp()
	if err := s.prepare(ctx, o); err != nil {
		return nil, errors.Join(s.refusal(err), client.Disconnect(context.WithoutCancel(ctx)))
	}
	return s, nil
}

// Ready reports whether the database takes writes and the clock fits its own.
func (s *Store) Ready(ctx context.Context) error {
	return s.call(ctx, func() error {
		if err := s.clock.check(ctx); err != nil {
			return err
		}
		_, err := s.db.Collection("meta").ReplaceOne(ctx, byID("probe"), bson.D{{Key: "at", Value: s.clock.now()}}, options.Replace().SetUpsert(true))
		if mongo.IsDuplicateKeyError(err) {
			return nil // another server has just made it
		}
		return err
	})
}

// closeTime is how long Close waits for appends that can't be decided: what can be
// takes less.
const closeTime = 500 * time.Millisecond

// working returns a context for what no caller may end, which lasts so long at most,
// and closeTime once the store is being closed.
func (s *Store) working(most time.Duration) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithTimeout(context.Background(), most)
	go func() {
		select {
		case <-s.givenUp:
			cancel()
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// Close waits for the calls that have begun, then leaves the database. What is away
// it does not wait for.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return errClosed
	}
	s.closed = true
	s.mu.Unlock()
	defer time.AfterFunc(closeTime, func() { close(s.givenUp) }).Stop()
	s.inUse.Wait()
	for _, c := range s.committers {
		c.queue.Close()
	}
	s.ended.Wait()
	return s.client.Disconnect(context.Background())
}

var errClosed = collections.Errorf(collections.ErrUnavailable, "the store is closed")

// enter begins a call, which ends with inUse.Done.
func (s *Store) enter() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return errClosed
	}
	s.inUse.Add(1)
	return nil
}

// call runs f as one call of the store.
func (s *Store) call(ctx context.Context, f func() error) error {
	if err := s.enter(); err != nil {
		return err
	}
	defer s.inUse.Done()
	if err := ctx.Err(); err != nil {
		return err
	}
	return translate(f())
}

// read runs f in the caller's turn.
func (s *Store) read(ctx context.Context, f func() error) error {
	return s.call(ctx, func() error {
		party := collections.PartyOf(ctx)
		if err := s.reads.Enter(ctx, party); errors.Is(err, fair.ErrFull) {
			return collections.TooManyWait
		} else if err != nil {
			return err
		}
		defer s.reads.Leave(party)
		return f()
	})
}

func byID(id any) bson.D { return bson.D{{Key: "_id", Value: id}} }

// each calls f with every document that a query finds, in batches of at most so
// many, until it returns false. The database may read on while f works.
func each[T any](ctx context.Context, c *mongo.Collection, filter bson.D, batch int, o *options.FindOptionsBuilder, f func(T) bool) error {
	cursor, err := c.Find(ctx, filter, o.SetBatchSize(int32(batch)))
	if err != nil {
		return err
	}
	defer cursor.Close(context.WithoutCancel(ctx))
	for cursor.Next(ctx) {
		var doc T
		if err := cursor.Decode(&doc); err != nil {
			return err
		}
		if !f(doc) {
			return nil
		}
	}
	return cursor.Err()
}

// one reads a document, and reports whether it is there.
func one[T any](ctx context.Context, c *mongo.Collection, filter bson.D, o *options.FindOneOptionsBuilder) (doc T, found bool, err error) {
	err = c.FindOne(ctx, filter, o).Decode(&doc)
	if errors.Is(err, mongo.ErrNoDocuments) {
		return doc, false, nil
	}
	return doc, err == nil, err
}

// smallBatch is how many documents come at once where each may be large, and
// largeBatch where none is.
const (
	smallBatch = 16
	largeBatch = 1000
)

func ascending(field string) bson.D  { return bson.D{{Key: field, Value: 1}} }
func descending(field string) bson.D { return bson.D{{Key: field, Value: -1}} }

// fields is a projection.
func fields(names ...string) bson.D {
	d := make(bson.D, len(names))
	for i, name := range names {
		d[i] = bson.E{Key: name, Value: 1}
	}
	return d
}
