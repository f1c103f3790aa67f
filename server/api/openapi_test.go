package api

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/labstack/echo/v4"
)

// openapi.json describes every route and nothing else, and with each route every
// parameter in its path and every schema that it names.
func TestOpenAPIDescribesTheRoutes(t *testing.T) {
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string `json:"operationId"`
			Parameters  []struct{ Name, In string }
			Responses   map[string]json.RawMessage
		}
		Components struct{ Schemas map[string]json.RawMessage }
	}
	if err := json.Unmarshal(openAPI, &doc); err != nil {
		t.Fatal(err)
	}
	described := []string{}
	for path, operations := range doc.Paths {
		for method, o := range operations {
			described = append(described, strings.ToUpper(method)+" "+path)
			if o.OperationID == "" || o.Responses["200"] == nil || o.Responses["400"] == nil {
				t.Errorf("%s %s lacks its name, its success or its refusal", method, path)
			}
			for _, m := range regexp.MustCompile(`\{(\w+)\}`).FindAllStringSubmatch(path, -1) {
				if !slices.ContainsFunc(o.Parameters, func(p struct{ Name, In string }) bool { return p.Name == m[1] && p.In == "path" }) {
					t.Errorf("%s does not describe %s", path, m[1])
				}
			}
		}
	}
	e, mounted := echo.New(), []string{}
	(&Handler{}).Mount(e)
	for _, r := range e.Routes() {
		if r.Method != http.MethodHead && r.Method != echo.RouteNotFound {
			mounted = append(mounted, r.Method+" "+regexp.MustCompile(`:(\w+)`).ReplaceAllString(r.Path, "{$1}"))
		}
	}
	slices.Sort(described)
	slices.Sort(mounted)
	if !slices.Equal(described, mounted) {
		t.Errorf("described are %q, mounted %q", described, mounted)
	}
	for _, m := range regexp.MustCompile(`"#/components/schemas/(\w+)"`).FindAllSubmatch(openAPI, -1) {
		if doc.Components.Schemas[string(m[1])] == nil {
			t.Errorf("there is no schema %s", m[1])
		}
	}
}
