package lift

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"accord/stix"
)

const (
	head      = `"created":"2018-01-02T03:04:05.678Z","modified":"2018-01-02T03:04:05.678Z"`
	indicator = `"id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",` + head
	observed  = `"id":"observed-data--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",` + head
)

func TestObject(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{ // want: one object a line; "" where in stays
		{"an indicator", `{"type":"indicator",` + indicator + `,"labels":["benign"],"pattern":"[a:b = 1]","valid_from":"2018-01-02T03:04:05Z"}`,
			`{"type":"indicator","spec_version":"2.1",` + indicator + `,"indicator_types":["benign"],"pattern":"[a:b = 1]","pattern_type":"stix","pattern_version":"2.1","valid_from":"2018-01-02T03:04:05Z"}`},
		{"a pattern of another language stays what it is", `{"type":"indicator","pattern":"alert","pattern_type":"snort"}`,
			`{"type":"indicator","spec_version":"2.1","pattern":"alert","pattern_type":"snort"}`},
		{"timestamps in qualifiers", `{"type":"indicator","pattern":"[a:b = 'START'] START '2018-01-02T03:04:05Z' STOP '2018-01-02T03:04:06Z'"}`,
			`{"type":"indicator","spec_version":"2.1","pattern":"[a:b = 'START'] START t'2018-01-02T03:04:05Z' STOP t'2018-01-02T03:04:06Z'","pattern_type":"stix","pattern_version":"2.1"}`},
		{"tags stay labels", `{"type":"indicator","labels":["benign","misp:type=\"url\""],"pattern_type":"x"}`,
			`{"type":"indicator","spec_version":"2.1","indicator_types":["benign"],"labels":["misp:type=\"url\""],"pattern_type":"x"}`},
		{"nothing but tags", `{"type":"indicator","labels":["a:b"],"pattern_type":"x","granular_markings":[{"selectors":["labels.[0]"]}]}`,
			`{"type":"indicator","spec_version":"2.1","labels":["a:b"],"pattern_type":"x","granular_markings":[{"selectors":["labels.[0]"]}]}`},
		{"malware", `{"type":"malware","name":"m","labels":["trojan","bot"]}`, `{"type":"malware","spec_version":"2.1","name":"m","is_family":true,"malware_types":["trojan","bot"]}`},
		{"malware that says whether it is a family", `{"type":"malware","name":"m","is_family":false}`, `{"type":"malware","spec_version":"2.1","name":"m","is_family":false}`},
		{"a label that repeats the type", `{"type":"malware","labels":["malware"],"name":"m"}`, `{"type":"malware","spec_version":"2.1","name":"m","is_family":true}`},
		{"likewise of a tool", `{"type":"tool","labels":["tool"]}`, `{"type":"tool","spec_version":"2.1"}`},
		{"a tool", `{"type":"tool","labels":["exploitation"]}`, `{"type":"tool","spec_version":"2.1","tool_types":["exploitation"]}`},
		{"a threat actor", `{"type":"threat-actor","labels":["criminal"]}`, `{"type":"threat-actor","spec_version":"2.1","threat_actor_types":["criminal"]}`},
		{"an identity", `{"type":"identity","labels":["CEO"]}`, `{"type":"identity","spec_version":"2.1","roles":["CEO"]}`},
		{"a report", `{"type":"report","labels":["malware"]}`, `{"type":"report","spec_version":"2.1","report_types":["malware"]}`},
		{"labels of other types stay", `{"type":"campaign","labels":["malware"]}`, `{"type":"campaign","spec_version":"2.1","labels":["malware"]}`},
		{"what says its types already", `{"type":"report","labels":["a"],"report_types":["b"]}`, `{"type":"report","spec_version":"2.1","labels":["a"],"report_types":["b"]}`},
		{"labels that are none", `{"type":"report","labels":"a"}`, `{"type":"report","spec_version":"2.1","labels":"a"}`},
		{"a marking follows its property", `{"type":"tool","labels":["a","b"],"granular_markings":[{"marking_ref":"m","selectors":["name","labels.[1]"]}]}`,
			`{"type":"tool","spec_version":"2.1","tool_types":["a","b"],"granular_markings":[{"marking_ref":"m","selectors":["name","tool_types.[1]"]}]}`},
		{"spelling stays", "{ \"type\" : \"x-a\",\n \"created\": \"2018\", \"x\" : [ 1.0, \"\\u00e9\" ] }", "{\"type\":\"x-a\",\"spec_version\":\"2.1\",\"created\":\"2018\",\"x\":[ 1.0, \"\\u00e9\" ]}"},
		{"an object that says 2.0 itself", `{"type":"tool","spec_version":"2.0"}`, `{"type":"tool","spec_version":"2.1"}`},
		{"a TLP marking gets its name", `{"type":"marking-definition","definition_type":"tlp","definition":{"tlp":"red"}}`,
			`{"type":"marking-definition","spec_version":"2.1","definition_type":"tlp","name":"TLP:RED","definition":{"tlp":"red"}}`},
		{"another marking does not", `{"type":"marking-definition","definition_type":"statement","definition":{"statement":"s"}}`,
			`{"type":"marking-definition","spec_version":"2.1","definition_type":"statement","definition":{"statement":"s"}}`},

		{"observed data", `{"type":"observed-data",` + observed + `,"object_marking_refs":["m"],"objects":{
				"0":{"type":"domain-name","value":"h.example","resolves_to_refs":["1"]},"1":{"type":"ipv4-addr","value":"198.51.100.3"},"2":{"type":"ipv4-addr","value":"198.51.100.3"}}}`,
			`{"type":"domain-name","spec_version":"2.1","id":"domain-name--82930761-7558-51fb-8e7a-0d9df3b9d9db","value":"h.example","resolves_to_refs":["ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"],"object_marking_refs":["m"]}
{"type":"ipv4-addr","spec_version":"2.1","id":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4","value":"198.51.100.3","object_marking_refs":["m"]}
{"type":"observed-data","spec_version":"2.1",` + observed + `,"object_marking_refs":["m"],"object_refs":["domain-name--82930761-7558-51fb-8e7a-0d9df3b9d9db","ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4"]}`},
		{"an id that depends on another", `{"type":"observed-data","objects":{"b":{"type":"email-message","from_ref":"a","subject":"s","to_refs":["a"]},"a":{"type":"email-addr","value":"john@example.com"}}}`,
			`{"type":"email-message","spec_version":"2.1","id":"email-message--MADE","from_ref":"email-addr--7165e2a9-671f-585d-b1e1-ca59c671d934","subject":"s","to_refs":["email-addr--7165e2a9-671f-585d-b1e1-ca59c671d934"]}
{"type":"email-addr","spec_version":"2.1","id":"email-addr--7165e2a9-671f-585d-b1e1-ca59c671d934","value":"john@example.com"}
{"type":"observed-data","spec_version":"2.1","object_refs":["email-message--MADE","email-addr--7165e2a9-671f-585d-b1e1-ca59c671d934"]}`},
		{"names and values that changed", `{"type":"observed-data","objects":{"0":{"type":"process","pid":1,"created":"2018-01-02T03:04:05Z","binary_ref":"1","environment_variables":{"a_ref":"9"}},
				"1":{"type":"file","name":"f","modified":"2018-01-02T03:04:05Z","hashes":{"ssdeep":"3::"}},
				"2":{"type":"network-traffic","protocols":["tcp"],"extensions":{"http-request-ext":{"request_header":{"Accept":"x"},"message_body_data_ref":"1"}}}}}`,
			`{"type":"process","spec_version":"2.1","id":"process--MADE","pid":1,"created_time":"2018-01-02T03:04:05Z","image_ref":"file--MADE","environment_variables":{"a_ref":"9"}}
{"type":"file","spec_version":"2.1","id":"file--MADE","name":"f","mtime":"2018-01-02T03:04:05Z","hashes":{"SSDEEP":"3::"}}
{"type":"network-traffic","spec_version":"2.1","id":"network-traffic--MADE","protocols":["tcp"],"extensions":{"http-request-ext":{"request_header":{"Accept":["x"]},"message_body_data_ref":"file--MADE"}}}
{"type":"observed-data","spec_version":"2.1","object_refs":["process--MADE","file--MADE","network-traffic--MADE"]}`},
		{"observed data with references already", `{"type":"observed-data","object_refs":["file--x"]}`, `{"type":"observed-data","spec_version":"2.1","object_refs":["file--x"]}`},

		{"STIX 2.1", `{"type":"tool","spec_version":"2.1","labels":["tool"]}`, ""},
		{"an observable", `{"type":"file","name":"f"}`, ""},
		{"a bundle", `{"type":"bundle","spec_version":"2.0"}`, ""},
		{"no type", `{"labels":["tool"]}`, ""},
		{"no object", `[1]`, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			objects, err := Object([]byte(tc.in))
			if got := madeUp(string(bytes.Join(objects, []byte("\n"))), tc.want); err != nil || got != tc.want {
				t.Errorf("Object(%s) =\n%s\n%v; want\n%s", tc.in, got, err, tc.want)
			}
		})
	}
}

