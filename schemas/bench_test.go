package schemas

import (
	"testing"

	"accord/stix"
)

// indicator790 is an indicator of 790 bytes, the size that all figures of the
// project are given for.
var indicator790 = []byte(`{"type":"indicator","spec_version":"2.1","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",` +
	`"created_by_ref":"identity--f431f809-377b-45e0-aa1c-6a4751cae5ff","created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z",` +
	`"name":"Phishing site","description":"Seen in mail to customers of several banks; the page copies the login form.",` +
	`"indicator_types":["malicious-activity"],"pattern":"[domain-name:value = 'login.bank.example' OR url:value = 'https://login.bank.example/session']",` +
	`"pattern_type":"stix","pattern_version":"2.1","valid_from":"2026-01-02T03:04:05.678Z","labels":["phishing"],"confidence":85,` +
	`"object_marking_refs":["marking-definition--f88d31f6-486f-44da-b317-01333bde0b82"]}`)

// The whole of Validate, decoding included: below 25 µs on the machine of the
// design.
func BenchmarkValidate(b *testing.B) {
	o, _ := stix.ReadObject(indicator790, stix.DefaultLimits)
	v := New()
	b.SetBytes(int64(len(indicator790)))
	b.ReportAllocs()
	for b.Loop() {
		if verdict := v.Validate("standard", o); len(verdict.Findings) > 0 {
			b.Fatal(verdict)
		}
	}
}

// What a mistake in every property costs.
func BenchmarkValidateBad(b *testing.B) {
	o, _ := stix.ReadObject(change("indicator", `"labels":[1,2],"confidence":101,"lang":"en_US","revoked":1,"id":"x","created":"y","X":null`), stix.DefaultLimits)
	v := New()
	b.ReportAllocs()
	for b.Loop() {
		v.Validate("standard", o)
	}
}
