package schemas

import "strings"

// A uri is a URI or a relative reference in its parts (RFC 3986 §3, §4.2).
type uri struct {
	scheme       string // empty in a relative reference
	hasAuthority bool   // two slashes after the scheme
	host         string
	path         string
	query        string
}

// parseURI splits s and reports whether it is in the grammar of RFC 3986. What
// is not ASCII must be percent-encoded, and brackets stand around an address
// only.
func parseURI(s string) (u uri, ok bool) {
	rest, fragment, _ := strings.Cut(s, "#")
	rest, query, _ := strings.Cut(rest, "?")
	u.query = query
	if i := strings.IndexAny(rest, ":/"); i >= 0 && rest[i] == ':' {
		u.scheme, rest = rest[:i], rest[i+1:]
		if !isScheme(u.scheme) {
			return u, false // nor may a relative path have a colon there
		}
	}
	if after, found := strings.CutPrefix(rest, "//"); found {
		u.hasAuthority = true
		end := strings.IndexByte(after, '/')
		if end < 0 {
			end = len(after)
		}
		if u.host, ok = parseAuthority(after[:end]); !ok {
			return u, false
		}
		rest = after[end:]
	}
	u.path = rest
	return u, isURIText(rest, ":@/") && isURIText(query, ":@/?") && isURIText(fragment, ":@/?")
}

// isScheme is for what stands before the colon (RFC 3986 §3.1).
func isScheme(s string) bool {
	return s != "" && isLetter(s[0]) && every(s, func(c byte) bool {
		return isAlphanumeric(c) || c == '+' || c == '-' || c == '.'
	})
}

// parseAuthority takes user and port away and reports whether all three are
// well-formed (RFC 3986 §3.2).
func parseAuthority(s string) (host string, ok bool) {
	user, host, found := strings.Cut(s, "@")
	if !found {
		user, host = "", s
	}
	if !isURIText(user, ":") {
		return "", false
	}
	if strings.HasPrefix(host, "[") {
		address, port, closed := strings.Cut(host[1:], "]")
		return address, closed && isIPLiteral(address) &&
			(port == "" || port[0] == ':' && every(port[1:], isDigit))
	}
	host, port, _ := strings.Cut(host, ":")
	return host, isURIText(host, "") && every(port, isDigit)
}

// isIPLiteral is for what stands in the brackets of a host (RFC 3986 §3.2.2).
func isIPLiteral(s string) bool {
	if !strings.HasPrefix(s, "v") && !strings.HasPrefix(s, "V") {
		return isIPv6Address(s)
	}
	version, address, _ := strings.Cut(s[1:], ".")
	return version != "" && every(version, isHexDigit) &&
		address != "" && !strings.Contains(address, "%") && isURIText(address, ":")
}

// isURIText reports whether s is unreserved characters, sub-delimiters, bytes
// that are percent-encoded, and characters of extra.
func isURIText(s, extra string) bool {
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case isAlphanumeric(c) || isURIMark(c):
		case c == '%':
			if len(s) < i+3 || !isHexDigit(s[i+1]) || !isHexDigit(s[i+2]) {
				return false
			}
			i += 2
		case strings.IndexByte(extra, c) < 0:
			return false
		}
	}
	return true
}

func isURIMark(c byte) bool {
	switch c {
	case '-', '.', '_', '~', '!', '$', '&', '\'', '(', ')', '*', '+', ',', ';', '=':
		return true
	}
	return false
}

// isURIReference reports whether s is a URI or a relative reference (TYP-15,
// STIX 2.1 §2.5.1, RFC 3986 §4.1). The empty string is one.
func isURIReference(s string) bool {
	_, ok := parseURI(s)
	return ok
}

// isURL reports whether s is a URI that says where something is (OBJ-URL-1,
// OBJ-ARTIFACT-4, STIX 2.1 §6.15.1, RFC 3986 §3). To the grammar localhost:80
// and www.example.com:80/x are URIs too, of the schemes localhost and
// www.example.com; here they are hosts without a scheme.
func isURL(s string) bool {
	u, ok := parseURI(s)
	switch {
	case !ok || u.scheme == "":
		return false
	case u.host != "":
		return true
	case needsHost(u.scheme) || u.path == "" && u.query == "":
		return false
	}
	return u.hasAuthority || !strings.Contains(u.scheme, ".") && !startsWithPort(u.path)
}

// needsHost names the schemes whose own definitions ask for a host.
func needsHost(scheme string) bool {
	for _, s := range [...]string{"http", "https", "ftp", "ftps", "ws", "wss"} {
		if strings.EqualFold(scheme, s) {
			return true
		}
	}
	return false
}

// startsWithPort reports whether the first segment of a path is 1 to 5 digits.
func startsWithPort(path string) bool {
	port, _, _ := strings.Cut(path, "/")
	return 1 <= len(port) && len(port) <= 5 && every(port, isDigit)
}
