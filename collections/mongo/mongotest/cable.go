package mongotest

import (
	"encoding/binary"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// A Cable leads to a database, and can be cut.
type Cable struct {
	t        testing.TB
	to       string // host and port
	path     string // of the URI, from the slash on
	address  string
	password string // of the user, "" where nobody asks

	mu       sync.Mutex
	listener net.Listener      // nil while it is cut
	ends     map[net.Conn]bool // of every connection, both
	silent   chan struct{}     // closed when what is sent may pass
}

// NewCable leads to the database of a URI, which may name one host only. If
// password is not "", who connects must log in with the mechanism PLAIN and that
// password; the database itself then asks for none.
func NewCable(t testing.TB, uri, password string) *Cable {
	t.Helper()
	scheme, rest, _ := strings.Cut(uri, "://")
	host, path, _ := strings.Cut(rest, "/")
	if scheme != "mongodb" || strings.ContainsAny(host, ",@") {
		t.Skip("skipped: connections are cut to a MongoDB of one host and without users only")
	}
	passes := make(chan struct{})
	close(passes)
	c := &Cable{t: t, to: host, path: "/" + path, password: password, ends: map[net.Conn]bool{}, silent: passes}
	c.listen("127.0.0.1:0")
	t.Cleanup(c.Cut)
	return c
}

// URI is that of the database over the cable.
func (c *Cable) URI() string {
	path, query, _ := strings.Cut(c.path, "?")
	uri := c.address + path + "?directConnection=true"
	if c.password != "" {
		uri = "user:" + c.password + "@" + uri + "&authMechanism=PLAIN"
	}
	for option := range strings.SplitSeq(query, "&") {
		if option != "" && !strings.HasPrefix(option, "replicaSet=") && !strings.HasPrefix(option, "directConnection=") {
			uri += "&" + option
		}
	}
	return "mongodb://" + uri
}

func (c *Cable) listen(address string) {
	c.t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		c.t.Fatal(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.address, c.listener = l.Addr().String(), l
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go c.connect(conn)
		}
	}()
}

// Cut ends all connections, and takes none until Mend.
func (c *Cable) Cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.listener != nil {
		c.listener.Close()
		c.listener = nil
	}
	for conn := range c.ends {
		conn.Close()
	}
}

// Silence keeps connections, and lets nothing pass until Mend.
func (c *Cable) Silence() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.silent = make(chan struct{})
}

// Mend undoes Cut and Silence. What was sent in between arrives now.
func (c *Cable) Mend() {
	c.mu.Lock()
	cut := c.listener == nil
	select {
	case <-c.silent:
	default:
		close(c.silent)
	}
	c.mu.Unlock()
	if cut {
		c.listen(c.address)
	}
}

// pass waits while the cable is silent.
func (c *Cable) pass() {
	c.mu.Lock()
	silent := c.silent
	c.mu.Unlock()
	<-silent
}

// keep remembers the ends of a connection while it lasts.
func (c *Cable) keep(conns ...net.Conn) (release func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range conns {
		if c.ends[conn] = true; c.listener == nil {
			conn.Close()
		}
	}
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, conn := range conns {
			conn.Close()
			delete(c.ends, conn)
		}
	}
}

func (c *Cable) connect(client net.Conn) {
	server, err := net.Dial("tcp", c.to)
	if err != nil {
		client.Close()
		return
	}
	defer c.keep(client, server)()
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.messages(server, client, nil)
		client.Close()
	}()
	c.messages(client, server, client)
	server.Close()
	<-done
}

// messages passes the messages of the protocol on, until that fails. Those that
// log in are answered here, if there is a password.
func (c *Cable) messages(from io.Reader, to, back io.Writer) {
	for {
		m, err := readMessage(from)
		if err != nil {
			return
		}
		c.pass()
		if reply := c.login(m); back != nil && reply != nil {
			if _, err := back.Write(reply); err != nil {
				return
			}
			continue
		}
		if _, err := to.Write(m); err != nil {
			return
		}
	}
}

// readMessage reads a message with its header, whose first number is its length.
func readMessage(from io.Reader) ([]byte, error) {
	head := make([]byte, 4)
	if _, err := io.ReadFull(from, head); err != nil {
		return nil, err
	}
	m := make([]byte, max(16, binary.LittleEndian.Uint32(head)))
	copy(m, head)
	_, err := io.ReadFull(from, m[4:])
	return m, err
}

// opMsg is the kind of all messages but the first, and begin where the document
// of one begins, after header, flags and the kind of its section.
const (
	opMsg = 2013
	begin = 21
)

// login is the answer to a message that logs in, nil for another message.
func (c *Cable) login(m []byte) []byte {
	if c.password == "" || len(m) < begin || binary.LittleEndian.Uint32(m[12:]) != opMsg {
		return nil
	}
	var start struct {
		SaslStart *int32      `bson:"saslStart"`
		Payload   bson.Binary `bson:"payload"`
	}
	if bson.Unmarshal(m[begin:], &start) != nil || start.SaslStart == nil {
		return nil
	}
	answer := bson.D{{Key: "conversationId", Value: int32(1)}, {Key: "done", Value: true}, {Key: "payload", Value: bson.Binary{}}, {Key: "ok", Value: 1.0}}
	if string(start.Payload.Data) != "\x00user\x00"+c.password {
		answer = bson.D{{Key: "ok", Value: 0.0}, {Key: "code", Value: int32(18)}, {Key: "codeName", Value: "AuthenticationFailed"}, {Key: "errmsg", Value: "Authentication failed."}}
	}
	doc, err := bson.Marshal(answer)
	if err != nil {
		c.t.Error(err)
		return nil
	}
	reply := make([]byte, begin, begin+len(doc))
	binary.LittleEndian.PutUint32(reply, uint32(begin+len(doc)))
	copy(reply[8:], m[4:8]) // which message is answered
	binary.LittleEndian.PutUint32(reply[12:], opMsg)
	return append(reply, doc...)
}
