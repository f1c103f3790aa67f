package stix

import (
	"strings"
	"testing"
)

func TestTLP(t *testing.T) {
	for want, text := range []string{"clear", "green", "amber", "amber+strict", "red"} {
		rank, err := ParseTLP(text)
		if err != nil || int(rank) != want || rank.String() != text {
			t.Errorf("ParseTLP(%q) = %d (%v), %v; want %d", text, rank, rank, err, want)
		}
		if got, ok := MarkingRank(rank.Marking()); !ok || got != rank {
			t.Errorf("MarkingRank(%q) = %v, %v; want %v", rank.Marking(), got, ok, rank)
		}
	}
	for _, text := range []string{"", "white", "CLEAR", "TLP:CLEAR", "amber strict"} {
		if rank, err := ParseTLP(text); err == nil {
			t.Errorf("ParseTLP(%q) = %v; want an error", text, rank)
		}
	}
	if none := Red + 1; none.Marking() != "" || none.String() != "TLP(5)" {
		t.Errorf("TLP(5) is %v with marking %q; want TLP(5) with none", none, none.Marking())
	}
}

// The published definitions: STIX 2.1 §7.2.1.4, and for TLP 2.0 the common
// object repository of the OASIS CTI committee.
var published = map[string]TLP{
	`{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9","created":"2017-01-20T00:00:00.000Z","definition_type":"tlp","name":"TLP:WHITE","definition":{"tlp":"white"}}`:                                                                                                Clear,
	`{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da","created":"2017-01-20T00:00:00.000Z","definition_type":"tlp","name":"TLP:GREEN","definition":{"tlp":"green"}}`:                                                                                                Green,
	`{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82","created":"2017-01-20T00:00:00.000Z","definition_type":"tlp","name":"TLP:AMBER","definition":{"tlp":"amber"}}`:                                                                                                Amber,
	`{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed","created":"2017-01-20T00:00:00.000Z","definition_type":"tlp","name":"TLP:RED","definition":{"tlp":"red"}}`:                                                                                                    Red,
	`{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--94868c89-83c2-464b-929b-a1a8aa3c8487","created":"2022-10-01T00:00:00.000Z","name":"TLP:CLEAR","extensions":{"extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d":{"extension_type":"property-extension","tlp_2_0":"clear"}}}`:               Clear,
	`{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb","created":"2022-10-01T00:00:00.000Z","name":"TLP:GREEN","extensions":{"extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d":{"extension_type":"property-extension","tlp_2_0":"green"}}}`:               Green,
	`{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421","created":"2022-10-01T00:00:00.000Z","name":"TLP:AMBER","extensions":{"extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d":{"extension_type":"property-extension","tlp_2_0":"amber"}}}`:               Amber,
	`{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--939a9414-2ddd-4d32-a0cd-375ea402b003","created":"2022-10-01T00:00:00.000Z","name":"TLP:AMBER+STRICT","extensions":{"extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d":{"extension_type":"property-extension","tlp_2_0":"amber+strict"}}}`: AmberStrict,
	`{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1","created":"2022-10-01T00:00:00.000Z","name":"TLP:RED","extensions":{"extension-definition--60a3c5c5-0d10-413e-aab3-9e08dde9e88d":{"extension_type":"property-extension","tlp_2_0":"red"}}}`:                   Red,
}

func TestPredefinedMarking(t *testing.T) { // MRK-04, MRK-05
	for text, want := range published {
		object, _ := ReadObject([]byte(text), DefaultLimits)
		if rank, ok := MarkingRank(object.ID); !ok || rank != want {
			t.Errorf("MarkingRank(%q) = %v, %v; want %v", object.ID, rank, ok, want)
		}
		raw, ok := PredefinedMarking(object.ID)
		if !ok || !SameContent(raw, []byte(text)) {
			t.Errorf("PredefinedMarking(%q) = %s, %v; want %s", object.ID, raw, ok, text)
		}
		lowered := strings.Replace(text, want.String(), "clear", 1)
		if want != Clear && SameContent(raw, []byte(lowered)) {
			t.Errorf("%s passes for the published %s", lowered, raw)
		}
	}
	for _, id := range []ID{"", "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ee"} {
		rank, ok := MarkingRank(id)
		raw, known := PredefinedMarking(id)
		if ok || known || raw != nil {
			t.Errorf("the marking %q has rank %v (%v) and content %s (%v); want none", id, rank, ok, raw, known)
		}
	}
}
