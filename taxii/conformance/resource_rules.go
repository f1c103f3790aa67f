package conformance

import (
	"encoding/json"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// leak finds what an error must not tell: stack traces, queries, file names.
var leak = regexp.MustCompile(`Traceback \(most recent|goroutine \d+ \[|\.go:\d+|\.py", line \d+|\.java:\d+|(?i)\b(select|insert into|delete from)\b.+\b(from|values|where)\b|sqlite|/home/|/usr/|/var/`)

// checkBody judges the body by what kind of answer it is.
func (j *judge) checkBody() {
	switch {
	case !j.hasBody() && len(j.Body) > 0:
		id := map[bool]string{true: "TX-MTH-02", false: "TX-ERR-03"}[j.success()]
		if j.Method == "DELETE" {
			id = "TX-OBJ-DEL-01"
		}
		j.find(id, "status %d to %s with a body of %d bytes; want none", j.Status, j.Method, len(j.Body))
	case !j.hasBody() || j.Status/100 == 3:
	case j.success():
		j.checkSuccess()
	default:
		j.checkError()
	}
}

// read reads the body as one JSON object; nil if it is none, which is found
// under id.
func (j *judge) read(id, leave string) map[string]any {
	members, faults, err := readJSON(j.Body, leave)
	for _, f := range faults {
		j.find(f.id, "%s", f.detail)
	}
	if err != nil {
		detail := err.Error() + ": " + strconv.Quote(string(j.Body[:min(len(j.Body), 80)]))
		if len(j.Body) > 0 && strings.IndexByte("{[\"\xef", j.Body[0]) >= 0 { // meant as JSON
			j.find("TX-DT-11", "%s", detail)
		}
		j.find(id, "%s", detail)
		return nil
	}
	return members
}

func (j *judge) checkError() {
	if leak.Match(j.Body) {
		j.find("TX-ERR-05", "the error tells more than it should: %.200q", j.Body)
	}
	if j.Endpoint == Elsewhere && !json.Valid(j.Body) {
		j.allow("TX-ERR-06", "status %d with %.80q on a path that is no endpoint; want an error resource", j.Status, j.Body)
		return
	}
	members := j.read("TX-ERR-01", "")
	if members == nil {
		return
	}
	j.checkResource(errorResource, "", members)
	if status, ok := members["http_status"].(string); ok && status != strconv.Itoa(j.Status) {
		j.find("TX-ERR-02", "http_status is %q with status %d", status, j.Status)
	}
}

// checkSuccess judges the resource that the endpoint answers (TX-URL-08).
func (j *judge) checkSuccess() {
	endpoint := j.Endpoint
	if j.Method == "POST" && endpoint == Objects {
		endpoint = Status
	}
	r := resources[endpoint]
	if r == nil || j.Method != "GET" && j.Method != "POST" {
		return // not one of the standard's own operations
	}
	if len(j.Body) == 0 {
		j.find("TX-NEG-18", "status %d to %s %s without a body", j.Status, j.Method, j.Endpoint)
		return
	}
	leave := ""
	if endpoint == Objects || endpoint == Object {
		leave = "objects"
	}
	members := j.read(r.id, leave)
	if members == nil {
		return
	}
	if members["type"] == "bundle" {
		j.find("TX-ENV-01", "a bundle; want an envelope")
		return
	}
	j.checkResource(r, "", members)
	switch endpoint {
	case Discovery:
		j.checkDiscovery(members)
	case APIRoot:
		j.checkAPIRoot(members)
	case Status:
		j.checkStatusCounts(members)
	case Collections:
		j.checkCollections(members)
	case Collection:
		j.checkMediaTypes("", members)
	default:
		j.checkPage(members)
	}
}

func (j *judge) checkDiscovery(members map[string]any) {
	roots := strs(members["api_roots"])
	if list, ok := members["api_roots"].([]any); ok && len(list) == 0 {
		j.find("TX-DISC-04", "api_roots is empty; want it left out")
	}
	if fallback, ok := members["default"].(string); ok && !slices.Contains(roots, fallback) {
		j.find("TX-DISC-02", "default is %q, which is not among api_roots %q", fallback, roots)
	}
	for i, root := range roots {
		u, err := url.Parse(root)
		switch {
		case err != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || strings.HasPrefix(root, "//"),
			u.Scheme == "" && !strings.HasPrefix(root, "/"),
			u.Scheme != "" && u.Scheme != "https" && !(u.Scheme == "http" && j.PlainHTTP):
			j.find("TX-DISC-03", "the API root %q; want an HTTPS URL, or a path that begins with one slash", root)
		case u.Scheme == "":
			j.allow("TX-DISC-05", "the API root %q is relative, which some clients do not resolve", root)
		}
		if !strings.HasSuffix(root, "/") {
			j.find("TX-URL-04", "the API root %q does not end in a slash", root)
		}
		if slices.Contains(roots[:i], root) {
			j.find("TX-URL-03", "the API root %q stands twice", root)
		}
	}
}

func (j *judge) checkAPIRoot(members map[string]any) {
	versions := strs(members["versions"])
	if !slices.Contains(versions, MediaType) {
		j.find("TX-ROOT-01", "versions are %q; want %q among them", versions, MediaType)
	}
	if n, ok := whole(members["max_content_length"]); ok && n == 0 {
		j.find("TX-ROOT-01", "max_content_length is 0; want more")
	}
}

// checkStatusCounts holds the counts of a status against each other and against
// its lists (TAXII 2.1 §4.3.1).
func (j *judge) checkStatusCounts(members map[string]any) {
	total, _ := whole(members["total_count"])
	sum := int64(0)
	for _, name := range []struct{ count, list string }{{"success_count", "successes"}, {"failure_count", "failures"}, {"pending_count", "pendings"}} {
		n, _ := whole(members[name.count])
		sum += n
		if list, ok := members[name.list].([]any); ok && int64(len(list)) != n {
			j.find("TX-STAT-02", "%s is %d and %s has %d entries", name.count, n, name.list, len(list))
		}
	}
	if sum != total {
		j.find("TX-STAT-02", "total_count is %d; success, failure and pending make %d", total, sum)
	}
	if pending, _ := whole(members["pending_count"]); members["status"] == "complete" && pending != 0 {
		j.find("TX-STAT-03", "the status is complete with %d pending", pending)
	}
	for i, failure := range objectsOf(members["failures"]) {
		if message, _ := failure["message"].(string); strings.TrimSpace(message) == "" {
			j.allow("TX-STAT-10", "failures[%d] has no message", i)
		}
	}
}

func (j *judge) checkCollections(members map[string]any) {
	ids, aliases := map[string]bool{}, map[string]string{}
	last := ""
	for _, c := range objectsOf(members["collections"]) {
		id, _ := c["id"].(string)
		alias, hasAlias := c["alias"].(string)
		if id < last {
			j.find("TX-IOP-01", "the collection %s comes after %s; want ascending ids", id, last)
		}
		if other, twice := aliases[alias]; hasAlias && twice {
			j.find("TX-COL-03", "the alias %q is that of %s and of %s", alias, other, id)
		}
		if ids[id] {
			j.find("TX-DT-02", "the id %s is that of two collections", id)
		}
		ids[id], last = true, id
		if hasAlias {
			aliases[alias] = id
		}
		j.checkMediaTypes("collection "+id+": ", c)
	}
	for alias, id := range aliases {
		if ids[alias] && alias != id {
			j.find("TX-COL-03", "the alias %q of %s is the id of another collection", alias, id)
		}
	}
}

func (j *judge) checkMediaTypes(at string, collection map[string]any) {
	if _, ok := collection["media_types"]; !ok {
		j.allow("TX-COL-07", "%smedia_types is left out", at)
	}
}

// checkPage holds a page against its limit and its headers (TAXII 2.1 §3.2 to §3.5).
func (j *judge) checkPage(members map[string]any) {
	name := "objects"
	if j.Endpoint == Versions {
		name = "versions"
	}
	items, _ := members[name].([]any)
	if limit, err := strconv.Atoi(j.Query.Get("limit")); err == nil && limit > 0 && len(items) > limit {
		j.find("TX-FLT-31", "%d items with limit=%d", len(items), limit)
	}
	_, hasNext := members["next"]
	switch more := members["more"] == true; {
	case more && !hasNext:
		id := "TX-PAG-03"
		if j.Endpoint == Manifest || j.Endpoint == Versions {
			id = "TX-PAG-04"
		}
		j.allow(id, "more is true and next is left out")
	case !more && hasNext:
		j.find("TX-PAG-03", "next is there and more is not true")
	}
	j.checkPageHeaders(items)
	if j.Endpoint == Manifest {
		j.checkRecords(objectsOf(members["objects"]))
		if list, ok := members["objects"].([]any); ok && len(list) == 0 {
			j.find("TX-MAN-02", "objects is empty; want it left out")
		}
	}
	if len(items) == 0 && len(members) > 0 {
		j.allow("TX-ENV-02", "an empty page is %.80s; want {}", j.Body)
	}
}

// checkPageHeaders judges the X-TAXII headers by the number of items.
func (j *judge) checkPageHeaders(items []any) {
	for _, name := range []string{headerFirst, headerLast} {
		switch there := len(j.Header.Values(name)) > 0; {
		case there:
		case len(items) > 0:
			j.find("TX-HDR-01", "a page of %d items without %s", len(items), name)
		default:
			j.allow("TX-HDR-06", "an empty page without %s", name)
		}
	}
	first, last := j.Header.Get(headerFirst), j.Header.Get(headerLast)
	if len(items) == 1 && first != last {
		j.find("TX-HDR-05", "a page of one item with First %q and Last %q", first, last)
	}
}

// checkRecords holds the records of a manifest against their order and the
// headers of the page.
func (j *judge) checkRecords(records []map[string]any) {
	last := ""
	for i, r := range records {
		added, _ := r["date_added"].(string)
		switch {
		case added < last:
			j.find("TX-SORT-01", "objects[%d] was added at %s, before the one that it follows, %s", i, added, last)
		case added == last:
			j.allow("TX-SORT-04", "objects[%d] and the one before it were both added at %s", i, added)
		}
		if last = added; r["media_type"] == nil {
			j.allow("TX-MAN-04", "objects[%d] has no media_type", i)
		}
	}
	if len(records) == 0 {
		return
	}
	if first, _ := records[0]["date_added"].(string); j.Header.Get(headerFirst) != first || j.Header.Get(headerLast) != last {
		j.find("TX-HDR-03", "First is %q and Last %q; the first record was added at %s, the last at %s",
			j.Header.Get(headerFirst), j.Header.Get(headerLast), first, last)
	}
}

// strs are the strings of a JSON list.
func strs(v any) []string {
	var all []string
	list, _ := v.([]any)
	for _, e := range list {
		if s, ok := e.(string); ok {
			all = append(all, s)
		}
	}
	return all
}

// objectsOf are the objects of a JSON list.
func objectsOf(v any) []map[string]any {
	var all []map[string]any
	list, _ := v.([]any)
	for _, e := range list {
		if o, ok := e.(map[string]any); ok {
			all = append(all, o)
		}
	}
	return all
}
