package schemas

import (
	"bytes"
	"context"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"accord/stix"
)

// A message is a format or a term in the source, and where it stands.
type message struct {
	text  string
	where token.Position
}

// speakers are the functions that take a format, in any of the rooms that make
// findings.
var speakers = []string{"found", "foundAs", "report", "foundInPattern", "fault", "faultOf", "doubt", "doubtOf", "errorf"}

// TestChinese: every format of a finding and every term stands in the catalogue,
// with the same values in it; and the catalogue has nothing else.
func TestChinese(t *testing.T) {
	used := map[string]bool{}
	for _, m := range messagesOf(t, "*.go", "../stix/*.go", "../stix/pattern/*.go", "../collections/viewjudge.go", "../server/api/*.go") {
		used[m.text] = true
		translated, ok := chinese[m.text]
		switch {
		case !ok:
			t.Errorf("%s: there is no Chinese for %q", m.where, m.text)
		case !slices.Equal(valuesIn(t, m.text), valuesIn(t, translated)):
			t.Errorf("%s: %q has other values than %q", m.where, translated, m.text)
		case !strings.ContainsFunc(translated, func(r rune) bool { return unicode.Is(unicode.Han, r) }) && !sameEverywhere[m.text]:
			t.Errorf("%s: %q is no Chinese", m.where, translated)
		}
	}
	if len(used) < 100 {
		t.Errorf("only %d messages were found", len(used))
	}
	for text := range chinese {
		if !used[text] {
			t.Errorf("nobody says %q any more", text)
		}
	}
}

// sameEverywhere are the terms that are the same in every language.
var sameEverywhere = map[string]bool{"null": true, `"2.1"`: true, "','": true, "':'": true}

var verb = regexp.MustCompile(`%(?:\[(\d+)\])?([a-z%])`)

// valuesIn lists the verbs of a format in the order of the values.
func valuesIn(t *testing.T, format string) []string {
	values := map[int]string{}
	for _, m := range verb.FindAllStringSubmatch(format, -1) {
		at := len(values) + 1
		if m[1] != "" {
			at, _ = strconv.Atoi(m[1])
		}
		if m[2] == "%" {
			continue
		}
		values[at] = m[2]
	}
	var list []string
	for i := range len(values) {
		if values[i+1] == "" {
			t.Errorf("%q leaves out the value %d", format, i+1)
		}
		list = append(list, values[i+1])
	}
	return list
}

// messagesOf reads the formats and terms out of the source of some rooms.
func messagesOf(t *testing.T, rooms ...string) (all []message) {
	t.Helper()
	for _, room := range rooms {
		files, err := filepath.Glob(room)
		if err != nil || len(files) == 0 {
			t.Fatal(room, files, err)
		}
		set, sources := token.NewFileSet(), []*ast.File{}
		takers := map[string][]int{}
		for _, name := range files {
			if strings.HasSuffix(name, "_test.go") {
				continue
			}
			file, err := parser.ParseFile(set, name, nil, parser.SkipObjectResolution)
			if err != nil {
				t.Fatal(err)
			}
			sources = append(sources, file)
			for _, d := range file.Decls {
				if f, ok := d.(*ast.FuncDecl); ok {
					takers[f.Name.Name] = termParameters(f)
				}
			}
		}
		for _, file := range sources {
			for _, literal := range messagesIn(file, takers) {
				text, err := strconv.Unquote(literal.Value)
				if err != nil {
					t.Fatal(err)
				}
				all = append(all, message{text, set.Position(literal.Pos())})
			}
		}
	}
	return all
}

// termParameters are the places of the parameters that are terms.
func termParameters(f *ast.FuncDecl) (at []int) {
	n := 0
	for _, field := range f.Type.Params.List {
		for range max(1, len(field.Names)) {
			if named(field.Type, "Term") {
				at = append(at, n)
			}
			n++
		}
	}
	return at
}

// messagesIn are the literals that are messages; takers are the functions that
// take terms, and where.
func messagesIn(file *ast.File, takers map[string][]int) (literals []*ast.BasicLit) {
	take := func(e ast.Expr) {
		if literal, ok := e.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			literals = append(literals, literal)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.CallExpr:
			for _, arg := range spoken(n) {
				take(arg)
			}
			for _, at := range takers[called(n)] {
				take(n.Args[at])
			}
		case *ast.CompositeLit: // Words{Format: "…"}, []Term{"…"}
			for _, e := range termsIn(n) {
				take(e)
			}
		case *ast.AssignStmt: // format := "…"
			if named(n.Lhs[0], "format") {
				take(n.Rhs[0])
			}
		case *ast.ValueSpec: // const a, b stix.Term = "…", "…"
			if named(n.Type, "Term") {
				for _, v := range n.Values {
					take(v)
				}
			}
		case *ast.FuncDecl:
			if results := n.Type.Results; results != nil && len(results.List) == 1 && named(results.List[0].Type, "Term") {
				for _, e := range returned(n) {
					take(e)
				}
			}
		}
		return true
	})
	return literals
}

