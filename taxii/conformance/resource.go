package conformance

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
)

// A resource is a kind of JSON object that TAXII defines.
type resource struct {
	id         string // the requirement that describes it
	properties []property
}

type property struct {
	name     string
	required bool
	kind     *kind
}

// A kind is what the value of a property must be.
type kind struct {
	words string         // what is expected, for findings
	ids   []string       // further requirements that a wrong value breaks
	ok    func(any) bool // nil where each says it
	each  *resource      // the elements of a list
}

var (
	uuidForm      = regexp.MustCompile(`^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$`)
	wholeForm     = regexp.MustCompile(`^(0|[1-9]\d{0,15})$`)
	customForm    = regexp.MustCompile(`^[a-z0-9_]{3,250}$`)
	uuidPart      = regexp.MustCompile(`[0-9a-f]{8}_?[0-9a-f]{4}_?[0-9a-f]{4}_?[0-9a-f]{4}_?[0-9a-f]{12}`)
	mediaTypeForm = regexp.MustCompile(`^[a-z]+/[a-z0-9.+-]+(;[a-z]+=[^;\s]+)*$`)
)

const maxInteger = 1<<53 - 1 // TAXII 2.1 §2

func isText(v any) bool { _, ok := v.(string); return ok }

func isTexts(v any) bool {
	list, ok := v.([]any)
	return ok && !slices.ContainsFunc(list, func(e any) bool { return !isText(e) })
}

func matches(form *regexp.Regexp) func(any) bool {
	return func(v any) bool { s, ok := v.(string); return ok && form.MatchString(s) }
}

// whole returns the value of a TAXII integer that is not negative.
func whole(v any) (int64, bool) {
	n, ok := v.(json.Number)
	if !ok || !wholeForm.MatchString(n.String()) {
		return 0, false
	}
	i, err := n.Int64()
	return i, err == nil && i <= maxInteger
}

// Kinds.
var (
	text       = &kind{words: "a string", ok: isText}
	texts      = &kind{words: "a list of strings", ok: isTexts}
	boolean    = &kind{words: "true or false", ids: []string{"TX-DT-01"}, ok: func(v any) bool { _, ok := v.(bool); return ok }}
	identifier = &kind{words: "a version 4 UUID", ids: []string{"TX-DT-02"}, ok: matches(uuidForm)}
	timestamp  = &kind{words: "a timestamp with six fractional digits", ids: []string{"TX-DT-05"}, ok: matches(timestampForm)}
	count      = &kind{words: "a whole number of at most 2^53-1", ids: []string{"TX-DT-03"}, ok: func(v any) bool { _, ok := whole(v); return ok }}
	object     = &kind{words: "a JSON object", ok: func(v any) bool { _, ok := v.(map[string]any); return ok }}
	mediaTypes = &kind{words: "a list of media types", ids: []string{"TX-COL-07"}, ok: func(v any) bool {
		list, ok := v.([]any)
		return ok && !slices.ContainsFunc(list, func(e any) bool { return !matches(mediaTypeForm)(e) })
	}}
	stixObjects = &kind{words: "a list of STIX objects", ids: []string{"TX-ENV-03"}, ok: isSTIX}
	progress    = &kind{words: "complete or pending", ids: []string{"TX-DT-08"}, ok: func(v any) bool { return v == "complete" || v == "pending" }}
	nextToken   = &kind{words: "a string", ids: []string{"TX-PAG-03"}, ok: isText}
)

// isSTIX looks at no more than what makes a STIX object one: a type that is no
// bundle, and an id of that type.
func isSTIX(v any) bool {
	list, ok := v.([]any)
	for _, e := range list {
		var o struct{ Type, ID string }
		raw, _ := e.(json.RawMessage)
		if json.Unmarshal(raw, &o) != nil || o.Type == "bundle" || !strings.HasPrefix(o.ID, o.Type+"--") {
			return false
		}
	}
	return ok
}

func listOf(words string, r *resource) *kind { return &kind{words: words, each: r} }

var errorResource = &resource{"TX-ERR-01", []property{
	{"title", true, text}, {"description", false, text}, {"error_id", false, text}, {"error_code", false, text},
	{"http_status", false, &kind{words: "a string of digits", ids: []string{"TX-ERR-02"}, ok: isText}},
	{"external_details", false, text}, {"details", false, object},
}}

