package collections_test

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"

	"accord/collections"
	"accord/stix"

	"github.com/google/uuid"
)

// smallFile has only what is required.
const smallFile = `agreement: us-cn
title: {en: Cyber cooperation}
parties:
  - {id: cert-us, name: {en: US}, territory: US, clearance: amber}
  - {id: cert-cn, name: {zh: CN}, territory: CN, clearance: green}
collections:
  - alias: from-cn
    title: {en: From CN}
    ceiling: amber
    grants: {cert-us: [read, write], cert-cn: [read]}
  - {alias: from-us, title: {en: From US}, ceiling: clear, grants: {cert-cn: [read]}}
`

// edit replaces the first old in src, which must be there.
func edit(t *testing.T, src, old, new string) string {
	t.Helper()
	if !strings.Contains(src, old) {
		t.Fatalf("the file has no %q to replace", old)
	}
	return strings.Replace(src, old, new, 1)
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	src, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return src
}

// The file of the design, read to its last word.
func TestParseAgreement(t *testing.T) {
	src := readFile(t, "testdata/us-cn.yaml")
	got, err := collections.ParseAgreement(src, collections.SchemaFiles{})
	if err != nil {
		t.Fatal(err)
	}
	want := &collections.Agreement{
		ID:                 "us-cn",
		Title:              collections.Text{{"en", "Cyber cooperation, US and CN"}, {"zh", "中美网络合作"}},
		Description:        collections.Text{{"en", "Timely answers to requests for assistance"}, {"zh", "及时回应协助请求"}},
		RequiresSignatures: []string{"none"},
		Parties: []collections.Party{{
			ID: "cert-us", Name: collections.Text{{"en", "National CERT, US"}, {"zh", "美国国家应急中心"}},
			Territory: "US", Units: []string{"cert", "doj"},
			Identity: "identity--3d2f8a0e-6a4e-4f8e-9a5b-0d6c1f6f2b11", Clearance: stix.Amber,
			Contacts: []collections.Contact{
				{ID: "duty", Role: "hotline", Name: "Duty officer", Email: "duty@cert.example", Phone: "+1 202 555 0100",
					Webhook: "https://hooks.cert.example/accord", Languages: []string{"en", "zh"}, TimeZone: "America/New_York"},
				{ID: "head", Role: "hotline", Name: "Head of operations", Email: "head@cert.example", Phone: "+1 202 555 0101"},
			},
			Issuers:     []collections.Issuer{{Iss: "https://id.cert.example", JWKSURL: "https://id.cert.example/keys"}},
			SigningKeys: []string{"cert-us+1a2b3c4d+AQ=="},
		}, {
			ID: "cert-cn", Name: collections.Text{{"en", "National CERT, CN"}, {"zh", "国家互联网应急中心"}},
			Territory: "CN", Clearance: stix.AmberStrict,
		}},
		Collections: []collections.Collection{{
			ID: uuid.MustParse("6f3f5a51-0000-4000-8000-000000000001"), Alias: "activity-from-cn",
			Title:  collections.Text{{"en", "Malicious activity coming from CN"}, {"zh", "来自中国的恶意活动"}},
			Origin: []string{"CN"}, Purpose: "indicators", Ceiling: stix.Amber, Profile: "strict", STIXVersions: []string{"2.1", "2.0"},
			Grants: map[string][]collections.Right{"cert-us": {"read", "write"}, "cert-cn": {"read"}},
		}, {
			Alias: "activity-from-us",
			Title: collections.Text{{"en", "Malicious activity coming from US"}, {"zh", "来自美国的恶意活动"}},
			// profile, purpose and stix_versions are the defaults
			Origin: []string{"US"}, Purpose: "indicators", Ceiling: stix.Green, Profile: "standard", STIXVersions: []string{"2.1"},
			Grants: map[string][]collections.Right{"cert-cn": {"read", "write", "curate"}, "cert-us": {"read"}},
		}},
		Commitments: []collections.Commitment{{ID: "ip-theft", Text: collections.Text{
			{"en", "No state conducts or knowingly supports cyber theft of intellectual property"}, {"zh", "不从事网络窃取知识产权"}}}},
		Cooperation: &collections.Cooperation{
			Pairs:           [][2]string{{"cert-cn", "cert-us"}}, // sorted
			RequestRequires: []string{"legal_basis"}, TwoOfficers: []string{"decline"},
			Acknowledge: map[string]time.Duration{"routine": 72 * time.Hour, "urgent": 24 * time.Hour, "emergency": 2 * time.Hour},
			Respond:     map[string]time.Duration{"routine": 30 * 24 * time.Hour, "urgent": 7 * 24 * time.Hour, "emergency": 24 * time.Hour},
			Hotline: &collections.Hotline{
				AcknowledgeWithin: 30 * time.Minute,
				Ladder: []collections.Step{{Contact: "duty", Via: []string{"webhook", "email"}},
					{Contact: "head", After: 10 * time.Minute, Via: []string{"email"}}},
				TestEvery: 7 * 24 * time.Hour,
			},
			Dialogue: &collections.Dialogue{First: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), Every: "6 months"},
		},
		Source: src,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("ParseAgreement = %+v\nwant %+v", got, want)
	}
}