// spoken are the arguments of a call that may be formats or terms. A rule's id
// and a pointer have no blanks; a format says something.
func spoken(call *ast.CallExpr) (args []ast.Expr) {
	if named(call.Fun, "Term") {
		return call.Args
	}
	if !slices.Contains(speakers, called(call)) {
		return nil
	}
	for _, arg := range call.Args {
		if literal, ok := arg.(*ast.BasicLit); ok && strings.Contains(literal.Value, " ") {
			args = append(args, arg)
		}
	}
	return args
}

// called is the name of the function that is called.
func called(call *ast.CallExpr) string {
	switch f := call.Fun.(type) {
	case *ast.Ident:
		return f.Name
	case *ast.SelectorExpr:
		return f.Sel.Name
	}
	return ""
}

// termsIn are the format of Words, and the elements of a list or map of terms.
func termsIn(c *ast.CompositeLit) (found []ast.Expr) {
	words, elements := named(c.Type, "Words"), ast.Expr(nil)
	switch typ := c.Type.(type) {
	case *ast.ArrayType:
		elements = typ.Elt
	case *ast.MapType:
		elements = typ.Value
	}
	terms := named(elements, "Term")
	if table, ok := elements.(*ast.StructType); ok {
		return termsInTable(table, c)
	}
	for i, e := range c.Elts {
		pair, keyed := e.(*ast.KeyValueExpr)
		switch {
		case words && keyed && named(pair.Key, "Format"):
			found = append(found, pair.Value)
		case words && !keyed && i == 0, terms && !keyed:
			found = append(found, e)
		case terms:
			found = append(found, pair.Value)
		}
	}
	return found
}

// termsInTable are the terms in a list or map of structures.
func termsInTable(table *ast.StructType, c *ast.CompositeLit) (found []ast.Expr) {
	columns := termParameters(&ast.FuncDecl{Type: &ast.FuncType{Params: table.Fields}})
	for _, e := range c.Elts {
		if pair, ok := e.(*ast.KeyValueExpr); ok {
			e = pair.Value
		}
		row, ok := e.(*ast.CompositeLit)
		for _, at := range columns {
			if ok && at < len(row.Elts) {
				found = append(found, row.Elts[at])
			}
		}
	}
	return found
}

// returned are the values that a function returns.
func returned(f *ast.FuncDecl) (values []ast.Expr) {
	ast.Inspect(f, func(n ast.Node) bool {
		if r, ok := n.(*ast.ReturnStmt); ok {
			values = append(values, r.Results...)
		}
		return true
	})
	return values
}

// named reports whether an expression is a name, of this package or of another.
func named(e ast.Expr, name string) bool {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name == name
	case *ast.SelectorExpr:
		return e.Sel.Name == name
	}
	return false
}

// Nothing that a rule's case finds is said in English to a Chinese reader: so no
// format escapes the collection above.
func TestChineseOfCases(t *testing.T) {
	ready()
	files, err := fs.Glob(ruleFiles, "testdata/rules/*.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		cases, err := casesOf(strings.TrimSuffix(strings.TrimPrefix(file, "testdata/rules/"), ".json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range cases {
			raw, err := c.invalid()
			if err != nil {
				t.Fatal(file, err)
			}
			for _, f := range c.said(t, raw) {
				for _, w := range f.Words {
					if chinese[w.Format] == "" {
						t.Errorf("%s: %s: %q is said in English", file, c.Name, w.Format)
					}
					for _, arg := range w.Args {
						if term, ok := arg.(stix.Term); ok && chinese[string(term)] == "" {
							t.Errorf("%s: %s: the term %q is said in English", file, c.Name, term)
						}
					}
				}
				if f.Words == nil {
					t.Errorf("%s: %s: %q has no words", file, c.Name, f.Message)
				}
			}
		}
	}
}

