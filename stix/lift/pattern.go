package lift

import "strings"

// liftPattern says in which language the pattern of an indicator is written,
// which STIX 2.0 had only one of.
func (o *object) liftPattern() {
	o.put("pattern_type", "pattern", quoted("stix"))
	if text(o.get("pattern_type")) != "stix" {
		return
	}
	o.put("pattern_version", "pattern_type", quoted("2.1"))
	pattern := text(o.get("pattern"))
	if lifted := markTimestamps(pattern); lifted != pattern {
		o.replace("pattern", "pattern", quoted(lifted))
	}
}

// markTimestamps writes the timestamps behind START and STOP as STIX 2.1 does,
// t'…', where STIX 2.0 had plain strings.
func markTimestamps(pattern string) string {
	var b strings.Builder
	word := 0 // where the word that is being read, or was read last, begins
	for i := 0; i < len(pattern); {
		c := pattern[i]
		switch {
		case c == '\'':
			if last := strings.TrimSpace(pattern[word:i]); last == "START" || last == "STOP" {
				b.WriteByte('t')
			}
			end := i + literal(pattern[i:])
			b.WriteString(pattern[i:end])
			i, word = end, end
			continue
		case !isLetter(c) && c != ' ' && c != '\t' && c != '\n' && c != '\r':
			word = i + 1
		case isLetter(c) && (i == 0 || !isLetter(pattern[i-1])):
			word = i
		}
		b.WriteByte(c)
		i++
	}
	return b.String()
}

// literal is the length of the string literal that s begins with, up to the end
// of s where it is not closed.
func literal(s string) int {
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			i++
		case '\'':
			return i + 1
		}
	}
	return len(s)
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' || c == '_' }
