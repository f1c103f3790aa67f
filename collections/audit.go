package collections

import (
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
)

// An Action is what an access does. Its spelling is stored and never changes.
type Action string

// The actions that leave a record: each read and each write of what is in a
// collection (TX-AUTH-14). What only tells that a collection is there is none.
const (
	ActionObjects  Action = "objects"  // reads a page of objects
	ActionManifest Action = "manifest" // reads a page of the manifest
	ActionObject   Action = "object"   // reads one object
	ActionVersions Action = "versions" // reads the versions of one object
	ActionPush     Action = "push"     // adds objects
	ActionDelete   Action = "delete"   // removes versions of one object
	ActionStatus   Action = "status"   // reads what became of a push
)

// Actions are all of them.
var Actions = []Action{ActionObjects, ActionManifest, ActionObject, ActionVersions, ActionPush, ActionDelete, ActionStatus}

// ParseAction returns the action of that name; another name is ErrInvalid.
func ParseAction(name string) (Action, error) {
	if slices.Contains(Actions, Action(name)) {
		return Action(name), nil
	}
	names := make([]string, len(Actions))
	for i, a := range Actions {
		names[i] = string(a)
	}
	return "", Errorf(ErrInvalid, "there is no action %.100q, only %s", name, strings.Join(names, ", "))
}

// writes reports whether the action, or what it is about, is a write.
func (a Action) writes() bool {
	return a == ActionPush || a == ActionDelete || a == ActionStatus
}

// An AccessKind is what many accesses have in common. There are few: as many as
// agreements, collections and parties make.
type AccessKind struct {
	Agreement  string
	Collection uuid.UUID // zero where the request names none and leads to none
	Alias      string    // of the collection; "" for none
	Party      string    // who asked
	Action     Action
}

// An Access is one request for what is in a collection, and what became of it,
// refusals included. Requests without valid credentials, and those beyond what a
// party may have, leave none.
type Access struct {
	AccessKind
	Time      time.Time // when it ended; UTC, whole microseconds
	Unit      string    // of the party; "" if the token names none
	Officer   string    // "" if the token names none
	JTI       string    // id of the token
	Remote    string    // address of the client
	RequestID string    // as it stands in the server's own log
	Object    string    // id in the request, at most MaxAccessObject bytes; "" for none

	// First and Last are the sequences between which everything lies that was
	// sent, or taken by a push; 0 where that is nothing. Count is how many
	// records those were. For an answer that broke off they are the most that
	// can have arrived.
	First, Last, Count int64

	Status    int  // the HTTP status
	BrokenOff bool // the answer was cut after its status had been sent

	// Partial is never stored. It says of an access that is shown to somebody
	// that First, Last, Count and Object may have been left out; see
	// Service.Accesses.
	Partial bool
}

// MaxAccessObject is how many bytes are kept of an id that a request brings; sound
// ids have 288 at most.
const MaxAccessObject = 300

// An AccessQuery asks a store for accesses.
type AccessQuery struct {
	From, To    time.Time             // no earlier than From, before To; zero for no bound
	Wanted      func(AccessKind) bool // which kinds; nil for all. Asked about each once
	NewestFirst bool
	Limit       int // at least 1
}

// AccessKindOf returns the agreement and the collection, by id or alias, that a
// request names, for its record: whether the caller may know of them or not. It
// reports false where they do not exist. A name of "" is none.
func (s *Service) AccessKindOf(agreement, collection string) (AccessKind, bool) {
	a, ok := s.Control.Agreement(agreement)
	if !ok {
		return AccessKind{}, false
	}
	if collection == "" {
		return AccessKind{Agreement: a.ID}, true
	}
	c := a.named(collection)
	if c == nil {
		return AccessKind{}, false
	}
	return AccessKind{Agreement: a.ID, Collection: c.ID, Alias: c.Alias}, true
}

// AccessKind is what an access of the caller to the collection is, without its
// action.
func (v *View) AccessKind() AccessKind {
	return AccessKind{Agreement: v.root.ID, Collection: v.ID, Alias: v.Alias, Party: v.root.caller.Party}
}