var collectionResource = &resource{"TX-COL-02", []property{
	{"id", true, identifier}, {"title", true, text}, {"description", false, text}, {"alias", false, text},
	{"can_read", true, boolean}, {"can_write", true, boolean}, {"media_types", false, mediaTypes},
}}

var recordResource = &resource{"TX-MAN-01", []property{
	{"id", true, text}, {"date_added", true, timestamp}, {"version", true, text}, {"media_type", false, text},
}}

var detailsResource = &resource{"TX-STAT-01", []property{
	{"id", true, text}, {"version", true, text}, {"message", false, text},
}}

var envelopeResource = &resource{"TX-ENV-01", []property{
	{"more", false, boolean}, {"next", false, nextToken}, {"objects", false, stixObjects},
}}

var resources = map[Endpoint]*resource{
	Discovery: {"TX-DISC-01", []property{
		{"title", true, text}, {"description", false, text}, {"contact", false, text}, {"default", false, text}, {"api_roots", false, texts},
	}},
	APIRoot: {"TX-ROOT-01", []property{
		{"title", true, text}, {"description", false, text}, {"versions", true, texts}, {"max_content_length", true, count},
	}},
	Status: {"TX-STAT-01", []property{
		{"id", true, identifier}, {"status", true, progress}, {"request_timestamp", false, timestamp}, {"total_count", true, count},
		{"success_count", true, count}, {"successes", false, details}, {"failure_count", true, count}, {"failures", false, details},
		{"pending_count", true, count}, {"pendings", false, details},
	}},
	Collections: {"TX-COL-01", []property{{"collections", false, listOf("a list of collections", collectionResource)}}},
	Collection:  collectionResource,
	Manifest: {"TX-MAN-01", []property{
		{"more", false, boolean}, {"next", false, nextToken}, {"objects", false, listOf("a list of manifest records", recordResource)},
	}},
	Objects: envelopeResource,
	Object:  envelopeResource,
	Versions: {"TX-VER-01", []property{
		{"more", false, boolean}, {"next", false, nextToken}, {"versions", false, texts},
	}},
}

var details = listOf("a list of status details", detailsResource)

// checkResource holds an object against its resource: what is required is
// there, everything has its type, and other names are well-formed ones of
// custom properties.
func (j *judge) checkResource(r *resource, at string, members map[string]any) {
	for _, p := range r.properties {
		value, there := members[p.name]
		switch {
		case there:
			j.checkValue(r, p.kind, at+p.name, value)
		case p.required:
			j.findAll(fmt.Sprintf("%s%s is missing", at, p.name), "TX-DT-09", r.id)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(members)) {
		if !slices.ContainsFunc(r.properties, func(p property) bool { return p.name == name }) {
			j.checkOtherName(r, at, name)
		}
	}
}

func (j *judge) checkValue(r *resource, k *kind, at string, value any) {
	if k.each == nil {
		if !k.ok(value) {
			j.findAll(fmt.Sprintf("%s is %.100s; want %s", at, literal(value), k.words), append([]string{"TX-DT-10", r.id}, k.ids...)...)
		}
		return
	}
	list, ok := value.([]any)
	for i, element := range list {
		members, isObject := element.(map[string]any)
		if !isObject {
			ok = false
			break
		}
		j.checkResource(k.each, fmt.Sprintf("%s[%d].", at, i), members)
	}
	if !ok {
		j.findAll(fmt.Sprintf("%s is %.100s; want %s", at, literal(value), k.words), "TX-DT-10", r.id)
	}
}

// checkOtherName judges a member that the standard does not define: it is a
// custom property, unless it is a defined one misspelt.
func (j *judge) checkOtherName(r *resource, at, name string) {
	plain := strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(name))
	for _, p := range r.properties {
		if strings.ReplaceAll(p.name, "_", "") == plain {
			j.find("TX-DT-08", "%s%s; the standard writes %s", at, name, p.name)
			return
		}
	}
	if !customForm.MatchString(name) {
		j.find("TX-CUS-01", "the custom property %q; want 3 to 250 of a-z, 0-9 and _", at+name)
	}
	if !uuidPart.MatchString(name) {
		j.find("TX-IOP-05", "the custom property %q has no UUID in its name", at+name)
	}
}

// findAll notes one detail under several requirements.
func (j *judge) findAll(detail string, ids ...string) {
	slices.Sort(ids)
	for _, id := range slices.Compact(ids) {
		j.find(id, "%s", detail)
	}
}

// literal writes a value as it would stand in JSON.
func literal(v any) string {
	raw, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprint(v)
	}
	return string(raw)
}