func TestParseAgreementAccepts(t *testing.T) {
	for _, tc := range []struct{ name, old, new string }{
		{"only what is required", "agreement:", "agreement:"},
		{"the country NO is text", "territory: CN", "territory: NO"},
		{"2.1 without quotes", "ceiling: amber", "ceiling: amber\n    stix_versions: [2.1]"},
		{"pairs all, nothing more", "collections:", "cooperation: {pairs: all}\ncollections:"},
		{"signatures of some", "title:", "requires_signatures: [cert-us]\ntitle:"}, // parties stand further down
		{"comments", "parties:", "# 说明\nparties: # 缔约方"},
		{"a grant to nobody", "grants: {cert-cn: [read]}", "grants: {}"},
		{"an unknown but well-formed language", "{en: US}", "{en: US, xyz-Latn: US}"},
		{"an anchor that nobody uses", "{en: US}", "&name {en: US}"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			src := edit(t, smallFile, tc.old, tc.new)
			if _, err := collections.ParseAgreement([]byte(src), collections.SchemaFiles{}); err != nil {
				t.Errorf("%s\nis refused: %v", src, err)
			}
		})
	}
}

// P10: every refusal names line, key, rule and what is allowed.
func TestParseAgreementRefuses(t *testing.T) {
	party := func(more string) string { return "territory: US, clearance: amber, " + more + "}" }
	const usEnd = "territory: US, clearance: amber}"
	contact := func(more string) string { return party("contacts: [{id: duty, " + more + "}]") }
	cooperation := func(more string) string { return "cooperation: {" + more + "}\ncollections:" }

	for _, tc := range []struct {
		name, old, new string
		want           []string // beginnings of the errors
	}{
		{"unknown key", "title: {en: C", "titel: x\ntitle: {en: C", []string{
			`line 2: titel: the key "titel" is not known here; allowed are agreement, title, description, parties,`}},
		{"unknown key in a party", "clearance: green", "clearance: green, tlp: red", []string{
			`line 5: parties[1].tlp: the key "tlp" is not known here; allowed are id, name, territory, units,`}},
		{"duplicate key", "    ceiling: amber", "    ceiling: amber\n    ceiling: red", []string{
			`line 10: collections[0].ceiling: the key "ceiling" is there twice; it stands on line 9 already`}},
		{"merge key", "    ceiling: amber", "    <<: {ceiling: red}", []string{
			`line 7: collections[0]: the key "ceiling" is missing`, `line 9: collections[0].<<: the key "<<" is not known`}},
		{"missing key", "agreement: us-cn\n", "", []string{`line 1: the key "agreement" is missing`}},
		{"missing keys of a party", "name: {zh: CN}, territory: CN, ", "", []string{
			`line 5: parties[1]: the key "name" is missing`, `line 5: parties[1]: the key "territory" is missing`}},
		{"no value", "agreement: us-cn", "agreement:", []string{`line 1: agreement: there is no value; write one or leave the key out`}},
		{"empty text", "agreement: us-cn", `agreement: " "`, []string{`line 1: agreement: the text is empty`}},
		{"tag", "agreement: us-cn", "agreement: !!str us-cn", []string{`line 1: agreement: the tag !!str is not read here`}},
		{"control characters", "{en: US}", `{en: "U\0S"}`, []string{`line 4: parties[0].name.en: the text holds control characters`}},
		{"alias instead of a value", "    title: {en: From CN}", "    title: *t", []string{`line 8: the file is not one YAML document`}},
		{"list instead of a text", "agreement: us-cn", "agreement: [us-cn]", []string{`line 1: agreement: must be a text, not a list`}},
		{"text instead of a list", "[read]}\n  -", "read}\n  -", []string{
			`line 10: collections[0].grants.cert-cn: must be a list, not the text "read"`}},
		{"text instead of languages", "{en: US}", "US", []string{`line 4: parties[0].name: must be keys with values, not the text "US"`}},
		{"not YAML", "parties:", "parties: ]", []string{`line 3: the file is not one YAML document`}},
		{"two documents", "collections:", "---\ncollections:", []string{`line 1: the file is not one YAML document`}},

		{"agreement in upper case", "us-cn", "US-CN", []string{
			`line 1: agreement: "US-CN" is not allowed: write lower-case letters, digits and single dashes`}},
		{"agreement with a slash", "us-cn", "us/cn", []string{`line 1: agreement: "us/cn" is not allowed`}},
		{"agreement too long", "us-cn", strings.Repeat("a", 65), []string{`line 1: agreement: "aaa`}},
		{"reserved agreement", "us-cn", "all", []string{`line 1: agreement: "all" means something else to accord`}},
		{"text without language", "title: {en: Cyber cooperation}", "title: {}", []string{`line 2: title: a text has at least one language`}},
		{"bad language", "{en: US}", "{en_: US}", []string{`line 4: parties[0].name.en_: "en_" is no language tag`}},
		{"no parties", smallFile[strings.Index(smallFile, "parties:"):strings.Index(smallFile, "collections:")], "parties: []\n", []string{
			`line 3: parties: an agreement has at least one party`,
			`line 8: collections[0].grants.cert-us: "cert-us" is no party of this file`,
			`line 8: collections[0].grants.cert-cn: "cert-cn" is no party of this file`,
			`line 9: collections[1].grants.cert-cn: "cert-cn" is no party of this file`}},

		{"party twice", "id: cert-cn", "id: cert-us", []string{
			`line 5: parties[1].id: "cert-us" is there twice; it stands on line 4 already`,
			`line 10: collections[0].grants.cert-cn: "cert-cn" is no party of this file`,
			`line 11: collections[1].grants.cert-cn: "cert-cn" is no party of this file`}},
		{"clearance that does not exist", "clearance: green", "clearance: white", []string{
			`line 5: parties[1].clearance: "white" is not allowed: allowed are clear, green, amber, amber+strict, red`}},
		{"territory in lower case", "territory: CN", "territory: cn", []string{`line 5: parties[1].territory: "cn" is not allowed: write the two`}},
		{"identity of another type", usEnd, party("identity: indicator--3d2f8a0e-6a4e-4f8e-9a5b-0d6c1f6f2b11"), []string{
			`line 4: parties[0].identity: "indicator--3d2f8a0e-6a4e-4f8e-9a5b-0d6c1f6f2b11" is not allowed: write a STIX id`}},
		{"unit twice", usEnd, party("units: [cert, cert]"), []string{`line 4: parties[0].units[1]: "cert" is there twice`}},
		{"contact twice", usEnd, party("contacts: [{id: a}, {id: a}]"), []string{`line 4: parties[0].contacts[1].id: "a" is there twice`}},
		{"e-mail with a name", usEnd, contact(`email: "D <d@cert.example>"`), []string{
			`line 4: parties[0].contacts[0].email: "D <d@cert.example>" is not allowed`}},
		{"webhook without TLS", usEnd, contact(`webhook: "http://cert.example/"`), []string{
			`line 4: parties[0].contacts[0].webhook: "http://cert.example/" is not allowed: write an address that begins with https://`}},
		{"time zone that does not exist", usEnd, contact("time_zone: Mars/Olympus"), []string{
			`line 4: parties[0].contacts[0].time_zone: "Mars/Olympus" is not allowed`}},
		{"time zone of the machine", usEnd, contact("time_zone: Local"), []string{`line 4: parties[0].contacts[0].time_zone: "Local"`}},
		{"language of a contact", usEnd, contact("languages: [english-please]"), []string{
			`line 4: parties[0].contacts[0].languages[0]: "english-please" is not allowed: write a language tag`}},
		{"issuer with two sources", usEnd, party(`issuers: [{iss: a, jwks_url: "https://a.example", jwks_file: a.json}]`), []string{
			`line 4: parties[0].issuers[0]: an issuer has exactly one of jwks_url and jwks_file`}},
		{"issuer with none", usEnd, party(`issuers: [{iss: a}]`), []string{`line 4: parties[0].issuers[0]: an issuer has exactly one`}},
		{"issuer's keys without TLS", usEnd, party(`issuers: [{iss: a, jwks_url: "http://a.example"}]`), []string{
			`line 4: parties[0].issuers[0].jwks_url: "http://a.example" is not allowed`}},
		{"issuer's keys behind a password", usEnd, party(`issuers: [{iss: a, jwks_url: "https://u:p@a.example"}]`), []string{
			`line 4: parties[0].issuers[0].jwks_url: "https://u:p@a.example" is not allowed`}},
		{"issuer twice", usEnd, party(`issuers: [{iss: a, jwks_file: a}, {iss: a, jwks_file: b}]`), []string{
			`line 4: parties[0].issuers[1].iss: "a" is there twice`}},
		{"signatures of a stranger", "title:", "requires_signatures: [cert-eu]\ntitle:", []string{
			`line 2: requires_signatures[0]: "cert-eu" is not allowed: the file has no party of that id`}},
		{"signatures of some word", "title:", "requires_signatures: both\ntitle:", []string{
			`line 2: requires_signatures: "both" is not allowed: allowed are none, all`}},

		{"TX-COL-03: alias like a UUID", "alias: from-cn", "alias: 6f3f5a51-0000-4000-8000-000000000001", []string{
			`line 7: collections[0].alias: "6f3f5a51-0000-4000-8000-000000000001" looks like a UUID`}},
		{"alias of a requests collection", "alias: from-cn", "alias: requests-cn", []string{
			`line 7: collections[0].alias: "requests-cn" is not allowed: aliases that begin with requests-`}},
		{"alias twice", "alias: from-us", "alias: from-cn", []string{
			`line 11: collections[1].alias: "from-cn" is there twice; it stands on line 7 already`}},
		{"title twice", "{en: From US}", "{zh: From CN}", []string{
			`line 11: collections[1].title: "From CN" is there twice; it stands on line 8 already`}},
		{"id of version 1", "alias: from-cn", "alias: from-cn\n    id: 6f3f5a51-0000-1000-8000-000000000001", []string{
			`line 8: collections[0].id: "6f3f5a51-0000-1000-8000-000000000001" is not allowed: write a random UUID`}},
		{"id in upper case", "alias: from-cn", "alias: from-cn\n    id: 6F3F5A51-0000-4000-8000-000000000001", []string{
			`line 8: collections[0].id: "6F3F5A51-`}},
		{"id of the control log", "alias: from-cn", "alias: from-cn\n    id: 00000000-0000-4000-8000-000000000000", []string{
			`line 8: collections[0].id: "00000000-`}},
		{"ceiling that does not exist", "ceiling: amber", "ceiling: purple", []string{
			`line 9: collections[0].ceiling: "purple" is not allowed: allowed are clear,`}},
		{"profile", "ceiling: amber", "ceiling: amber\n    profile: lax", []string{
			`line 10: collections[0].profile: "lax" is not allowed: allowed are standard, strict, open`}},
		{"purpose", "ceiling: amber", "ceiling: amber\n    purpose: fun", []string{
			`line 10: collections[0].purpose: "fun" is not allowed: allowed are indicators, norms`}},
		{"STIX 1", "ceiling: amber", "ceiling: amber\n    stix_versions: ['1.2']", []string{
			`line 10: collections[0].stix_versions: "2.1" must be among`,
			`line 10: collections[0].stix_versions[0]: "1.2" is not allowed: allowed are 2.1, 2.0`}},
		{"only STIX 2.0", "ceiling: amber", "ceiling: amber\n    stix_versions: ['2.0']", []string{
			`line 10: collections[0].stix_versions: "2.1" must be among`}},
		{"origin", "ceiling: amber", "ceiling: amber\n    origin: [China]", []string{`line 10: collections[0].origin[0]: "China" is not allowed`}},
		{"grant to a stranger", "cert-cn: [read]}\n  -", "cert-eu: [read]}\n  -", []string{
			`line 10: collections[0].grants.cert-eu: "cert-eu" is no party of this file`}},
		{"unknown right", "[read, write]", "[read, delete]", []string{
			`line 10: collections[0].grants.cert-us[1]: "delete" is not allowed: allowed are read, write, curate`}},
		{"right twice", "[read, write]", "[read, read]", []string{`line 10: collections[0].grants.cert-us[1]: "read" is there twice`}},
		{"grant of nothing", "[read, write]", "[]", []string{`line 10: collections[0].grants.cert-us: a grant names at least one right`}},

		{"commitment twice", "collections:", "commitments: [{id: a, text: {en: A}}, {id: a, text: {en: B}}]\ncollections:", []string{
			`line 6: commitments[1].id: "a" is there twice`}},
		{"pairs of some word", "collections:", cooperation("pairs: some"), []string{`line 6: cooperation.pairs: "some" is not allowed: allowed are all`}},
		{"pair with a stranger", "collections:", cooperation("pairs: [[cert-us, cert-eu]]"), []string{
			`line 6: cooperation.pairs[0]: a pair names two parties`,
			`line 6: cooperation.pairs[0][1]: "cert-eu" is not allowed: the file has no party of that id`}},
		{"pair of one", "collections:", cooperation("pairs: [[cert-us]]"), []string{`line 6: cooperation.pairs[0]: a pair names two parties`}},
		{"pair twice", "collections:", cooperation("pairs: [[cert-us, cert-cn], [cert-cn, cert-us]]"), []string{
			`line 6: cooperation.pairs[1]: "cert-cn, cert-us" is there twice`}},
		{"requires what requests don't have", "collections:", cooperation("request_requires: [color]"), []string{
			`line 6: cooperation.request_requires[0]: "color" is not allowed: allowed are object_refs,`}},
		{"confirms what is no action", "collections:", cooperation("two_officers: [shout]"), []string{
			`line 6: cooperation.two_officers[0]: "shout" is not allowed: allowed are acknowledge,`}},
		{"urgency", "collections:", cooperation("respond_within: {soon: 1d}"), []string{
			`line 6: cooperation.respond_within.soon: the key "soon" is not known here; allowed are routine, urgent, emergency`}},
		{"duration of months", "collections:", cooperation("respond_within: {routine: 1M}"), []string{
			`line 6: cooperation.respond_within.routine: "1M" is no duration: write`}},
		{"duration of nothing", "collections:", cooperation("respond_within: {routine: 0h}"), []string{
			`line 6: cooperation.respond_within.routine: "0h" is no duration`}},
		{"duration without end", "collections:", cooperation("respond_within: {routine: 999999999999999999d}"), []string{
			`line 6: cooperation.respond_within.routine: "999999999999999999d" is no duration`}},
		{"ladder to nobody", "collections:", cooperation("hotline: {acknowledge_within: 30m, ladder: [{contact: duty, via: [email]}]}"), []string{
			`line 6: cooperation.hotline.ladder[0].contact: no party has a contact "duty"`}},
		{"ladder without steps", "collections:", cooperation("hotline: {acknowledge_within: 30m, ladder: []}"), []string{
			`line 6: cooperation.hotline.ladder: a ladder has at least one step`}},
		{"way that does not exist", "collections:", cooperation("hotline: {acknowledge_within: 30m, ladder: [{contact: duty, via: [pigeon]}]}"), []string{
			`line 6: cooperation.hotline.ladder[0].contact: no party`,
			`line 6: cooperation.hotline.ladder[0].via[0]: "pigeon" is not allowed: allowed are webhook, email`}},
		{"day that does not exist", "collections:", cooperation("dialogue: {first: 2026-02-30, every: 6 months}"), []string{
			`line 6: cooperation.dialogue.first: "2026-02-30" is no day`}},
		{"interval", "collections:", cooperation("dialogue: {first: 2026-12-01, every: now and then}"), []string{
			`line 6: cooperation.dialogue.every: "now and then" is not allowed: write an interval such as 6 months`}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			wantFaults(t, edit(t, smallFile, tc.old, tc.new), tc.want)
		})
	}
}

