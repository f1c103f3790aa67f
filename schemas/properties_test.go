package schemas

import (
	"slices"
	"strings"
	"testing"
)

// STIX 2.0 has no confidence, so that there it may be anything.
func TestConfidenceInSTIX20(t *testing.T) {
	if got := found(t, string(change("2.0", `"confidence":101`)), nil); len(got) > 0 {
		t.Errorf("found %q", got)
	}
}

// A name that ends in a suffix is compared with its neighbours, wherever in the
// object it stands, also in a list that the schema sees in portions.
func TestSuffixesInside(t *testing.T) {
	many := strings.Repeat(`{"source_name":"a","external_id":"1"},`, 2*portionSize)
	for _, tc := range []struct {
		name, class, change string
		want                []string
	}{
		{"alone", "indicator", `"external_references":[{"source_name":"a","external_id":"1","x_a_enc":"UTF-8"}]`,
			[]string{"CUS-10@/external_references/0/x_a_enc", "NAM-04@/external_references/0/x_a_enc"}},
		{"beside", "indicator", `"external_references":[{"source_name":"a","external_id":"1","x_a":"b","x_a_enc":"UTF-8"}]`,
			[]string{"CUS-10@/external_references/0/x_a"}},
		{"a wrong name promises nothing", "indicator", `"X_a_hex":"?"`, []string{"NAM-02@/X_a_hex!"}},
		{"in the second portion", "indicator", `"external_references":[` + many + `{"source_name":"a","external_id":"1","x_a_hex":"?"}]`,
			[]string{"CUS-10@/external_references/8000/x_a_hex", "NAM-03@/external_references/8000/x_a_hex"}},
		{"in a container", "observed-data", `"objects":{"0":{"type":"file","name":"a","extensions":{"ntfs-ext":{"sid":"1","x_a_ref":"1"}}}}`,
			[]string{"CUS-10@/objects/0/extensions/ntfs-ext/x_a_ref", "REF-07@/objects/0/extensions/ntfs-ext/x_a_ref"}},
		{"null in a container", "observed-data", `"objects":{"0":{"type":"file","name":"a","x_a_ref":null,"x_a_refs":[null]}}`,
			[]string{"CUS-10@/objects/0/x_a_ref", "GEN-03@/objects/0/x_a_ref!"}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := found(t, string(change(tc.class, tc.change)), nil); !slices.Equal(got, tc.want) {
				t.Errorf("found %q, want %q", got, tc.want)
			}
		})
	}
}