// said are the findings of an object or a bundle.
func (c *ruleCase) said(t *testing.T, raw []byte) (all []stix.Finding) {
	s := newStream(t, "standard")
	s.Definition = c.definition
	err := s.Each(context.Background(), bytes.NewReader(raw), stix.File, func(m Member) error {
		all = append(all, m.Findings...)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestSay(t *testing.T) {
	chinese["%s and %s"] = "%[2]s，以及%[1]s" // as no real format need have it
	chinese["a list of tests"] = "测试列表"
	defer delete(chinese, "%s and %s")
	defer delete(chinese, "a list of tests")
	f := stix.NewFinding("GEN-01", stix.LevelError, "", stix.Words{Format: "%s and %s", Args: []any{"x", stix.Term("a list of tests")}}, stix.Words{Format: "nobody translates %d"})
	f.Words[1].Args = []any{7}
	for lang, want := range map[string]string{
		"zh": "测试列表，以及 x；nobody translates 7",
		"en": f.Message,
		"fr": f.Message,
	} {
		if got := Say(lang, f); got != want {
			t.Errorf("Say(%q) = %q; want %q", lang, got, want)
		}
	}
	if plain := (stix.Finding{Message: "as it is"}); Say("zh", plain) != "as it is" {
		t.Errorf("a finding without words says %q", Say("zh", plain))
	}
}

// The blanks beside values come from what stands there.
func TestBlanksInChinese(t *testing.T) {
	for _, c := range []struct {
		format string
		args   []any
		want   string
	}{
		{"%s is %s; it must be %s", []any{"revoked", stix.Term("a list"), stix.Term("true or false")}, "revoked 为列表；须为 true 或 false"},
		{"%s is %s; it must be %s", []any{"x", `"a"`, stix.Term("an object")}, `x 为 "a"；须为 JSON 对象`},
		{"%s is %s; it must be %s", []any{"spec_version", `"2.2"`, stix.Term(`"2.1"`)}, `spec_version 为 "2.2"；须为 "2.1"`},
		{"%s is %s, %s; it must be %s", []any{"名", `"甲 乙"`, stix.Term("a string"), stix.Term("a list")}, `名为 "甲 乙"（字符串）；须为列表`},
		{"%s are missing; they are required here", []any{together([]string{"id", "created", "modified"})}, "缺少 id、created 和 modified；此处须有这些属性"},
		{"%s are missing; they are required here", []any{together([]string{"名", "号"})}, "缺少名和号；此处须有这些属性"},
		{"%s is missing; one of them is required", []any{namesOf([][]string{{"region"}, {"country"}, {"latitude", "longitude"}})}, "缺少 region、country 或 latitude 加 longitude；须至少有其一"},
		{"%s is %s; a term of the vocabulary %s (%s) is advised", []any{"x", `"y"`, "v-ov", beginning([]string{"a", "b", "c"}, 2)}, `x 为 "y"；建议使用词汇表 v-ov 中的术语（a、b 等）`},
		{"%s must not be there when %s is %s", []any{"reason", "action", "ask"}, "action 为 ask 时不得有 reason"},
		{"line %d, column %d", []any{3, 14}, "第 3 行，第 14 列"},
	} {
		if got := inChinese(stix.Words{Format: c.format, Args: c.args}); got != c.want {
			t.Errorf("%s; want %s", got, c.want)
		}
	}
}

// misplaced are blanks that Chinese text has not, or should have.
var misplaced = regexp.MustCompile(`\p{Han} +\p{Han}| [，；：。、（）“”]|[，；：。、（）“”] |\p{Han}["A-Za-z0-9]|["A-Za-z0-9]\p{Han}|^ +\p{Han}|\p{Han} +$`)

// banned are words for which another one stands everywhere else.
var banned = regexp.MustCompile(`散列|下标|协议方案|撇号|通用属性|注册表键|\bbundle[^-"]|[,;] ?\p{Han}|\p{Han} ?[,;]|: \p{Han}`)

// Chinese text of ours keeps to one term for one thing, and to one way with
// blanks.
func TestStyleOfChinese(t *testing.T) {
	ready()
	texts := []string{}
	for _, said := range chinese {
		texts = append(texts, values.Split(said, -1)...)
	}
	for _, r := range ruleRows {
		texts = append(texts, r.zh)
	}
	for _, text := range texts {
		if found := banned.FindString(text); found != "" {
			t.Errorf("%q says %q", text, found)
		}
		if found := misplaced.FindString(text); found != "" {
			t.Errorf("%q has a wrong blank: %q", text, found)
		}
	}
}

func TestListing(t *testing.T) {
	kinds := either([]string{"artifact", "user-account", "x509-certificate"})
	kinds.articles = true
	for _, c := range []struct {
		l    listing
		want string
	}{
		{enumerate([]string{"a", "b"}), "a, b"},
		{together([]string{"a"}), "a"},
		{together([]string{"a", "b", "c"}), "a, b and c"},
		{either([]string{"a", "b"}), "a or b"},
		{beginning([]string{"a", "b"}, 2), "a, b"},
		{beginning([]string{"a", "b", "c"}, 2), "a, b, …"},
		{namesOf([][]string{{"a"}, {"b", "c"}}), "a or b with c"},
		{kinds, "an artifact, a user-account or an x509-certificate"},
	} {
		if got := c.l.String(); got != c.want {
			t.Errorf("%s; want %s", got, c.want)
		}
	}
}
