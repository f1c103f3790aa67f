package schemas

import (
	"strings"
	"unicode/utf8"
)

func explainURI(f *fault, text, _ string) { f.explainURI(f.rule("TYP-15"), text) }

// explainURL says what a URL lacks that a URI reference may do without.
func explainURL(f *fault, text, _ string) {
	id := f.rule("OBJ-URL-1")
	switch u, ok := parseURI(text); {
	case !ok:
		f.explainURI(id, text)
	case needsHost(u.scheme):
		f.found(id, f.pointer, "%s is %s; a host must follow the scheme, as in https://www.example.com/", name(f.pointer), short(text))
	case u.scheme != "" && u.path == "" && u.query == "":
		f.found(id, f.pointer, "%s is %s; something must follow the scheme", name(f.pointer), short(text))
	default: // localhost:80 has a host where a scheme would stand
		f.found(id, f.pointer, "%s is %s; it must begin with its scheme, such as https://", name(f.pointer), short(text))
	}
}

// explainURI says what is wrong in a text that is no URI reference.
func (f *fault) explainURI(id, text string) {
	head := text
	if end := strings.IndexAny(text, "/?#"); end >= 0 {
		head = text[:end]
	}
	scheme, _, hasScheme := strings.Cut(head, ":")
	host, port := hostOf(text)
	if i := strings.IndexFunc(text, inNoURI); i >= 0 {
		f.foundCharacter(id, text, i)
		return
	}
	switch i := strayPercent(text); {
	case i >= 0:
		f.found(id, f.pointer, "%s is %s; two hexadecimal digits must follow the percent sign, character %d (RFC 3986)", name(f.pointer), short(text), i+1)
	case hasScheme && !isScheme(scheme):
		f.found(id, f.pointer, "%s is %s; %s before its first colon is no scheme (RFC 3986)", name(f.pointer), short(text), short(scheme))
	case strings.HasPrefix(host, "[") && !strings.HasSuffix(host, "]"):
		f.found(id, f.pointer, "%s is %s; the bracket \"[\" of the host is not closed (RFC 3986)", name(f.pointer), short(text))
	case strings.HasPrefix(host, "[") && !isIPLiteral(host[1:len(host)-1]):
		f.found(id, f.pointer, "%s is %s; %s in the brackets of the host is no IPv6 address (RFC 3986)", name(f.pointer), short(text), short(host[1:len(host)-1]))
	case !every(port, isDigit):
		f.found(id, f.pointer, "%s is %s; the port %s is no number (RFC 3986)", name(f.pointer), short(text), short(port))
	default:
		f.foundCharacter(id, text, strayMark(text, host))
	}
}

// foundCharacter reports the character at a byte of a URI.
func (f *fault) foundCharacter(id, text string, i int) {
	r, _ := utf8.DecodeRuneInString(text[i:])
	f.found(id, f.pointer, "%s is %s; %s, character %d, must be percent-encoded or left out (RFC 3986)",
		name(f.pointer), short(text), short(string(r)), utf8.RuneCountInString(text[:i])+1)
}

// inNoURI is for the characters that stand nowhere in a URI.
func inNoURI(r rune) bool {
	return r <= ' ' || r >= 0x7F || strings.ContainsRune("\"<>\\^`{|}", r)
}

// strayPercent is the place of the first percent sign without two hexadecimal
// digits behind it, -1 if there is none.
func strayPercent(s string) int {
	for i := range len(s) {
		if s[i] == '%' && (len(s) < i+3 || !isHexDigit(s[i+1]) || !isHexDigit(s[i+2])) {
			return i
		}
	}
	return -1
}

// hostOf finds the host and the port of a text that may be no URI. Brackets
// belong to the host.
func hostOf(text string) (host, port string) {
	_, rest, ok := strings.Cut(text, "//")
	if !ok {
		return "", ""
	}
	if end := strings.IndexAny(rest, "/?#"); end >= 0 {
		rest = rest[:end]
	}
	if _, after, found := strings.Cut(rest, "@"); found {
		rest = after
	}
	if end := strings.IndexByte(rest, ']'); strings.HasPrefix(rest, "[") && end >= 0 {
		return rest[:end+1], strings.TrimPrefix(rest[end+1:], ":")
	}
	if strings.HasPrefix(rest, "[") {
		return rest, ""
	}
	host, port, _ = strings.Cut(rest, ":")
	return host, port
}

// strayMark is the place of a mark that stands where it may not: a bracket
// elsewhere than around the host, a second # or @.
func strayMark(text, host string) int {
	from := 0
	if strings.HasPrefix(host, "[") {
		from = strings.Index(text, host) + len(host)
	}
	if i := strings.IndexAny(text[from:], "[]"); i >= 0 {
		return from + i
	}
	for _, mark := range []string{"#", "@"} {
		first := strings.Index(text, mark)
		if second := strings.LastIndex(text, mark); second > first {
			return second
		}
	}
	return 0
}
