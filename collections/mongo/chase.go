package mongo

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"math"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// rivalry is how long after another server has written to a log it is expected to do so
// again.
const rivalry = 2 * time.Second

func (c *committer) hasRival() bool { return time.Since(c.rival) < rivalry }

// courtesy returns how long a place is left to a server that has waited for it longer:
// as long as it may need, as far as one's own last commit tells. One that does not come
// loses its place in the queue.
func (c *committer) courtesy() time.Duration {
	return min(max(4*c.took, 20*time.Millisecond), time.Second)
}

// queueUp moves the known end to the newest, and waits until no other server has waited
// longer to write behind it. Nothing but fairness rests on this: whose insert is first has
// the place.
func (c *committer) queueUp(ctx context.Context) error {
	for came := time.Now(); ; {
		before := c.end.last
		if err := c.chase(ctx); err != nil || !c.knows || c.end.c == 0 {
			return err
		}
		if c.end.last != before {
			came = time.Now()
		}
		l, err := c.store.log(ctx, c.log)
		if err != nil {
			return err
		}
		if c.ticket != 0 && l.Waiters[c.store.name] == 0 {
			if err := c.wait(ctx); err != nil {
				return err
			}
		}
		first := c.firstOf(l.Waiters)
		if first == "" {
			return nil
		}
		if time.Since(came) > c.courtesy() {
			return c.store.untilDone(ctx, func() error { return c.store.unqueue(ctx, c.end.c, first) })
		}
		if err := pause(ctx, batchPoll); err != nil {
			return err
		}
	}
}

// firstOf returns who has waited longest, "" where that is c itself or nobody.
func (c *committer) firstOf(waiters map[string]int64) (first string) {
	ticket := cmp.Or(c.ticket, math.MaxInt64)
	for name, place := range waiters {
		if name != c.store.name && (place < ticket || place == ticket && name < c.store.name) {
			first, ticket = name, place
		}
	}
	return first
}

// wait tells the others that c waits for the place behind the known end, or since when it
// has waited.
func (c *committer) wait(ctx context.Context) error {
	if c.ticket == 0 {
		c.ticket = c.end.last + 1
	}
	return c.store.untilDone(ctx, func() error {
		_, err := c.store.logs.UpdateOne(ctx, byID(c.end.c), bson.D{{Key: "$set", Value: bson.D{{Key: "waiters." + c.store.name, Value: c.ticket}}}})
		return err
	})
}

// leaveQueue tells the others that c waits no more. Who is not told finds out.
func (c *committer) leaveQueue(ctx context.Context) {
	if c.ticket != 0 {
		c.ticket = 0
		_ = c.store.unqueue(ctx, c.end.c, c.store.name)
	}
}

func (s *Store) unqueue(ctx context.Context, c int64, name string) error {
	_, err := s.logs.UpdateOne(ctx, byID(c), bson.D{{Key: "$unset", Value: fields("waiters." + name)}})
	return err
}

// chase moves the known end over the batches that other servers have written behind it,
// by what the first record of each says: cheaper than to read them. Where one of them is
// not done with in time the end is not known any more.
func (c *committer) chase(ctx context.Context) error {
	for c.end.c != 0 {
		next := logDoc{C: c.end.c, Applied: c.end.last + 1}
		first, found, err := one[recordDoc](ctx, c.store.records, byID(next.pos(next.Applied)), options.FindOne().SetProjection(fields("n", "k", "keys")))
		if err != nil || !found {
			return err
		}
		c.rival = time.Now()
		if c.ticket == 0 {
			if err := c.wait(ctx); err != nil {
				return err
			}
		}
		if done, err := c.awaitApplied(ctx, first.End); err != nil || !done {
			c.knows = false
			return err
		}
		last, _, err := one[recordDoc](ctx, c.store.records, byID(c.end.c<<sequenceBits|first.End), options.FindOne().SetProjection(fields("at", "k")))
		if err != nil {
			return err
		}
		if !bytes.Equal(first.Token, last.Token) || int64(len(first.Keys)) != 8*(first.End-c.end.last) {
			c.knows = false // its writer was given up in the middle
			return nil
		}
		if c.ids != nil && c.ids.upTo == c.end.last {
			c.ids.addAll(c.end.last+1, first.Keys)
		}
		c.end.last, c.end.added = first.End, date(last.Added)
	}
	return nil
}

// appliedLooks is how often, each batchPoll, the watermark is looked at of a log to which
// another server writes.
const appliedLooks = 100

// awaitApplied waits until the watermark of the log is at a sequence, and reports whether
// it is.
func (c *committer) awaitApplied(ctx context.Context, seq int64) (bool, error) {
	for looks := 0; looks < appliedLooks; looks++ {
		l, err := c.store.log(ctx, c.log)
		if err != nil || l.Applied >= seq {
			return err == nil, err
		}
		if err := pause(ctx, batchPoll); err != nil {
			return false, err
		}
	}
	return false, nil
}

// addAll takes in the records from a sequence on, which have some keys.
func (i *ids) addAll(from int64, keys []byte) {
	for n, key := range slices.Collect(slices.Chunk(keys, 8)) {
		i.upTo = from + int64(n)
		i.add(int64(binary.BigEndian.Uint64(key)), i.upTo)
	}
}
