package mongo

import (
	"errors"
	"net"
	"net/url"
	"regexp"
	"strings"
	"time"

	"accord/collections"

	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/mongo/readconcern"
	"go.mongodb.org/mongo-driver/v2/mongo/readpref"
	"go.mongodb.org/mongo-driver/v2/mongo/writeconcern"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/connstring"
)

// A place is where a store lies.
type place struct {
	uri      string
	database string
	options  *options.ClientOptions
}

// How long one operation may take, its retries included, and how long a server is
// looked for that can do it; unless the URI says otherwise.
const (
	operationTime = 10 * time.Second
	selectionTime = 5 * time.Second
)

// parse reads a URI. What it asks of concerns and of other members than the
// primary does not count: on them rests what the store promises.
func parse(uri string) (place, error) {
	p := place{uri: uri}
	parsed, err := connstring.ParseAndValidate(uri)
	if err != nil {
		return p, p.malformed(err)
	}
	if p.database = parsed.Database; p.database == "" {
		p.database = "accord"
	}
	p.options = options.Client().ApplyURI(uri).
		SetAppName("accord").
		SetReadPreference(readpref.Primary()).
		SetReadConcern(readconcern.Majority()).
		SetWriteConcern(journaled()).
		SetRetryWrites(false) // an insert is repeated here, where its outcome can be told
	if p.options.Timeout == nil {
		p.options.SetTimeout(operationTime)
	}
	if p.options.ServerSelectionTimeout == nil {
		p.options.SetServerSelectionTimeout(selectionTime)
	}
	return p, p.options.Validate()
}

func journaled() *writeconcern.WriteConcern {
	yes := true
	return &writeconcern.WriteConcern{W: "majority", Journal: &yes}
}

// malformed says what is wrong with the URI. The driver's words may hold a part of
// a password where that is what is malformed.
func (p place) malformed(err error) error {
	if lost, ok := errors.AsType[*net.DNSError](err); ok { // of mongodb+srv
		return &collections.Error{Kind: collections.ErrUnavailable, Detail: "the store " + Redact(p.uri) + " can't be found", Err: lost}
	}
	shown, detail := Redact(p.uri), err.Error()
	if strings.Contains(shown, "…") || secretOption.MatchString(p.uri) {
		detail = "it is not mongodb://USER:PASSWORD@HOST:PORT/DATABASE?OPTIONS; percent-encode what is special in the user name and the password"
	}
	return collections.Errorf(collections.ErrInvalid, "the store %s can't be used: %s", shown, detail)
}

// secretOption is in a URI whose options may be secrets too.
var secretOption = regexp.MustCompile(`(?i)password|token`)

// CheckURI returns ErrInvalid for a URI that Open would refuse without a look at
// the database or, with mongodb+srv, for its hosts. Its words never have the
// password in them.
func CheckURI(uri string) error {
	if rest, ok := strings.CutPrefix(uri, "mongodb+srv://"); ok {
		uri = "mongodb://" + srvOption.ReplaceAllString(rest, "$1")
	}
	_, err := parse(uri)
	return err
}

// srvOption is an option that goes with mongodb+srv only.
var srvOption = regexp.MustCompile(`(?i)([?&])srv[a-z]*=[^&]*&?`)

// Redact returns a URI without user name, password and options, for people and
// logs.
func Redact(uri string) string {
	scheme, rest, ok := strings.Cut(uri, "://")
	if !ok {
		return "mongodb:…"
	}
	at := strings.LastIndex(rest, "@")
	if option := strings.Index(rest, "?"); 0 <= option && option < at {
		return scheme + "://…" // either may be a part of a password
	}
	if at >= 0 {
		rest = "…" + rest[at:]
	}
	rest, _, _ = strings.Cut(rest, "?")
	if decoded, err := url.PathUnescape(rest); err == nil {
		rest = decoded
	}
	if hosts, _, _ := strings.Cut(rest, "/"); at < 0 && !plainHosts.MatchString(hosts) {
		return scheme + "://…" // perhaps a user and his password, and no host behind them
	}
	return scheme + "://" + rest
}

// plainHosts are names or addresses, each with a port that is a number, if any.
var plainHosts = regexp.MustCompile(`^((\[[0-9a-fA-F:.]*\]|[\w.-]*)(:\d{0,5})?(,|$))*$`)
