package schemas

import "accord/stix"

// Schema returns our JSON Schema (draft-07) of an object type, or of "any" for
// the types that STIX does not define; nil if there is none. The validator
// enforces it, and the rules that no schema can say besides.
func Schema(typ string) []byte {
	if !stix.ValidType(typ) {
		return nil
	}
	text, err := typeFiles.ReadFile("types/" + typ + ".json")
	if err != nil {
		return nil
	}
	return text
}