// wantFaults checks that src is refused with errors that begin so, and no others.
func wantFaults(t *testing.T, src string, want []string) {
	t.Helper()
	a, err := collections.ParseAgreement([]byte(src), collections.SchemaFiles{})
	if a != nil || err == nil {
		t.Fatalf("ParseAgreement = %v, %v; want errors\n%s", a, err, src)
	}
	faults := faultsOf(err)
	for i, fault := range faults {
		if e, ok := errors.AsType[*collections.Error](fault); !ok || e.Kind != collections.ErrInvalid {
			t.Errorf("%v is not an Error of ErrInvalid", fault)
		}
		if i >= len(want) || !strings.HasPrefix(fault.Error(), want[i]) {
			t.Errorf("fault %d = %v", i, fault)
		}
	}
	if len(faults) < len(want) {
		t.Errorf("only %d faults, want %q", len(faults), want)
	}
}

// faultsOf returns the errors that err joins, or err itself.
func faultsOf(err error) []error {
	if _, one := err.(*collections.Error); one {
		return []error{err}
	}
	return err.(interface{ Unwrap() []error }).Unwrap()
}

// What the small file can't show.
func TestParseAgreementRefusesMore(t *testing.T) {
	sample := string(readFile(t, "testdata/us-cn.yaml"))
	const id = "6f3f5a51-0000-4000-8000-000000000001"
	for _, tc := range []struct {
		name, src string
		want      []string
	}{
		{"empty", "", []string{"line 1: the file "}},
		{"only a comment", "# nothing\n", []string{"line 1: the file "}},
		{"a list", "- a\n", []string{"line 1: must be keys with values, not a list"}},
		{"not UTF-8", "agreement: \xff\n", []string{"line 1: the file is not one YAML document"}},
		{"too large", smallFile + strings.Repeat("# x\n", 300_000), []string{"the file has "}},
		{"collection id twice", edit(t, sample, "{alias: activity-from-us,", "{alias: activity-from-us, id: "+id+","), []string{
			`line 29: collections[1].id: "` + id + `" is there twice; it stands on line 21 already`}},
		{"identity twice", edit(t, sample, "{id: cert-cn,", "{id: cert-cn, identity: identity--3d2f8a0e-6a4e-4f8e-9a5b-0d6c1f6f2b11,"), []string{
			`line 18: parties[1].identity: "identity--3d2f8a0e-6a4e-4f8e-9a5b-0d6c1f6f2b11" is there twice; it stands on line 10`}},
		{"one iss of two parties", edit(t, sample, "territory: CN,", `territory: CN, issuers: [{iss: "https://id.cert.example", jwks_file: a}],`), []string{
			`line 18: parties[1].issuers[0].iss: "https://id.cert.example" is there twice; it stands on line 16`}},
		{"ladder contact that one party lacks", edit(t, sample, "territory: CN,", "territory: CN, contacts: [{id: duty, email: duty@cn.example}],"), []string{
			`line 40: cooperation.hotline.ladder[1].contact: the party "cert-cn" has no contact "head"`}},
		{"ladder contact without address", edit(t, sample, "email: head@cert.example, ", ""), []string{
			`line 40: cooperation.hotline.ladder[1].contact: the contact "head" of the party "cert-us" has no address for ["email"]`}},
		{"all faults at once, in order", edit(t, edit(t, smallFile, "clearance: green", "clearance: blue"), "cert-us: [read, write]", "cert-eu: [own]"), []string{
			`line 5: parties[1].clearance`, `line 10: collections[0].grants.cert-eu: `, `line 10: collections[0].grants.cert-eu[0]`}},
	} {
		t.Run(tc.name, func(t *testing.T) { wantFaults(t, tc.src, tc.want) })
	}
}

