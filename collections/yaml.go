package collections

import (
	"cmp"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"go.yaml.in/yaml/v4"
)

// maxFaults is how many faults of a file are told at once; more than a hundred
// have one cause.
const maxFaults = 100

// A yamlReader reads a YAML document strictly and gathers every fault with its
// line. What can't be read stays zero, so that reading goes on to the end.
type yamlReader struct {
	faults []fault
}

type fault struct {
	line, column int
	err          *Error
}

// A node is a value of the document and the path that leads to it, for example
// parties[1].clearance. The zero node is no value.
type node struct {
	*yaml.Node
	path string
}

// A field is one key that a mapping may have.
type field struct {
	key      string
	required bool
	read     func(n node)
}

func required(key string, read func(n node)) field { return field{key, true, read} }
func optional(key string, read func(n node)) field { return field{key, false, read} }

// document returns the root of the one document in src.
func (r *yamlReader) document(src []byte) (node, bool) {
	var doc yaml.Node
	err := yaml.Load(src, &doc, yaml.WithUniqueKeys(false)) // mapping tells of them, with both lines
	if e, ok := errors.AsType[*yaml.LoadError](err); ok {
		r.faultAt(max(e.Mark.Line, 1), e.Mark.Column, "the file is not one YAML document: %s", strings.TrimPrefix(e.Message, "yaml: "))
		return node{}, false
	}
	if err != nil {
		r.faultAt(1, 1, "the file is not one YAML document: %v", err)
		return node{}, false
	}
	if len(doc.Content) == 0 {
		r.faultAt(1, 1, "the file is empty")
		return node{}, false
	}
	return node{Node: doc.Content[0]}, true
}

// fault notes what is wrong with n.
func (r *yamlReader) fault(n node, format string, args ...any) {
	if n.path != "" {
		format, args = "%s: "+format, append([]any{n.path}, args...)
	}
	r.faultAt(n.Line, n.Column, format, args...)
}

func (r *yamlReader) faultAt(line, column int, format string, args ...any) {
	err := Errorf(ErrInvalid, "line %d: "+format, append([]any{line}, args...)...)
	r.faults = append(r.faults, fault{line, column, err})
}

// err returns all faults in the order of their places, nil if there are none.
func (r *yamlReader) err() error {
	slices.SortStableFunc(r.faults, func(a, b fault) int {
		return cmp.Or(cmp.Compare(a.line, b.line), cmp.Compare(a.column, b.column))
	})
	var errs []error
	for _, f := range r.faults[:min(len(r.faults), maxFaults)] {
		errs = append(errs, f.err)
	}
	if more := len(r.faults) - len(errs); more > 0 {
		errs = append(errs, Errorf(ErrInvalid, "and %d more", more))
	}
	return errors.Join(errs...)
}

// mapping reads the fields of n, in the order given here and not in that of
// the file, so that a field can look at what those before it have read.
func (r *yamlReader) mapping(n node, fields ...field) {
	values, ok := r.values(n)
	if !ok {
		return
	}
	for _, f := range fields {
		if value, ok := values[f.key]; ok {
			f.read(value)
			delete(values, f.key)
		} else if f.required {
			r.fault(n, "the key %q is missing", f.key)
		}
	}
	for key, value := range values {
		r.fault(value, "the key %q is not known here; allowed are %s", key, allowed(fields))
	}
}

// values returns the values of the mapping n by key.
func (r *yamlReader) values(n node) (map[string]node, bool) {
	values := map[string]node{}
	ok := r.entries(n, func(key string, _, value node) { values[key] = value })
	return values, ok
}

// entries calls do for each entry of the mapping n, in the order of the file.
func (r *yamlReader) entries(n node, do func(key string, keyNode, value node)) bool {
	if n.Kind != yaml.MappingNode {
		r.fault(n, "must be keys with values, not %s", kindOf(n))
		return false
	}
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		keyNode := node{n.Content[i], n.path}
		key, ok := r.scalar(keyNode)
		if !ok {
			continue
		}
		keyNode.path = join(n.path, key)
		if line, twice := seen[key]; twice {
			r.fault(keyNode, "the key %q is there twice; it stands on line %d already", key, line)
			continue
		}
		seen[key] = keyNode.Line
		do(key, keyNode, node{n.Content[i+1], keyNode.path})
	}
	return true
}