// madeUp puts MADE in the place of each UUID of text for which want has it.
func madeUp(text, want string) string {
	for _, typ := range []string{"email-message", "process", "file", "network-traffic"} {
		if !strings.Contains(want, typ+"--MADE") {
			continue
		}
		_, rest, _ := strings.Cut(text, `"`+typ+"--")
		if id, _, ok := strings.Cut(rest, `"`); ok {
			text = strings.ReplaceAll(text, typ+"--"+id, typ+"--MADE")
		}
	}
	return text
}

func TestObjectSaysWhatCannotBeLifted(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"broken", `{"type":"tool","a":1,"a":2}`, "two members"},
		{"a reference to nothing", `{"type":"observed-data","objects":{"0":{"type":"file","name":"f","parent_directory_ref":"7"}}}`, `/objects/0: it refers to "7"`},
		{"a circle", `{"type":"observed-data","objects":{"0":{"type":"file","name":"f","parent_directory_ref":"0"}}}`, "depend on itself"},
		{"no dictionary", `{"type":"observed-data","objects":[]}`, "dictionary"},
		{"both kinds of observables", `{"type":"observed-data","object_refs":["file--x"],"objects":{"0":{"type":"file","name":"f"}}}`, "/object_refs"},
		{"an empty one", `{"type":"observed-data","objects":{}}`, "dictionary"},
		{"an observable without type", `{"type":"observed-data","objects":{"0":{"name":"f"}}}`, "/objects/0"},
		{"a marking that would be lost", `{"type":"observed-data","objects":{"0":{"type":"file","name":"f"}},"granular_markings":[{"selectors":["objects.0.name"]}]}`, "/granular_markings/0"},
		{"a marking of labels that part", `{"type":"tool","labels":["a","b:c"],"granular_markings":[{"selectors":["labels"]}]}`, "/granular_markings/0"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if objects, err := Object([]byte(tc.in)); err == nil || !strings.Contains(err.Error(), tc.want) || objects != nil {
				t.Errorf("Object(%s) = %s, %v; want an error that says %q", tc.in, objects, err, tc.want)
			}
		})
	}
}