// P10: hostile files end soon and in a bounded answer.
func TestParseAgreementBounds(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for c := 'b'; c < 'm'; c++ {
		bomb += fmt.Sprintf("%c: &%c [%s]\n", c, c, strings.TrimSuffix(strings.Repeat(fmt.Sprintf("*%c,", c-1), 9), ","))
	}
	for name, src := range map[string]string{
		"aliases of aliases": bomb,
		"deep flow":          strings.Repeat("[", 500_000),
		"deep blocks":        strings.Repeat("- ", 500_000),
		"many faults":        strings.Repeat("- x\n", 250_000),
		"many unknown keys":  manyKeys(),
	} {
		t.Run(name, func(t *testing.T) {
			began := time.Now()
			_, err := collections.ParseAgreement([]byte(src), collections.SchemaFiles{})
			if !errors.Is(err, collections.ErrInvalid) || len(err.Error()) > 64<<10 {
				t.Errorf("error of %d bytes, kind ErrInvalid %v", len(fmt.Sprint(err)), errors.Is(err, collections.ErrInvalid))
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("took %v", took)
			}
		})
	}
}

func manyKeys() string {
	var b bytes.Buffer
	for i := range 50_000 {
		fmt.Fprintf(&b, "key-%d: x\n", i)
	}
	return b.String()
}

