package server

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

var requirementID = regexp.MustCompile(`TX-[A-Z]+(?:-[A-Z]+)*-\d\d\b`)

// exchanges are the calls by which a test gets an answer over HTTP, or makes a
// TLS connection: of net/http, and newWorld of package taxii, whose cleanup
// fails a test that has seen no answer.
var exchanges = []string{"newWorld", "http.Get", "http.Post", "http.ReadResponse", "Do", "RoundTrip", "tls.Dial", "tls.Client"}

// A testScan knows of each function of a folder's tests which others it
// calls, and of each test which requirements its comment names.
type testScan struct {
	http  bool // the folder's tests import net/http, so that a Do there is an exchange
	calls map[string]map[string]bool
	ids   map[string][]string // of tests, in the order of the comment
}

// httpTests returns, for each requirement, the tests in root and below that name
// it in their comment and reach an exchange over HTTP through what they call.
func httpTests(t *testing.T, root string) map[string][]string {
	t.Helper()
	scans := map[string]*testScan{}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "testdata" {
			return fs.SkipDir // what stands there is no test of ours
		}
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments)
		if err != nil {
			return err
		}
		folder := filepath.Dir(path)
		if scans[folder] == nil {
			scans[folder] = &testScan{calls: map[string]map[string]bool{}, ids: map[string][]string{}}
		}
		scans[folder].add(file)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	tests := map[string][]string{}
	for _, folder := range slices.Sorted(maps.Keys(scans)) {
		scan := scans[folder]
		name, _ := filepath.Rel(root, folder)
		for _, test := range slices.Sorted(maps.Keys(scan.ids)) {
			if !scan.http || !scan.reaches(test, map[string]bool{}) {
				continue
			}
			for _, id := range scan.ids[test] {
				tests[id] = append(tests[id], filepath.ToSlash(name)+"."+test)
			}
		}
	}
	return tests
}

func (s *testScan) add(file *ast.File) {
	for _, i := range file.Imports {
		s.http = s.http || i.Path.Value == `"net/http"`
	}
	for _, d := range file.Decls {
		f, ok := d.(*ast.FuncDecl)
		if !ok {
			continue
		}
		name := f.Name.Name
		if s.calls[name] == nil { // methods of one name are taken together
			s.calls[name] = map[string]bool{}
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.Ident: // also a function that is handed on
				s.calls[name][n.Name] = true
			case *ast.SelectorExpr:
				if x, ok := n.X.(*ast.Ident); ok {
					s.calls[name][x.Name+"."+n.Sel.Name] = true
				}
			}
			return true
		})
		if f.Recv == nil && (strings.HasPrefix(name, "Test") || strings.HasPrefix(name, "Fuzz")) {
			s.ids[name] = slices.Compact(slices.Sorted(slices.Values(requirementID.FindAllString(f.Doc.Text(), -1))))
		}
	}
}

// reaches reports whether a function comes to an exchange through functions of
// its folder.
func (s *testScan) reaches(name string, seen map[string]bool) bool {
	if seen[name] {
		return false
	}
	seen[name] = true
	for called := range s.calls[name] {
		if slices.Contains(exchanges, called) || s.calls[called] != nil && s.reaches(called, seen) {
			return true
		}
	}
	return false
}

// A test counts by its comment and by what it reaches, through other functions.
func TestHTTPTests(t *testing.T) {
	tests := httpTests(t, "testdata/coverage")
	want := map[string][]string{"TX-DT-01": {"..TestDirect"}, "TX-DT-02": {"..TestThroughOthers"}}
	if !maps.EqualFunc(tests, want, slices.Equal) {
		t.Errorf("httpTests = %v; want %v", tests, want)
	}
}