// What is lifted is STIX 2.1 and so is not lifted again, lifts to the same bytes
// each time, and is good JSON.
func FuzzObject(f *testing.F) {
	for _, seed := range []string{
		`{"type":"indicator",` + indicator + `,"labels":["benign","a:b"],"pattern":"[a:b = 'x\\''] START '2018-01-02T03:04:05Z' STOP 'y"}`,
		`{"type":"observed-data",` + observed + `,"objects":{"0":{"type":"file","name":"f","parent_directory_ref":"1","contains_refs":["0"]},"1":{"type":"directory","path":"/"},"2":{"type":"process"}}}`,
		`{"type":"tool","labels":["a"],"granular_markings":[{"selectors":["labels.[0]"]}]}`,
		`{"type":"marking-definition","definition_type":"tlp","definition":{"tlp":"red"}}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		objects, err := Object(raw)
		again, _ := Object(raw)
		if err != nil && objects != nil || !bytes.Equal(bytes.Join(objects, nil), bytes.Join(again, nil)) {
			t.Errorf("Object(%q) = %q, %v, then %q", raw, objects, err, again)
		}
		for _, object := range objects {
			o, faults := stix.ReadObject(object, stix.Limits{})
			if more, _ := Object(object); o.Spec() != "2.1" || len(faults) > 0 || more != nil || !json.Valid(object) {
				t.Errorf("Object(%q) gives %q: %v", raw, object, faults)
			}
		}
	})
}
