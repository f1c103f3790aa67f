package stix

import (
	"fmt"
	"strings"
)

// A TLP is a rank of the Traffic Light Protocol, ordered from the most open to
// the most closed, so that ranks compare with < and >. The numbers are stored
// and stand in ledger leaves: they never change.
type TLP uint8

// The ranks of TLP 2.0. TLP 1.0's WHITE is Clear.
const (
	Clear TLP = iota
	Green
	Amber
	AmberStrict
	Red
)

// tlps are the ranks in order. TLP 1.0 has no AMBER+STRICT.
var tlps = [...]struct {
	text    string // as agreements write it
	id, id1 ID     // marking-definitions of TLP 2.0 and TLP 1.0 (STIX 2.1 §7.2.1.4)
}{
	{"clear", "marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487", "marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9"},
	{"green", "marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb", "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da"},
	{"amber", "marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", "marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"},
	{"amber+strict", "marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003", ""},
	{"red", "marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed"},
}

// ParseTLP returns the rank that agreements write as clear, green, amber,
// amber+strict or red.
func ParseTLP(s string) (TLP, error) {
	for rank := range tlps {
		if tlps[rank].text == s {
			return TLP(rank), nil
		}
	}
	return 0, fmt.Errorf("TLP %s: want clear, green, amber, amber+strict or red", excerpt(s))
}

// String returns the rank as ParseTLP reads it.
func (t TLP) String() string {
	if int(t) >= len(tlps) {
		return fmt.Sprintf("TLP(%d)", uint8(t))
	}
	return tlps[t].text
}

// Marking returns the id of the marking-definition of TLP 2.0 for the rank, ""
// for a number that is none.
func (t TLP) Marking() ID {
	if int(t) >= len(tlps) {
		return ""
	}
	return tlps[t].id
}

// MarkingRank returns the rank of a predefined marking, of TLP 1.0 or 2.0, and
// whether id is one, in whatever case its UUID is spelled (RFC 4122 §3): RED in
// upper case is no unknown marking. Any other id says nothing of a rank.
func MarkingRank(id ID) (TLP, bool) {
	if id == "" {
		return 0, false
	}
	for rank, tlp := range tlps {
		if sameID(id, tlp.id) || sameID(id, tlp.id1) {
			return TLP(rank), true
		}
	}
	return 0, false
}

func sameID(a, b ID) bool { return len(a) == len(b) && strings.EqualFold(string(a), string(b)) }

// PredefinedMarking returns the marking-definition that is published under the
// id, and whether it is one of TLP 1.0 or 2.0. No other content may go under
// that id: see SameContent (MRK-04, MRK-05).
func PredefinedMarking(id ID) (raw []byte, ok bool) {
	rank, ok := MarkingRank(id)
	if !ok {
		return nil, false
	}
	text := rank.String()
	if id = ID(strings.ToLower(string(id))); id == rank.Marking() {
		return fmt.Appendf(nil, `{"type":"marking-definition","spec_version":"2.1","id":%q,`+
			`"created":"2022-10-01T00:00:00.000Z","name":%q,"extensions":{"extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d":`+
			`{"extension_type":"property-extension","tlp_2_0":%q}}}`, id, "TLP:"+strings.ToUpper(text), text), true
	}
	if rank == Clear {
		text = "white"
	}
	return fmt.Appendf(nil, `{"type":"marking-definition","spec_version":"2.1","id":%q,"created":"2017-01-20T00:00:00.000Z",`+
		`"definition_type":"tlp","name":%q,"definition":{"tlp":%q}}`, id, "TLP:"+strings.ToUpper(text), text), true
}
