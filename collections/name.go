package collections

import "regexp"

var namePattern = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)

// isName reports whether s can be the id of an agreement, of a party or of
// anything else that an agreement names, or the alias of a collection: lower
// case, digits, single dashes between them.
func isName(s string) bool { return namePattern.MatchString(s) }
