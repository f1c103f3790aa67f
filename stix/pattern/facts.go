package pattern

//go:generate go run ./internal/generate

// A property is what the standard says of one name in one place.
type property struct {
	name  string
	value value
}

// A value is what the standard says of the value at a place.
type value struct {
	list bool // the rest is said of its elements

	// kind is a type name of STIX 2.1 §2, or "structure" for an embedded type,
	// "extension" for a predefined extension, "object" for the object that a
	// path begins with, "hash" for a member of a hashes type.
	kind    string
	name    string   // of the embedded type, the extension, the object's type, the algorithm
	targets []string // of an identifier: the types it may lead to
	values  *value   // of a dictionary
}

// A hash is a hash algorithm of the vocabulary hash-algorithm-ov.
type hash struct {
	name   string
	digits int // hex digits of a value; 0 for SSDEEP, whose values have another form
}

// find returns the value of a property.
func find(properties []property, name string) (value, bool) {
	for i := range properties {
		if properties[i].name == name {
			return properties[i].value, true
		}
	}
	return value{}, false
}

// findHash returns the algorithm that a key of a hashes type names, in whatever
// case and with or without hyphens and underscores: feeds write SHA256 as often
// as SHA-256.
func findHash(key string) (hash, bool) {
	var folded [len("sha3256") + 1]byte
	n := 0
	for i := range len(key) {
		c := key[i]
		if c == '-' || c == '_' {
			continue
		}
		if n == len(folded) {
			return hash{}, false
		}
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		folded[n] = c
		n++
	}
	h, ok := hashes[string(folded[:n])]
	return h, ok
}