// list calls do for each element of the list n.
func (r *yamlReader) list(n node, do func(n node)) {
	if n.Kind != yaml.SequenceNode {
		r.fault(n, "must be a list, not %s", kindOf(n))
		return
	}
	for i, element := range n.Content {
		do(node{element, n.path + "[" + strconv.Itoa(i) + "]"})
	}
}

// scalar returns the text of n as it is written, so that NO is the country and
// 2.10 is not 2.1.
func (r *yamlReader) scalar(n node) (string, bool) {
	switch {
	case n.Kind != yaml.ScalarNode:
		r.fault(n, "must be a text, not %s", kindOf(n))
	case n.Style&yaml.TaggedStyle != 0:
		r.fault(n, "the tag %s is not read here; leave it out", n.Tag)
	case n.Tag == "!!null":
		r.fault(n, "there is no value; write one or leave the key out")
	case strings.ContainsFunc(n.Value, isControl):
		r.fault(n, "the text holds control characters")
	case strings.TrimSpace(n.Value) == "":
		r.fault(n, "the text is empty")
	default:
		return n.Value, true
	}
	return "", false
}

func isControl(c rune) bool { return unicode.IsControl(c) && c != '\n' && c != '\t' }

// text returns a reader of any text.
func (r *yamlReader) text(to *string) func(node) {
	return func(n node) { *to, _ = r.scalar(n) }
}

// matching returns a reader of a text that ok takes; rule says what it takes.
func (r *yamlReader) matching(to *string, rule string, ok func(string) bool) func(node) {
	return func(n node) {
		s, read := r.scalar(n)
		if !read {
			return
		}
		if !ok(s) {
			r.fault(n, "%q is not allowed: %s", s, rule)
			return
		}
		*to = s
	}
}

// oneOf returns a reader of one of the words.
func (r *yamlReader) oneOf(to *string, words ...string) func(node) {
	return r.matching(to, "allowed are "+strings.Join(words, ", "),
		func(s string) bool { return slices.Contains(words, s) })
}

// set returns a reader of a list in which each element stands once; read reads
// one element.
func (r *yamlReader) set(to *[]string, read func(to *string) func(node)) func(node) {
	return func(n node) {
		seen := lines{}
		r.list(n, func(n node) {
			var element string
			read(&element)(n)
			if element != "" && r.once(seen, n, element) {
				*to = append(*to, element)
			}
		})
	}
}

// lines says on which line something stands.
type lines map[string]int

// once notes in seen that name stands at n, and a fault if it stood before.
func (r *yamlReader) once(seen lines, n node, name string) bool {
	if line, twice := seen[name]; twice {
		r.fault(n, "%q is there twice; it stands on line %d already", name, line)
		return false
	}
	seen[name] = n.Line
	return true
}

var durationPattern = regexp.MustCompile(`^([1-9][0-9]{0,4})(m|h|d)$`)

var durationUnits = map[string]time.Duration{"m": time.Minute, "h": time.Hour, "d": 24 * time.Hour}

// duration returns a reader of a whole number of minutes, hours or days.
func (r *yamlReader) duration(to *time.Duration) func(node) {
	return func(n node) {
		s, ok := r.scalar(n)
		if !ok {
			return
		}
		m := durationPattern.FindStringSubmatch(s)
		if m == nil {
			r.fault(n, "%q is no duration: write a whole number up to 99999 of minutes, hours or days, such as 30m, 72h or 30d", s)
			return
		}
		count, _ := strconv.Atoi(m[1]) // the pattern leaves nothing to fail
		*to = time.Duration(count) * durationUnits[m[2]]
	}
}

func kindOf(n node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "keys with values"
	case yaml.SequenceNode:
		return "a list"
	case yaml.AliasNode:
		return "an alias (write out what it stands for)"
	}
	return fmt.Sprintf("the text %q", n.Value)
}

func allowed(fields []field) string {
	keys := make([]string, len(fields))
	for i, f := range fields {
		keys[i] = f.key
	}
	return strings.Join(keys, ", ")
}

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}
