package mongo

import (
	"cmp"
	"context"
	"fmt"
	"sync"
	"time"

	"accord/collections"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
)

// maxSkew is how far the clock may be from the database's unless Options say
// otherwise. The dates of a log always rise, so one server that is ahead would
// drag along those of all others.
const maxSkew = 5 * time.Second

// skewAge is how long a look at the database's clock counts, as long as the own
// one is not set anew.
const skewAge = 30 * time.Second

// A clock is the server's, held against the database's.
type clock struct {
	now  func() time.Time
	most time.Duration
	db   *mongo.Database

	mu     sync.Mutex
	looked time.Time     // when, by the monotonic clock; zero for never
	read   time.Time     // what now said then
	skew   time.Duration // of now against the database
}

func (c *clock) setUp() {
	if c.now == nil {
		c.now = time.Now
	}
	c.most = cmp.Or(c.most, maxSkew)
}

// check returns ErrUnavailable when the clocks are too far from one another.
func (c *clock) check(ctx context.Context) error {
	skew, err := c.against(ctx)
	if err == nil && c.far(skew) {
		err = collections.Errorf(collections.ErrUnavailable,
			"the clock of this server is %s from that of its database, and %s is the most; set it right", skew.Round(time.Millisecond), c.most)
	}
	return err
}

// far reports whether the clocks are too far from one another.
func (c *clock) far(skew time.Duration) bool { return c.most >= 0 && skew.Abs() > c.most }

// against returns how far the clock is ahead of the database's; 0 where nobody
// looks.
func (c *clock) against(ctx context.Context) (time.Duration, error) {
	if c.most < 0 {
		return 0, nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.looked.IsZero() || time.Since(c.looked) > skewAge || c.wasSet() {
		return c.skew, c.look(ctx)
	}
	return c.skew, nil
}

// wasSet reports whether the clock was set since the last look: then it has moved
// by something else than the time that has passed.
func (c *clock) wasSet() bool {
	moved := c.now().Round(0).Sub(c.read.Round(0))
	return (moved - time.Since(c.looked)).Abs() > c.most/2
}

// look asks the database what time it is. The answer was true at some time between
// question and answer, which is to the clock's favour.
func (c *clock) look(ctx context.Context) error {
	asked, began := c.now().Round(0), time.Now()
	hello, err := c.hello(ctx)
	if err != nil {
		return err
	}
	took := time.Since(began)
	c.looked, c.read = time.Now(), c.now()
	switch ahead := asked.Sub(hello.LocalTime); {
	case ahead > 0:
		c.skew = ahead
	case ahead+took < 0:
		c.skew = ahead + took
	default:
		c.skew = 0
	}
	return nil
}

// A hello is what a server says of itself.
type hello struct {
	LocalTime time.Time `bson:"localTime"`
	Writable  bool      `bson:"ismaster"`
	Wire      int       `bson:"maxWireVersion"`
	ReadOnly  bool      `bson:"readOnly"`
}

// hello asks by the old name, which every server knows.
func (c *clock) hello(ctx context.Context) (h hello, err error) {
	err = c.db.RunCommand(ctx, bson.D{{Key: "isMaster", Value: 1}}).Decode(&h)
	if err == nil && h.LocalTime.IsZero() {
		err = fmt.Errorf("the database does not tell its time")
	}
	return h, err
}
