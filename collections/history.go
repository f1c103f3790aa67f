package collections

import (
	"context"
	"fmt"
	"strings"

	"accord/stix"
)

// historyFindings are what is wrong with the time of c and of its revocation
// among the other versions of its id that the poster may know of (P6).
//
// Only the nearest of them is read. What stands in the collection came in under
// the same rules: behind a revoked version there is none, and each has the
// created of its neighbours, unless its profile let it pass with a warning.
func (d *decision) historyFindings(ctx context.Context, c candidate) ([]stix.Finding, error) {
	if c.unversioned() || stix.IsObservable(c.object.Type) || c.object.NewObservable {
		return nil, nil // an observable has neither created nor revoked, whatever it says (VER-11)
	}
	earlier, later := d.neighbours(&c)
	nearest := earlier
	if nearest == nil {
		nearest = later
	}
	if nearest == nil {
		return nil, nil
	}
	raw, err := d.raw(ctx, nearest.Sequence)
	if err != nil {
		return nil, err
	}
	near, _ := stix.ReadObject(raw, stix.Limits{})
	var found []stix.Finding
	profile := d.push.view.Profile
	switch {
	case earlier != nil && near.Revoked:
		found = append(found, revokedBefore(profile, earlier.Timestamp))
	case later != nil && c.object.Revoked:
		found = append(found, revokedTooLate(profile, later.Timestamp))
	}
	if a, b := c.object.Created, near.Created; a != "" && b != "" && a.Compare(b) != 0 {
		found = append(found, otherCreated(profile, a, b))
	}
	return found, nil
}

// neighbours returns the versions next to c of those that the poster may know
// of: the latest before it and the earliest after it, nil where there is none.
func (d *decision) neighbours(c *candidate) (earlier, later *Version) {
	version, known := c.object.Version(), d.known[string(c.object.ID)]
	beside := func(u *Version) bool { return !u.Removed && u.Timestamp != "" && d.mayKnow(*u) }
	for i := len(known) - 1; i >= 0; i-- { // there may be many: the last is most often the nearest
		u := &known[i]
		switch order := compareInstants(u.Timestamp, version); {
		case order < 0 && (earlier == nil || compareInstants(u.Timestamp, earlier.Timestamp) > 0) && beside(u):
			earlier = u
		case order > 0 && (later == nil || compareInstants(u.Timestamp, later.Timestamp) < 0) && beside(u):
			later = u
		}
	}
	return earlier, later
}

// compareInstants orders timestamps. An id may have many versions: those with
// equal digits need not be taken apart.
func compareInstants(a, b stix.Timestamp) int {
	if len(a) == len(b) {
		return strings.Compare(string(a), string(b))
	}
	return a.Compare(b)
}

// revokedBefore says that c would come after a version that ends its object
// (VER-06, STIX 2.1 §3.6).
func revokedBefore(profile string, revoked stix.Timestamp) stix.Finding {
	return stix.Finding{
		Rule: "VER-06", Level: unlessOpen(profile), Pointer: "/modified",
		Message: fmt.Sprintf("version %s of this object is revoked; no version may follow it, so make a new object", revoked),
	}
}

// revokedTooLate says that c would revoke an object that went on (VER-06).
func revokedTooLate(profile string, last stix.Timestamp) stix.Finding {
	return stix.Finding{
		Rule: "VER-06", Level: unlessOpen(profile), Pointer: "/revoked",
		Message: fmt.Sprintf("version %s of this object is there and follows this one; what revokes an object must be its latest version", last),
	}
}

// otherCreated says that the versions of an object disagree on when it was made
// (COM-04). A widely used platform writes such versions, so only strict refuses
// them.
func otherCreated(profile string, created, there stix.Timestamp) stix.Finding {
	level := stix.LevelWarning
	if profile == "strict" {
		level = stix.LevelError
	}
	return stix.Finding{
		Rule: "COM-04", Level: level, Pointer: "/created",
		Message: fmt.Sprintf("created is %s; another version of this object has %s, and all must have the same", created, there),
	}
}

// unlessOpen is the level of a violation that only an open collection lets pass.
func unlessOpen(profile string) stix.Level {
	if profile == "open" {
		return stix.LevelWarning
	}
	return stix.LevelError
}
