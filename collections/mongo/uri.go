package mongo

import (
	"errors"
	"net"
	"net/url"
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
// the password where that is what is malformed.
func (p place) malformed(err error) error {
	if lost, ok := errors.AsType[*net.DNSError](err); ok { // of mongodb+srv
		return &collections.Error{Kind: collections.ErrUnavailable, Detail: "the store " + Redact(p.uri) + " can't be found", Err: lost}
	}
	detail := "it is not mongodb://USER:PASSWORD@HOST:PORT/DATABASE?OPTIONS; percent-encode what is special in the user name and the password"
	if !strings.Contains(p.uri, "@") {
		detail = err.Error()
	}
	return collections.Errorf(collections.ErrInvalid, "the store %s can't be used: %s", Redact(p.uri), detail)
}

// CheckURI returns ErrInvalid for a URI that Open would refuse without a look at
// the database. Its words never have the password in them.
func CheckURI(uri string) error {
	_, err := parse(uri)
	return err
}

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
	return scheme + "://" + rest
}
