package mongo

import (
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// A wire stands between a store and the database. It knows where messages begin and
// end, and may break at one of them.
type wire struct {
	testing.TB
	listener net.Listener
	to       string

	mu    sync.Mutex
	fate  func(command) fate // of each command; nil for none
	ends  map[net.Conn]bool
	ended bool
	cut   chan bool // closed when all is cut for ever
}

// A command is what a store asks of the database.
type command struct{ name, collection string }

var (
	insertRecords = command{"insert", "records"}
	updateRecords = command{"update", "records"}
	advanceLog    = command{"findAndModify", "logs"}
)

// A fate is what becomes of a command, and of the connection on which it comes.
type fate struct {
	what  breach
	first int // only so many of the documents to insert arrive; 0 for all
}

type breach int

const (
	passes    breach = iota
	dropped          // it does not arrive, and the connection is cut
	lost             // it arrives, and the connection is cut before the reply
	endsAll          // it does not arrive, and all is cut for ever: the store is as if killed
	endsAfter        // it arrives, and then all is cut for ever
)

// newWire returns a wire to the deployment, and the URI of a database at its end.
func newWire(t testing.TB, database string) (*wire, string) {
	t.Helper()
	u, err := url.Parse(database)
	if err != nil || u.Scheme != "mongodb" || strings.Contains(u.Host, ",") || strings.Contains(u.RawQuery, "tls=true") {
		t.Skip("skipped: faults of the wire, because ACCORD_TEST_MONGODB_URI does not name one server without TLS")
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	w := &wire{TB: t, listener: l, to: u.Host, ends: map[net.Conn]bool{}, cut: make(chan bool)}
	go w.accept()
	t.Cleanup(w.end)
	q := u.Query()
	q.Set("directConnection", "true")
	u.Host, u.RawQuery = l.Addr().String(), q.Encode()
	return w, u.String()
}

// set decides on the fate of the commands that come from now on.
func (w *wire) set(f func(command) fate) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fate = f
}

// strike lets the n-th command from now on that may have a fate have it, and all others
// pass. struck is told which it was. A look that is repeated counts once.
func (w *wire) strike(n int, f fate) (struck <-chan command) {
	hit := make(chan command, 1)
	var mu sync.Mutex
	var last command
	w.set(func(c command) fate {
		mu.Lock()
		defer mu.Unlock()
		repeated := c == last && c.name == "find"
		if last = c; repeated || f.first > 0 && c != insertRecords {
			return fate{}
		}
		if n--; n != 0 {
			return fate{}
		}
		hit <- c
		return f
	})
	return hit
}

// strikeAt lets the next command of a kind have a fate.
func (w *wire) strikeAt(c command, f fate) {
	var once sync.Once
	w.set(func(d command) (of fate) {
		if c == d {
			once.Do(func() { of = f })
		}
		return of
	})
}

// hold keeps the n-th command of a kind from arriving, and then lets it have a fate.
func (w *wire) hold(n int, c command, f fate) (held <-chan bool, letGo func()) {
	hit, free := make(chan bool), make(chan bool)
	var count atomic.Int64
	w.set(func(d command) fate {
		if c != d || count.Add(1) != int64(n) {
			return fate{}
		}
		close(hit)
		<-free
		return f
	})
	letGo = sync.OnceFunc(func() { close(free) })
	w.Cleanup(letGo)
	return hit, letGo
}

// steps holds each of the next commands of a kind, and tells of it, until it is told to
// let it have its fate.
func (w *wire) steps(c command, fates ...fate) chan bool {
	step := make(chan bool)
	var mu sync.Mutex
	w.set(func(d command) fate {
		mu.Lock()
		defer mu.Unlock()
		if c != d || len(fates) == 0 {
			return fate{}
		}
		step <- true
		<-step
		f := fates[0]
		fates = fates[1:]
		return f
	})
	return step
}

func (w *wire) accept() {
	for {
		store, err := w.listener.Accept()
		if err != nil {
			return
		}
		database, err := net.Dial("tcp", w.to)
		if err != nil {
			store.Close()
			continue
		}
		if !w.add(store, database) {
			return
		}
		c := &connection{wire: w, store: store, database: database}
		go c.requests()
		go c.replies()
	}
}

func (w *wire) add(ends ...net.Conn) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range ends {
		w.ends[c] = true
		if w.ended {
			c.Close()
		}
	}
	return !w.ended
}

