package schemas

import (
	"encoding/json"

	"accord/stix"
)

// base returns valid objects, one for each class.
func base(class string) map[string]any {
	objects := map[string]string{
		"indicator": `{"type":"indicator","spec_version":"2.1","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
			"created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z",
			"name":"Phishing site","description":"Login page of a bank, copied",
			"pattern":"[domain-name:value = 'login.bank.example']","pattern_type":"stix","valid_from":"2026-01-02T03:04:05Z"}`,
		"campaign": `{"type":"campaign","spec_version":"2.1","id":"campaign--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
			"created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z","name":"Night heron"}`,
		"relationship": `{"type":"relationship","spec_version":"2.1","id":"relationship--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
			"created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z","relationship_type":"indicates",
			"source_ref":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","target_ref":"malware--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"}`,
		"ipv4-addr": `{"type":"ipv4-addr","id":"ipv4-addr--28bb3599-77cd-5a82-a950-b5bc3caf07c4","value":"198.51.100.3"}`,
		"marking-definition": `{"type":"marking-definition","spec_version":"2.1","id":"marking-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
			"created":"2026-01-02T03:04:05.678Z","name":"Ask first","definition_type":"statement","definition":{"statement":"Ask first"}}`,
		"language-content": `{"type":"language-content","spec_version":"2.1","id":"language-content--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
			"created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z",
			"object_ref":"campaign--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","contents":{"de":{"name":"Nachtreiher"}}}`,
		"extension-definition": `{"type":"extension-definition","spec_version":"2.1","id":"extension-definition--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
			"created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z","created_by_ref":"identity--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
			"name":"Case files","description":"Case files of the registry","schema":"https://schema.example/","version":"1.0.0","extension_types":["new-sdo"]}`,
		"custom": `{"type":"x-thing","spec_version":"2.1","id":"x-thing--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
			"created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z","color":"red"}`,
		"report": `{"type":"report","spec_version":"2.1","id":"report--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
			"created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z","name":"Night heron in 2026","report_types":["campaign"],
			"published":"2026-01-02T03:04:05Z","object_refs":["campaign--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f"]}`,
		"observed-data": `{"type":"observed-data","spec_version":"2.1","id":"observed-data--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
			"created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z","first_observed":"2026-01-02T03:04:05Z",
			"last_observed":"2026-01-02T03:04:05Z","number_observed":1}`,
		"process":     `{"type":"process","id":"process--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f","pid":4711}`,
		"file":        `{"type":"file","id":"file--57956bd4-5cab-59c9-94c9-b8ad3e5a6e2b","name":"invoice.pdf"}`,
		"email-addr":  `{"type":"email-addr","id":"email-addr--57956bd4-5cab-59c9-94c9-b8ad3e5a6e2b"}`,
		"domain-name": `{"type":"domain-name","id":"domain-name--57956bd4-5cab-59c9-94c9-b8ad3e5a6e2b"}`,
		"url":         `{"type":"url","id":"url--57956bd4-5cab-59c9-94c9-b8ad3e5a6e2b"}`,
		"artifact":    `{"type":"artifact","id":"artifact--57956bd4-5cab-59c9-94c9-b8ad3e5a6e2b"}`,
		"2.0": `{"type":"indicator","id":"indicator--8e2e2d2b-17d4-4cbf-938f-98ee46b3cd3f",
			"created":"2026-01-02T03:04:05.678Z","modified":"2026-01-02T03:04:05.678Z","labels":["malicious-activity"],
			"pattern":"[domain-name:value = 'login.bank.example']","valid_from":"2026-01-02T03:04:05Z"}`,
	}
	var o map[string]any
	if err := json.Unmarshal([]byte(objects[class]), &o); err != nil {
		panic(class + ": " + err.Error())
	}
	return o
}

// change returns a base object with properties set, or removed where the value
// is the text "-".
func change(class, changes string) []byte {
	o := base(class)
	var c map[string]json.RawMessage
	if err := json.Unmarshal([]byte("{"+changes+"}"), &c); err != nil {
		panic(changes + ": " + err.Error())
	}
	for property, value := range c {
		if string(value) == `"-"` {
			delete(o, property)
		} else {
			o[property] = value
		}
	}
	raw, err := json.Marshal(o)
	if err != nil {
		panic(err)
	}
	return raw
}

func validate(profile string, raw []byte) stix.Verdict {
	o, _ := stix.ReadObject(raw, stix.DefaultLimits)
	return judgeOf(profile).Validate(o, nil)
}

// judgeOf returns the judge of a profile as collections have it.
func judgeOf(profile string) stix.Judge {
	judge, err := New().Judge(profile, nil)
	if err != nil {
		panic(err) // there are no schemas of an agreement that could be wrong
	}
	return judge
}

// said writes findings as "RULE@pointer", errors with a "!".
func said(v stix.Verdict) []string {
	var texts []string
	for _, f := range v.Findings {
		text := f.Rule + "@" + f.Pointer
		if f.Level == stix.LevelError {
			text += "!"
		}
		texts = append(texts, text)
	}
	return texts
}
