package mongo

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"accord/collections"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
	"go.mongodb.org/mongo-driver/v2/x/mongo/driver/topology"
)

// oldestWire is the wire version of MongoDB 4.4, the oldest that is tried.
const oldestWire = 9

// version is that of the documents and indexes here. A database of a newer one is
// refused.
const version = 1

// A meta document says what the database is.
type meta struct {
	ID          string `bson:"_id"` // metaID
	Application string `bson:"application"`
	Version     int    `bson:"version"`
	Importing   bool   `bson:"importing,omitempty"` // it is half of a store
}

const metaID = "accord"

// prepare makes sure that the database is a store, and makes one of an empty
// database.
func (s *Store) prepare(ctx context.Context, o Options) error {
	if err := s.recogniseServer(ctx); err != nil {
		return err
	}
	m, found, err := one[meta](ctx, s.db.Collection("meta"), byID(metaID), options.FindOne())
	if err == nil && !found {
		if o.Existing {
			return collections.Errorf(collections.ErrNotFound, "there is no store in %s", s.hosts)
		}
		m, err = s.create(ctx, o.Importing)
	}
	if err != nil {
		return err
	}
	if err := s.recognise(m, o.Importing); err != nil {
		return err
	}
	return s.createIndexes(ctx)
}

// recognise refuses a database that is not what is to be opened.
func (s *Store) recognise(m meta, importing bool) error {
	switch {
	case m.Application != "accord":
		return s.foreign()
	case m.Version > version:
		return collections.Errorf(collections.ErrInvalid,
			"the store %s is of version %d, and this program knows versions up to %d; use a newer program", s.hosts, m.Version, version)
	case m.Importing && !importing:
		return collections.Errorf(collections.ErrInvalid,
			"%s is half of a store: give the command accord store migrate again, which goes on where it was, or drop the database", s.hosts)
	case importing && !m.Importing:
		return collections.Errorf(collections.ErrConflict, "%s is a store already: give a database that is empty", s.hosts)
	}
	return nil
}

// recogniseServer refuses a server that can't do, and a clock far from its own.
func (s *Store) recogniseServer(ctx context.Context) error {
	hello, err := s.clock.hello(ctx)
	switch {
	case err != nil:
		return err
	case hello.Wire < oldestWire:
		return collections.Errorf(collections.ErrInvalid, "the database %s is older than MongoDB 4.4; use a newer one", s.hosts)
	case hello.ReadOnly || !hello.Writable:
		return collections.Errorf(collections.ErrInvalid, "the database %s takes no writes; name its primary, or its whole replica set", s.hosts)
	}
	return s.clock.check(ctx)
}

// create makes an empty database a store, and returns what it is then: another server
// may have been faster.
func (s *Store) create(ctx context.Context, importing bool) (m meta, err error) {
	names, err := s.db.ListCollectionNames(ctx, bson.D{})
	if err != nil {
		return m, err
	}
	ours := []string{"meta", "logs", "records", "statuses", "access_kinds", "accesses"}
	for _, name := range names {
		if !slices.Contains(ours, name) && name != "system.views" && name != "system.profile" {
			return m, s.foreign()
		}
	}
	m = meta{ID: metaID, Application: "accord", Version: version, Importing: importing}
	_, err = s.db.Collection("meta").InsertOne(ctx, m)
	if mongo.IsDuplicateKeyError(err) {
		m, _, err = one[meta](ctx, s.db.Collection("meta"), byID(metaID), options.FindOne())
	}
	return m, err
}

// Finish makes an imported store one like any other.
func (s *Store) Finish(ctx context.Context) error {
	return s.call(ctx, func() error {
		_, err := s.db.Collection("meta").UpdateOne(ctx, byID(metaID), bson.D{{Key: "$unset", Value: fields("importing")}})
		return err
	})
}

func (s *Store) foreign() error {
	return collections.Errorf(collections.ErrInvalid, "%s is the database of another program, not an Accord store; name another one in the path of the URI", s.hosts)
}

// The indexes of records hold fields that never change, so that a walk along them
// misses nothing. Marks are in none: a record whose mark changes would move.
const (
	indexByObject = "by_object"
	indexByAdded  = "by_added"
	indexByRank   = "by_rank"
	indexByType   = "by_type"
)

// keys returns the keys of an index.
func keys(names ...string) bson.D { return fields(names...) }

// createIndexes makes the indexes that are missing.
func (s *Store) createIndexes(ctx context.Context) error {
	for _, of := range []struct {
		collection *mongo.Collection
		indexes    []mongo.IndexModel
	}{
		{s.records, []mongo.IndexModel{
			{Keys: keys("c", "o"), Options: options.Index().SetName(indexByObject)},
			{Keys: keys("c", "at"), Options: options.Index().SetName(indexByAdded)},
			{Keys: keys("c", "tlp", "_id"), Options: options.Index().SetName(indexByRank)},
			{Keys: keys("c", "type", "tlp", "_id"), Options: options.Index().SetName(indexByType)},
		}},
		{s.logs, []mongo.IndexModel{{Keys: keys("log"), Options: options.Index().SetName("by_log").SetUnique(true)}}},
		{s.statuses, []mongo.IndexModel{{Keys: keys("expires"), Options: options.Index().SetName("by_expiry").SetExpireAfterSeconds(0)}}},
		{s.accesses, []mongo.IndexModel{
			{Keys: keys("kinds", "_id"), Options: options.Index().SetName("by_kind")},
			{Keys: keys("to"), Options: options.Index().SetName("by_time")},
		}},
	} {
		if _, err := of.collection.Indexes().CreateMany(ctx, of.indexes); err != nil {
			return err
		}
	}
	return nil
}

// shorter is the first reason why no server could be used. The driver tells the state
// of all of them.
func shorter(err error) error {
	if none, ok := errors.AsType[topology.ServerSelectionError](err); ok {
		for _, server := range none.Desc.Servers {
			if server.LastError != nil {
				return server.LastError
			}
		}
	}
	return err
}

// refusal says why the database can't be opened.
func (s *Store) refusal(err error) error {
	detail := ""
	switch {
	case known(err):
		return err
	case hasCode(err, codeAuthenticationFailed, codeAtlasRefuses):
		detail = "the database " + s.hosts + " does not take this user name and password"
	case hasCode(err, codeUnauthorized):
		detail = "the user may not do in the database " + s.hosts + " what a store needs; give it the role readWrite there"
	case hasCode(err, codeIndexConflict, codeIndexKeyConflict):
		detail = "an index of the database " + s.hosts + " has a name of ours and is another; drop it"
	case passing(err):
		return &collections.Error{Kind: collections.ErrUnavailable, Detail: "the database " + s.hosts + " can't be reached", Err: shorter(err)}
	default:
		return fmt.Errorf("the database %s: %w", s.hosts, err)
	}
	return &collections.Error{Kind: collections.ErrInvalid, Detail: detail, Err: err}
}
