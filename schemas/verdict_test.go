package schemas

import (
	"strings"
	"testing"
)

// P4: a finding names other places only where the same is to be said of them;
// what breaks the rule otherwise has a sentence of its own.
func TestSayings(t *testing.T) {
	s := newStream(t, "standard")
	for _, tc := range []struct{ name, typ, changes, rule, want string }{
		{"the same in two places", "indicator", `"labels":[1,"a",2]`, "TYP-16",
			"labels[0] is 1, a number; it must be a string; also at /labels/2"},
		{"members missing in one place", "campaign", `"id":"-","name":"-"`, "GEN-02",
			"id and name are missing; they are required here"},
		{"a member missing here and others there", "campaign", `"name":"-","external_references":[{"description":"a"},{"description":"b"}]`, "GEN-02",
			"name is missing; it is required here; at /external_references/0: source_name is missing; it is required here; also at /external_references/1"},
		{"two algorithms", "file", `"hashes":{"MD5":"a","SHA-256":"b"}`, "TYP-07",
			`MD5 is "a"; a hash of this name has 32 hexadecimal digits; at /hashes/SHA-256: SHA-256 is "b"; a hash of this name has 64 hexadecimal digits`},
		{"more than can be said", "indicator", `"x_a_ref":1,"x_b_bin":1,"x_c_hex":1,"x_d_refs":1,"x_e_enc":1,"x_f_ref":2`, "NAM-03",
			"x_a_ref is 1; the end of the name promises an identifier; also at /x_f_ref; at /x_b_bin: "},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for _, f := range streamFindings(t, s, change(tc.typ, tc.changes)) {
				if f.Rule == tc.rule {
					if !strings.HasPrefix(f.Message, tc.want) {
						t.Errorf("%s; want %s", f.Message, tc.want)
					}
					return
				}
			}
			t.Errorf("%s is not found", tc.rule)
		})
	}
}
