package server

import (
	"bytes"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"

	"accord/schemas"
	"accord/stix"
	"accord/taxii"
)

// P4: a push answers each refused object in the words of accord validate: for
// the wrong example of every rule, if it is one object.
func TestPushSaysWhatValidateSays(t *testing.T) {
	s, token := startAPI(t)
	objects := wrongExamples(t)
	var want []string
	judge, err := (&schemas.Validator{STIX21Only: true}).Judge("standard", nil)
	if err != nil {
		t.Fatal(err)
	}
	known := stix.Definitions{Judge: judge}
	for _, raw := range objects {
		known.Add(raw)
	}
	for _, raw := range objects {
		o, _ := stix.ReadObject(raw, stix.DefaultLimits)
		if v := judge.Validate(o, known.Definition); !v.Accepted {
			want = append(want, inOneLine(v.Findings))
		}
	}
	got := refusals(t, s, token, objects)
	// Some examples are versions of one object, which only a collection can tell.
	got = slices.DeleteFunc(got, func(message string) bool { return strings.HasPrefix(message, "VER-05: ") })
	if len(got) != len(want) || len(want) < 100 {
		t.Fatalf("%d refusals, want %d", len(got), len(want))
	}
	for i := range got {
		if got[i] != want[i] {
			t.Errorf("the push says  %s\nvalidate says %s", got[i], want[i])
		}
	}
}

// wrongExamples are those that are one JSON object.
func wrongExamples(t *testing.T) (objects []json.RawMessage) {
	for _, r := range schemas.Rules("standard", "en") {
		e, ok := schemas.Explain(r.ID, "standard", "en")
		if ok && json.Valid([]byte(e.Wrong)) && strings.HasPrefix(e.Wrong, "{") {
			var b bytes.Buffer
			if err := json.Compact(&b, []byte(e.Wrong)); err != nil {
				t.Fatal(err)
			}
			objects = append(objects, b.Bytes())
		}
	}
	return objects
}

// inOneLine writes errors as the status of a push does.
func inOneLine(findings []stix.Finding) string {
	var said []string
	for _, f := range findings {
		if f.Level == stix.LevelError {
			at := ""
			if f.Pointer != "" {
				at = " at " + f.Pointer
			}
			said = append(said, f.Rule+at+": "+f.Message)
		}
	}
	return strings.Join(said, "; ")
}

// refusals are the messages of a push's failures.
func refusals(t *testing.T, s *running, token string, objects []json.RawMessage) (messages []string) {
	body, err := json.Marshal(map[string]any{"objects": objects})
	if err != nil {
		t.Fatal(err)
	}
	res, text := v1Request{"POST", "/taxii2/us-cn/collections/shared/objects/", token, "application/taxii+json;version=2.1", "", string(body)}.do(t, s)
	var status taxii.Status
	if err := json.Unmarshal([]byte(text), &status); err != nil || res.StatusCode != http.StatusAccepted {
		t.Fatal(res.StatusCode, text, err)
	}
	for _, f := range status.Failures {
		messages = append(messages, f.Message)
	}
	return messages
}