// What is accepted has only well-formed ids and known parties, and is read
// again the same.
func FuzzParseAgreement(f *testing.F) {
	f.Add([]byte(smallFile))
	f.Add(readFile(f, "testdata/us-cn.yaml"))
	f.Add([]byte("agreement: &a x\ntitle: {<<: *a}\n"))
	f.Add([]byte(`{agreement: a, title: {en: t}, collections: [{alias: c, title: {en: t}, ceiling: red, grants: {p: [read]}}],
parties: [{id: p, name: {en: n}, territory: US, clearance: red}]}`))
	f.Fuzz(func(t *testing.T, src []byte) {
		a, err := collections.ParseAgreement(src, collections.SchemaFiles{})
		if err != nil {
			if a != nil || !errors.Is(err, collections.ErrInvalid) {
				t.Fatalf("ParseAgreement = %v, %v", a, err)
			}
			return
		}
		again, err := collections.ParseAgreement(src, collections.SchemaFiles{})
		if err != nil || !reflect.DeepEqual(a, again) {
			t.Fatalf("read twice: %+v, %+v, %v", a, again, err)
		}
		for _, c := range a.Collections {
			scope := "read:" + a.ID + "/" + c.Alias
			if _, err := collections.ParseScopes(scope); err != nil {
				t.Errorf("no scope names the collection: %v", err)
			}
			for party := range c.Grants {
				if a.Party(party) == nil {
					t.Errorf("collection %q grants to %q, which is no party", c.Alias, party)
				}
			}
		}
	})
}
