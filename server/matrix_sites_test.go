package server

import (
	"slices"
	"strings"
)

// A site is a path of the matrix and what is true of it. The zero value is a
// path that fits the pattern of an endpoint and names only what is there.
type site struct {
	path      string
	endpoint  string // discovery, root, status, collections, collection, manifest, objects, object, versions; "" for no such path
	noRoot    bool   // there is no such root
	noTarget  bool   // there is no such collection, or the parties of c may not know of it
	noObject  bool   // there is no such object or status
	secondary bool   // a site of the second root
}

func sites(status string) []site {
	const root, c = "/taxii2/api1/", "/taxii2/api1/collections/" + collectionID + "/"
	object := "objects/" + objectID + "/"
	list := []site{
		{path: "/taxii2/", endpoint: "discovery"},
		{path: root, endpoint: "root"},
		{path: "/taxii2/api2/", endpoint: "root", secondary: true},
		{path: root + "status/" + status + "/", endpoint: "status"},
		{path: root + "status/2d086da7-4bdc-4f91-900e-d77486753710/", endpoint: "status", noObject: true},
		{path: root + "status/not-a-uuid/", endpoint: "status", noObject: true},
		{path: root + "collections/", endpoint: "collections"},
		{path: c, endpoint: "collection"},
		{path: c + "manifest/", endpoint: "manifest"},
		{path: c + "objects/", endpoint: "objects"},
		{path: c + object, endpoint: "object"},
		{path: c + object + "versions/", endpoint: "versions"},
		{path: c + "objects/identity--11111111-1111-4111-8111-111111111111/", endpoint: "object", noObject: true},
		{path: c + "objects/x/versions/", endpoint: "versions", noObject: true},
	}
	for _, name := range []string{"c", hiddenID, "hidden", "nowhere", "2f3f5a51-32c9-4b3a-9d5e-0e2f2f3a4b5c", strings.ToUpper(collectionID)} {
		for endpoint, rest := range map[string]string{
			"collection": "", "manifest": "manifest/", "objects": "objects/", "object": object, "versions": object + "versions/",
		} {
			list = append(list, site{path: root + "collections/" + name + "/" + rest, endpoint: endpoint, noTarget: name != "c"})
		}
	}
	for endpoint, rest := range map[string]string{"root": "", "status": "status/" + status + "/", "collections": "collections/",
		"collection": "collections/c/", "objects": "collections/c/objects/", "object": "collections/c/" + object} {
		list = append(list, site{path: "/taxii2/api9/" + rest, endpoint: endpoint, noRoot: true})
	}
	for _, path := range []string{"/nope/", "/taxii/", "/taxii/api1/", "/api1/", root + "channels/", root + "status/", root + "objects/",
		c + "object/", c + "object/" + objectID + "/", c + "nope/", c + object + "versions/x/", c + object + "nope/"} {
		list = append(list, site{path: path})
	}
	slices.SortFunc(list, func(a, b site) int { return strings.Compare(a.path, b.path) })
	return list
}

// methodsOf are the methods of TX-URL-08; HEAD goes wherever GET does.
var methodsOf = map[string]string{"objects": "GET HEAD POST", "object": "GET HEAD DELETE"}

// A variant is one way to say something in a request, and whether it is good.
type variant struct {
	name, value string // value "-" leaves the header out
	good        bool
}

var (
	accepts = []variant{
		{"the type", "application/taxii+json;version=2.1", true},
		{"a page", "text/html", false},
		{"anything", "*/*", true},
		{"no Accept", "-", true},
		{"version 2.0", "application/taxii+json;version=2.0", false},
		{"not at all", "application/taxii+json;version=2.1;q=0", false},
	}
	contentTypes = []variant{
		{"an envelope", "application/taxii+json;version=2.1", true},
		{"plain JSON", "application/json", false},
		{"no version", "application/taxii+json", true},
		{"no Content-Type", "-", false},
		{"version 2.0", "application/taxii+json;version=2.0", false},
	}
	queries = []variant{
		{"no query", "", true},
		{"limit=0", "limit=0", false},
		{"unknown parameter", "match[colour]=red", true},
		{"a type", "match[type]=identity", true}, // where that is defined
		{"cut encoding", "limit=%zz", false},
	}
	bodies = []variant{
		{"one object", `{"objects":[` + lateIdentity + `]}`, true},
		{"no JSON", `{"objects":[` + poison + `]}x`, false},
		{"no objects", `{}`, false},
		{"too large", "", false}, // see run
	}
	spellings = []struct {
		name string
		of   func(path string) string
	}{
		{"as it is", func(p string) string { return p }},
		{"no slash", func(p string) string { return strings.TrimSuffix(p, "/") }},
		{"doubled", func(p string) string { return strings.ReplaceAll(p, "/", "//") }},
		{"encoded", func(p string) string { return strings.ReplaceAll(p, "a", "%61") }},
	}
)

// poison is stored by no request of the matrix, if all is well.
const poison = `{"type":"identity","spec_version":"2.1","id":"identity--dddddddd-dddd-4ddd-8ddd-dddddddddddd","created":"2025-01-01T00:00:00.000Z","modified":"2025-01-01T00:00:00.000Z","name":"poison"}`
