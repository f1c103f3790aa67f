package schemas

import (
	"slices"
	"strings"
	"testing"

	"accord/stix"
)

// A published TLP marking is right in all its spellings, and in those of STIX
// 2.0; with other content nothing but that is said of it.
func TestPublishedMarkings(t *testing.T) {
	for rank := stix.Clear; rank <= stix.Red; rank++ {
		for _, id := range []stix.ID{rank.Marking(), tlp1Marking(rank)} {
			if id == "" {
				continue // TLP 1.0 has no AMBER+STRICT
			}
			published, _ := stix.PredefinedMarking(id)
			if got := found(t, string(published), nil); len(got) > 0 {
				t.Errorf("%s: %q", published, got)
			}
			want := "MRK-05@!"
			if id != rank.Marking() {
				want = "MRK-04@!"
			}
			for _, member := range []string{`"x_acme_score":1`, `"definition_type":"copyright"`, `"modified":"2026-01-02T03:04:05.678Z"`, `"extensions":{"acme":{}}`, `"severity":1`} {
				other := strings.TrimSuffix(string(published), "}") + "," + member + "}"
				if strings.Count(other, strings.SplitAfter(member, ":")[0]) > 1 {
					continue // the published one has the property
				}
				if got := found(t, other, nil); !slices.Equal(got, []string{want}) {
					t.Errorf("%s: found %q, want %q", other, got, want)
				}
			}
		}
	}
}

// What differs in the notation of an instant does not differ, and one that is
// STIX 2.0 is just that.
func TestPublishedMarkingsAlmost(t *testing.T) {
	for id, rule := range map[stix.ID]string{tlp1Marking(stix.Clear): "MRK-04@!", stix.Clear.Marking(): "MRK-05@!"} {
		published, _ := stix.PredefinedMarking(id)
		for _, tc := range []struct{ from, to, want string }{
			{`:00.000Z"`, `:00.000000Z"`, ""},
			{`:00.000Z"`, `:00Z"`, "TSP-04@/created!"},
			{`:00.000Z"`, `:00.001Z"`, rule},
			{`"spec_version":"2.1",`, ``, "COM-02@/spec_version!"},
			{`"spec_version":"2.1"`, `"spec_version":"2.0"`, "COM-02@/spec_version!"},
		} {
			other := strings.Replace(string(published), tc.from, tc.to, 1)
			for _, profile := range []string{"standard", "open"} {
				v := judgeMember(Member{}, []byte(other), &judge{profile: profile, strict21: true}, nil).Verdict
				if profile == "open" && tc.want == "TSP-04@/created!" {
					tc.want = strings.TrimSuffix(tc.want, "!")
				}
				if got := strings.Join(said(v), " "); other == string(published) || got != tc.want {
					t.Errorf("%s: %s: found %s, want %s", profile, other, got, tc.want)
				}
			}
		}
	}
}

// tlp1Marking returns the id of the marking of TLP 1.0 for a rank, "" if there
// is none.
func tlp1Marking(rank stix.TLP) stix.ID {
	for _, id := range []stix.ID{
		"marking-definition--613f2e26-407d-48c7-9eca-b8e91df99dc9", "marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",
		"marking-definition--f88d31f6-486f-44da-b317-01333bde0b82", "marking-definition--5e57c739-391a-4eb3-b6be-7d15ca92d5ed",
	} {
		if r, ok := stix.MarkingRank(id); ok && r == rank {
			return id
		}
	}
	return ""
}

// STIX 2.0 has the same four, and their ids are reserved there too.
func TestMarkingsOfSTIX20(t *testing.T) {
	green := `{"type":"marking-definition","id":"marking-definition--34098fce-860f-48ae-8e50-ebd3cc5e41da",` +
		`"created":"2017-01-20T00:00:00.000Z","definition_type":"tlp","definition":{"tlp":"green"}}`
	for raw, want := range map[string][]string{
		green: {},
		strings.Replace(green, `"green"`, `"white"`, 1):                                                           {"MRK-04@!"},
		strings.Replace(green, "34098fce-860f-48ae-8e50-ebd3cc5e41da", "8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f", 1): {"MRK-04@/id!"},
	} {
		if got := found(t, raw, nil); !slices.Equal(got, want) {
			t.Errorf("%s: found %q, want %q", raw, got, want)
		}
	}
}
