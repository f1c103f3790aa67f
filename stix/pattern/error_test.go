package pattern

import (
	"errors"
	"go/ast"
	goparser "go/parser"
	gotoken "go/token"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

func TestCaret(t *testing.T) {
	long := strings.Repeat("x", 50)
	for _, tc := range []struct{ text, line, caret string }{
		{"", "", "^"},
		{"[file:size = 1e5]", "[file:size = 1e5]", "             ^"},
		{"[file:size = 1", "[file:size = 1", "              ^"},
		{"[file:name = 'a'\r\n AND\tfile:size = 1e5]\n", " AND file:size = 1e5]", "                 ^"},
		{"[file:name = '情报\u0301\x1b' 1]", "[file:name = '情报\u0301 ' 1]", "                     ^"},
		{"[file:name = '" + long + "' 1, " + long + "]", "…" + strings.Repeat("x", 33) + "' 1, " + strings.Repeat("x", 32) + "…", strings.Repeat(" ", 36) + "^"},
	} {
		_, err := Parse(tc.text, DefaultLimits)
		e, ok := errors.AsType[*Error](err)
		if !ok {
			t.Errorf("Parse(%q) = %v, want an error", tc.text, err)
			continue
		}
		if line, caret := e.Caret(tc.text); line != tc.line || caret != tc.caret {
			t.Errorf("caret of %q is\n%q\n%q, want\n%q\n%q", tc.text, line, caret, tc.line, tc.caret)
		}
	}
}

// TestFormats holds what Error promises to those who translate: every format is
// a literal, with no verbs but %s, %d and %q, in a call of errorf, and begins no
// Error elsewhere.
func TestFormats(t *testing.T) {
	files := gotoken.NewFileSet()
	names, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	formats := map[string]bool{}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := goparser.ParseFile(files, name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			checkNode(t, files, n, formats)
			return true
		})
	}
	if n := len(formats); n < 40 || n > 80 {
		t.Errorf("there are %d formats, want 40 to 80", n)
	}
	t.Logf("%d formats", len(formats))
}

func checkNode(t *testing.T, files *gotoken.FileSet, n ast.Node, formats map[string]bool) {
	switch n := n.(type) {
	case *ast.CallExpr:
		if f, ok := n.Fun.(*ast.Ident); !ok || f.Name != "errorf" {
			return
		}
		literal, ok := n.Args[2].(*ast.BasicLit)
		if !ok {
			t.Errorf("%s: the format is no literal", files.Position(n.Pos()))
			return
		}
		format, _ := strconv.Unquote(literal.Value)
		formats[format] = true
		checkFormat(t, format, len(n.Args)-3)
	case *ast.CompositeLit:
		if f, ok := n.Type.(*ast.Ident); ok && f.Name == "Error" && files.Position(n.Pos()).Filename != "error.go" {
			t.Errorf("%s: an Error begins without errorf", files.Position(n.Pos()))
		}
	}
}

var verb = regexp.MustCompile(`%.`)

func checkFormat(t *testing.T, format string, args int) {
	t.Helper()
	verbs := verb.FindAllString(format, -1)
	if len(verbs) != args {
		t.Errorf("%q has %d verbs and %d arguments", format, len(verbs), args)
	}
	for _, v := range verbs {
		if v != "%s" && v != "%d" && v != "%q" {
			t.Errorf("%q has the verb %s", format, v)
		}
	}
	if strings.HasSuffix(format, ".") {
		t.Errorf("%q ends with a full stop", format)
	}
}