// end cuts all connections, and lets no new ones in.
func (w *wire) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.ended {
		w.ended = true
		close(w.cut)
	}
	w.listener.Close()
	for c := range w.ends {
		c.Close()
	}
}

func (w *wire) isCut() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ended
}

// A connection is one of the store with the database.
type connection struct {
	wire            *wire
	store, database net.Conn
	losing, ending  atomic.Bool // what happens instead of the next reply
}

func (c *connection) close() {
	c.store.Close()
	c.database.Close()
}

// requests passes on what the store sends.
func (c *connection) requests() {
	defer c.close()
	for {
		m, err := readPacket(c.store)
		if err != nil {
			return
		}
		f := c.wire.of(m)
		switch f.what {
		case dropped:
			return
		case lost:
			c.losing.Store(true)
		case endsAll:
			c.wire.end()
			return
		case endsAfter:
			c.ending.Store(true)
		}
		if f.first > 0 {
			m = m.first(f.first)
		}
		if _, err := c.database.Write(m); err != nil {
			return
		}
	}
}

// replies passes on what the database answers.
func (c *connection) replies() {
	defer c.close()
	for {
		m, err := readPacket(c.database)
		if c.ending.Load() {
			c.wire.end()
		}
		if err != nil || c.losing.Load() {
			return
		}
		if _, err := c.store.Write(m); err != nil {
			return
		}
	}
}

// of is the fate of a message. Those about the connection itself pass.
func (w *wire) of(m packet) (f fate) {
	w.mu.Lock()
	of := w.fate
	w.mu.Unlock()
	if c, ok := m.command(); ok && of != nil {
		f = of(c)
	}
	return f
}

// A packet is a message of the wire protocol: its length, two numbers, an operation code,
// and the rest.
type packet []byte

const (
	headerSize  = 16
	opMsg       = 2013
	maxSize     = 48 << 20
	sectionBody = 0
	sectionList = 1
)

func readPacket(r io.Reader) (packet, error) {
	var size [4]byte
	if _, err := io.ReadFull(r, size[:]); err != nil {
		return nil, err
	}
	n := binary.LittleEndian.Uint32(size[:])
	if n < headerSize || n > maxSize {
		return nil, errors.New("not a message")
	}
	m := make(packet, n)
	copy(m, size[:])
	_, err := io.ReadFull(r, m[4:])
	return m, err
}

// command returns what a message asks for, if that is something of a collection.
func (m packet) command() (c command, ok bool) {
	if binary.LittleEndian.Uint32(m[12:]) != opMsg {
		return c, false
	}
	for rest := m[headerSize+4:]; len(rest) > 5; {
		size := int(binary.LittleEndian.Uint32(rest[1:]))
		if rest[0] == sectionBody {
			elements, err := bson.Raw(rest[1:][:size]).Elements()
			if err != nil || len(elements) == 0 {
				return c, false
			}
			c.name = elements[0].Key()
			c.collection, ok = elements[0].Value().StringValueOK()
			return c, ok
		}
		rest = rest[1+size:]
	}
	return c, false
}

// first returns a message with the first n of the documents that it holds.
func (m packet) first(n int) packet {
	out := append(packet(nil), m[:headerSize+4]...)
	for rest := m[headerSize+4:]; len(rest) > 5; {
		size := 1 + int(binary.LittleEndian.Uint32(rest[1:]))
		section := rest[:size]
		if section[0] == sectionList {
			section = firstOf(section, n)
		}
		out, rest = append(out, section...), rest[size:]
	}
	binary.LittleEndian.PutUint32(out, uint32(len(out)))
	return out
}

// firstOf returns a section, which is its kind, its size, its name and documents, with
// the first n of these.
func firstOf(section []byte, n int) []byte {
	end := 5
	for section[end] != 0 {
		end++
	}
	for end++; n > 0 && end < len(section); n-- {
		end += int(binary.LittleEndian.Uint32(section[end:]))
	}
	section = append([]byte(nil), section[:end]...)
	binary.LittleEndian.PutUint32(section[1:], uint32(end-1))
	return section
}
