package server

import (
	"bytes"
	"encoding/json"
	"io"
	"math/rand/v2"
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
func wrongExamples(t *testing.T) (objects [][]byte) {
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

// P3: whatever a push accepts is read back byte for byte, the right example of
// every rule and the wrong ones that are let through, however they are written.
func TestAcceptedObjectsComeBack(t *testing.T) {
	s, token := startAPI(t)
	sent := map[string]bool{}
	var objects [][]byte
	random := rand.New(rand.NewPCG(1, 2))
	for _, raw := range append(wrongExamples(t), rightExamples()...) {
		raw = respelled(random, raw)
		sent[string(raw)] = true
		objects = append(objects, raw)
	}
	status := pushRaw(t, s, token, objects)
	_, page := v1Request{"GET", "/taxii2/us-cn/collections/shared/objects/?limit=10000&match%5Bversion%5D=all", token, "", "", ""}.do(t, s)
	came := 0
	for r := stix.NewReader(strings.NewReader(page), stix.Envelope, stix.Limits{}); ; came++ {
		raw, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil || !sent[string(raw)] {
			t.Fatalf("what came back was not sent: %s, %v", raw, err)
		}
	}
	stored := 0
	for _, d := range status.Successes {
		if !strings.HasPrefix(d.Message, "already there") {
			stored++
		}
	}
	if came != stored || came < 100 {
		t.Errorf("%d objects came back, %d were stored", came, stored)
	}
}

// rightExamples are those that are one object.
func rightExamples() (objects [][]byte) {
	for _, r := range schemas.Rules("standard", "en") {
		if e, _ := schemas.Explain(r.ID, "standard", "en"); strings.HasPrefix(string(e.Right), "{") {
			objects = append(objects, e.Right)
		}
	}
	return objects
}

// respelled is JSON in another spelling: blanks, line feeds and escapes.
func respelled(random *rand.Rand, raw []byte) []byte {
	var b bytes.Buffer
	if err := json.Indent(&b, raw, "", strings.Repeat(" ", random.IntN(4))); err != nil {
		panic(err) // the examples are JSON
	}
	text := b.String()
	if random.IntN(2) == 0 {
		text = strings.Replace(text, `"type"`, `"t\u0079pe"`, 1)
	}
	return []byte(strings.ReplaceAll(text, "\n", []string{"\n", " ", "\r\n\t"}[random.IntN(3)]))
}

// refusals are the messages of a push's failures.
func refusals(t *testing.T, s *running, token string, objects [][]byte) (messages []string) {
	for _, f := range pushRaw(t, s, token, objects).Failures {
		messages = append(messages, f.Message)
	}
	return messages
}

// pushRaw pushes objects as they are written.
func pushRaw(t *testing.T, s *running, token string, objects [][]byte) (status taxii.Status) {
	body := append([]byte(`{"objects":[`), bytes.Join(objects, []byte{','})...)
	body = append(body, "]}"...)
	res, text := v1Request{"POST", "/taxii2/us-cn/collections/shared/objects/", token, "application/taxii+json;version=2.1", "", string(body)}.do(t, s)
	if err := json.Unmarshal([]byte(text), &status); err != nil || res.StatusCode != http.StatusAccepted {
		t.Fatal(res.StatusCode, text, err)
	}
	return status
}
