package taxii

import (
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"accord/collections"
	"accord/stix"
	"accord/taxii/wire"
)

// params is a set of the query parameters that TAXII defines.
type params uint

const (
	addedAfter params = 1 << iota
	limit
	next
	matchID
	matchType
	matchVersion
	matchSpecVersion

	none          params = 0
	pageParams           = addedAfter | limit | next
	versionParams        = matchVersion | matchSpecVersion
	matchParams          = matchID | matchType | versionParams
)

// parameters says what each query parameter is called and how it is read.
var parameters = []struct {
	bit   params
	name  string
	parse func(*query, string) error
}{
	{addedAfter, "added_after", (*query).parseAddedAfter},
	{limit, "limit", (*query).parseLimit},
	{next, "next", (*query).parseNext},
	{matchID, "match[id]", (*query).parseIDs},
	{matchType, "match[type]", (*query).parseTypes},
	{matchVersion, "match[version]", (*query).parseVersions},
	{matchSpecVersion, "match[spec_version]", (*query).parseSpecVersions},
}

const (
	// maxValues bounds a list in one parameter. It is far above what clients
	// send, and keeps a query from costing more than a page.
	maxValues = 1_000
	// maxInteger is the largest integer of TAXII, 2^53−1 (TAXII 2.1 §2).
	maxInteger = 1<<53 - 1
)

// A query is what the query string of a request asks for.
type query struct {
	collections.Filter        // Limit is 0 if the client named none
	next               string // token, still sealed; "" for none

	// position is what the client has seen already: the date of the cursor,
	// else added_after, else the beginning of time (TX-HDR-06).
	position time.Time
}

// readQuery reads the query string of a request to an endpoint that defines
// the given parameters, and opens its token.
func (h *Handler) readQuery(r *request, defined params) (query, error) {
	q, err := parseQuery(r.Request().URL.RawQuery, defined)
	if err != nil {
		return query{}, err
	}
	if q.Limit == 0 {
		q.Limit = h.DefaultLimit
	}
	q.Limit = min(q.Limit, h.MaxLimit)
	if q.next == "" {
		return q, nil
	}
	at, err := h.seal.cursor(q.next, r.view.ID, r.caller.Party)
	if err != nil {
		return query{}, err
	}
	switch was, err := r.view.WasAdded(r.Request().Context(), at.sequence, at.added); {
	case err != nil:
		return query{}, err
	case !was: // and what stands there now would never come
		return query{}, invalid("next is of records that this server has lost since, as by a restored backup; start the walk again without it")
	}
	q.After, q.position = at.sequence, at.added
	return q, nil
}

// parseQuery reads a query string strictly: what TAXII defines must be well
// formed and make sense here, because a filter that is ignored returns, or
// deletes, what the client meant to leave out (TX-FLT-08). What TAXII does not
// define is ignored (TX-FLT-07).
func parseQuery(raw string, defined params) (query, error) {
	values, err := wire.ParseQuery(raw) // TX-FLT-01
	if err != nil {
		return query{}, err
	}
	q := query{position: time.Unix(0, 0).UTC()}
	for _, p := range parameters {
		given, ok := values[p.name]
		switch {
		case !ok:
			continue
		case defined&p.bit == 0:
			return query{}, invalid("%s has no meaning here", p.name)
		case len(given) > 1:
			return query{}, invalid("%s may stand once, not %d times", p.name, len(given))
		case given[0] == "":
			return query{}, invalid("%s has no value", p.name)
		case !utf8.ValidString(given[0]):
			return query{}, invalid("%s is not UTF-8", p.name)
		}
		if err := p.parse(&q, given[0]); err != nil {
			return query{}, err
		}
	}
	return q, nil
}

// parseAddedAfter reads a TAXII timestamp. The standard asks for six digits
// after the point; clients send none to nine (TX-FLT-23).
func (q *query) parseAddedAfter(value string) error {
	t, err := stix.ParseTimestamp(value)
	if err != nil || len(value) > len("2006-01-02T15:04:05.123456789Z") {
		return invalid("added_after is %.100q, not a timestamp such as 2006-01-02T15:04:05.123456Z", value)
	}
	q.AddedAfter, q.position = t, t.Time()
	return nil
}

func (q *query) parseLimit(value string) error {
	n, err := strconv.ParseUint(value, 10, 64)
	if err != nil || n == 0 || n > maxInteger {
		return invalid("limit is %.100q, not a whole number from 1 to %d", value, maxInteger)
	}
	q.Limit = int(min(n, math.MaxInt32)) // far above any page
	return nil
}

func (q *query) parseNext(value string) error {
	q.next = value
	return nil
}

func (q *query) parseIDs(value string) (err error) {
	q.IDs, err = parseList("match[id]", value)
	return err
}

func (q *query) parseTypes(value string) (err error) {
	q.Types, err = parseList("match[type]", value)
	return err
}

var specVersion = regexp.MustCompile(`^[0-9]{1,4}\.[0-9]{1,4}$`)

func (q *query) parseSpecVersions(value string) (err error) {
	if q.Versions.SpecVersions, err = parseList("match[spec_version]", value); err != nil {
		return err
	}
	for _, v := range q.Versions.SpecVersions {
		if !specVersion.MatchString(v) {
			return invalid("match[spec_version] has %.100q, not a version such as 2.1", v)
		}
	}
	return nil
}

// parseVersions reads keywords and timestamps, each at most once, and all by
// itself (TAXII 2.1 §3.4.1).
func (q *query) parseVersions(value string) error {
	values, err := parseList("match[version]", value)
	if err != nil {
		return err
	}
	v := &q.Versions
	for _, value := range values {
		if err := addVersion(v, value); err != nil {
			return err
		}
	}
	// The order of instants has no meaning, so they are sorted to find those
	// that differ in spelling only.
	slices.SortFunc(v.At, stix.Timestamp.Compare)
	instants := len(slices.CompactFunc(slices.Clone(v.At), sameInstant))
	switch {
	case len(values) < strings.Count(value, ",")+1 || instants < len(v.At):
		return invalid("match[version] has the same value twice")
	case v.All && len(values) > 1:
		return invalid("match[version] has all beside other values; all stands by itself")
	}
	return nil
}

func addVersion(v *collections.VersionFilter, value string) error {
	switch value {
	case "all":
		v.All = true
	case "first":
		v.First = true
	case "last":
		v.Last = true
	default:
		t, err := stix.ParseTimestamp(value)
		if err != nil {
			return invalid("match[version] has %.100q, not first, last, all or a timestamp", value)
		}
		v.At = append(v.At, t)
	}
	return nil
}

func sameInstant(a, b stix.Timestamp) bool { return a.Compare(b) == 0 }

// parseList splits a list at its commas; sorted, each value once.
func parseList(name, value string) ([]string, error) {
	if n := strings.Count(value, ",") + 1; n > maxValues {
		return nil, invalid("%s has %d values; at most %d are possible", name, n, maxValues)
	}
	list := strings.Split(value, ",")
	slices.Sort(list)
	list = slices.Compact(list)
	if list[0] == "" {
		return nil, invalid("%s has an empty value in its list", name)
	}
	return list, nil
}

func invalid(format string, args ...any) error {
	return collections.Errorf(collections.ErrInvalid, format, args...)
}
