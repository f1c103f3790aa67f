package conformance

import (
	"net/url"
	"regexp"
	"slices"
	"strings"
)

// An Endpoint is one row of the standard's table of endpoints (TAXII 2.1 §4, §5).
type Endpoint string

// Endpoints. Elsewhere is any path that fits none of them; its answers are
// errors in TAXII's words.
const (
	Discovery   Endpoint = "discovery"
	APIRoot     Endpoint = "api root"
	Status      Endpoint = "status"
	Collections Endpoint = "collections"
	Collection  Endpoint = "collection"
	Manifest    Endpoint = "manifest"
	Objects     Endpoint = "objects"
	Object      Endpoint = "object"
	Versions    Endpoint = "versions"
	Elsewhere   Endpoint = "elsewhere"
)

// paged reports whether the answers are pages: items, more, X-TAXII headers.
func (e Endpoint) paged() bool {
	return e == Manifest || e == Objects || e == Object || e == Versions
}

var endpointForms = []struct {
	endpoint Endpoint
	form     *regexp.Regexp // below an API root
}{
	{APIRoot, regexp.MustCompile(`^$`)},
	{Status, regexp.MustCompile(`^status/[^/]+/$`)},
	{Collections, regexp.MustCompile(`^collections/$`)},
	{Collection, regexp.MustCompile(`^collections/[^/]+/$`)},
	{Manifest, regexp.MustCompile(`^collections/[^/]+/manifest/$`)},
	{Objects, regexp.MustCompile(`^collections/[^/]+/objects/$`)},
	{Object, regexp.MustCompile(`^collections/[^/]+/objects/[^/]+/$`)},
	{Versions, regexp.MustCompile(`^collections/[^/]+/objects/[^/]+/versions/$`)},
}

var slashes = regexp.MustCompile(`/+`)

// EndpointOf returns the endpoint that a URL, or a path with or without its
// query, belongs to, on a server whose API roots have the given paths. A missing
// final slash and repeated slashes make no difference.
func EndpointOf(address string, roots ...string) Endpoint {
	path, _, _ := strings.Cut(address, "?")
	if u, err := url.Parse(path); err == nil && u.Scheme != "" {
		path = u.EscapedPath()
	}
	path = slashes.ReplaceAllString("/"+path+"/", "/")
	if path == "/taxii2/" && !slices.Contains(roots, path) {
		return Discovery
	}
	for _, root := range roots {
		below, ok := strings.CutPrefix(path, strings.TrimSuffix(root, "/")+"/")
		for _, f := range endpointForms {
			if ok && f.form.MatchString(below) {
				return f.endpoint
			}
		}
	}
	return Elsewhere
}
