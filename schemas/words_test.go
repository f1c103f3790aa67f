package schemas

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// reporters are the functions that take a rule and a format: where the format
// stands among their arguments, and how many values they add to it.
var reporters = map[string]struct{ format, more int }{
	"found":   {2, 0},
	"foundAs": {3, 0},
	"fault":   {1, 1}, // of a valueWalk, which names the value later
}

// passedOn are the formats that one reporter takes over from another.
var passedOn = map[string]bool{"f.format": true}

// The formats of findings stand as literals where they are used, so that a tool
// can collect them for translation; they have only %s and %d, and as many as
// there are values. The rules named beside them exist.
func TestFormatsOfFindings(t *testing.T) {
	ready()
	checked := 0
	for _, function := range functions(t) {
		ast.Inspect(function, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			reporter, ok := reporters[calledName(call)]
			if !ok || len(call.Args) <= reporter.format {
				return true
			}
			if rule, ok := literal(call.Args[0]); ok && rulesByID[rule] == nil {
				t.Errorf("%s: there is no rule %s", function.Name, rule)
			}
			values := len(call.Args) - reporter.format - 1 + reporter.more
			for _, format := range formatsOf(t, function, call.Args[reporter.format]) {
				checked++
				checkFormat(t, function.Name.Name, format, values)
			}
			return true
		})
	}
	if checked < 80 {
		t.Errorf("only %d formats found", checked)
	}
}

var verbs = regexp.MustCompile(`%.?`)

func checkFormat(t *testing.T, where, format string, values int) {
	t.Helper()
	all := verbs.FindAllString(format, -1)
	for _, verb := range all {
		if verb != "%s" && verb != "%d" {
			t.Errorf("%s: %q has %s; only %%s and %%d are translated", where, format, verb)
		}
	}
	if len(all) != values {
		t.Errorf("%s: %q takes %d values and is given %d", where, format, len(all), values)
	}
	if strings.HasSuffix(format, ".") || strings.TrimSpace(format) != format {
		t.Errorf("%s: %q ends in a full stop or begins or ends in a blank", where, format)
	}
}

// functions are the functions of the package, tests left out.
func functions(t *testing.T) (all []*ast.FuncDecl) {
	t.Helper()
	names, err := fs.Glob(os.DirFS("."), "*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, parser.SkipObjectResolution)
		if err != nil {
			t.Fatal(err)
		}
		for _, declaration := range file.Decls {
			if function, ok := declaration.(*ast.FuncDecl); ok {
				all = append(all, function)
			}
		}
	}
	return all
}

func calledName(call *ast.CallExpr) string {
	if selector, ok := call.Fun.(*ast.SelectorExpr); ok {
		return selector.Sel.Name
	}
	return ""
}

// formatsOf returns the literals that an argument may be: itself, or all that a
// variable of that name is set to in the function.
func formatsOf(t *testing.T, function *ast.FuncDecl, argument ast.Expr) (formats []string) {
	t.Helper()
	if format, ok := literal(argument); ok {
		return []string{format}
	}
	name, ok := argument.(*ast.Ident)
	if selector, isSelector := argument.(*ast.SelectorExpr); isSelector {
		if base, isName := selector.X.(*ast.Ident); isName && passedOn[base.Name+"."+selector.Sel.Name] {
			return nil
		}
	}
	if !ok {
		t.Errorf("%s: a format is no literal", function.Name)
		return nil
	}
	ast.Inspect(function, func(n ast.Node) bool {
		assignment, ok := n.(*ast.AssignStmt)
		if !ok {
			return true
		}
		for i, left := range assignment.Lhs {
			if variable, ok := left.(*ast.Ident); ok && variable.Name == name.Name && i < len(assignment.Rhs) {
				if format, ok := literal(assignment.Rhs[i]); ok {
					formats = append(formats, format)
				}
			}
		}
		return true
	})
	if len(formats) == 0 && function.Name.Name != "found" && function.Name.Name != "foundAs" && function.Name.Name != "fault" {
		t.Errorf("%s: the format %s is set to no literal", function.Name, name.Name)
	}
	return formats
}

// literal returns the text of a string literal.
func literal(e ast.Expr) (string, bool) {
	basic, ok := e.(*ast.BasicLit)
	if !ok || basic.Kind != token.STRING {
		return "", false
	}
	text, err := strconv.Unquote(basic.Value)
	return text, err == nil
}
