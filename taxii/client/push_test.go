package client

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
)

// objectList is an Objects of given JSON texts; the error ends it.
type objectList struct {
	objects []string
	err     error
}

func (l *objectList) Next() ([]byte, error) {
	if len(l.objects) == 0 {
		if l.err != nil {
			return nil, l.err
		}
		return nil, io.EOF
	}
	first := l.objects[0]
	l.objects = l.objects[1:]
	return []byte(first), nil
}

// takeAll serves pushes: every object whose id has a "bad" in it is refused.
func (s *fakeServer) takeAll(state string) {
	s.HandleFunc("POST "+objectsPath, func(w http.ResponseWriter, r *http.Request) {
		var body struct {
			Objects []struct {
				ID string `json:"id"`
			} `json:"objects"`
		}
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			w.WriteHeader(http.StatusUnprocessableEntity)
			return
		}
		res := status{ID: "s1", Status: state}
		for _, o := range body.Objects {
			if strings.Contains(o.ID, "bad") {
				res.FailureCount++
				res.Failures = append(res.Failures, Refusal{ID: o.ID, Version: "unknown", Message: "IDN-01 at /id"})
			} else {
				res.SuccessCount++
			}
		}
		w.WriteHeader(http.StatusAccepted)
		json.NewEncoder(w).Encode(res)
	})
}

func TestPushSplits(t *testing.T) {
	sized := func(n int) string { return `{"id":"` + strings.Repeat("x", n-9) + `"}` }
	for _, tc := range []struct {
		name    string
		objects []string
		size    int
		want    []int // objects in each envelope
	}{
		{"nothing", nil, 0, nil},
		{"one", []string{`{}`}, 0, []int{1}},
		{"by number", []string{`{}`, `{}`, `{}`, `{}`, `{}`}, 2, []int{2, 2, 1}},
		{"exactly max_content_length fits", []string{sized(93), sized(92)}, 0, []int{2}}, // 12 + 93 + 1 + 92 + 2 = 200
		{"a byte more does not", []string{sized(93), sized(93)}, 0, []int{1, 1}},
		{"one object of just that size", []string{sized(186), `{}`}, 0, []int{1, 1}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			s := newFakeServer()
			s.takeAll("complete")
			result, err := open(t, s).Push(t.Context(), &objectList{objects: slices.Clone(tc.objects)}, PushOptions{Envelope: tc.size})
			if err != nil || result.Objects != len(tc.objects) || result.Accepted != len(tc.objects) {
				t.Fatalf("got %+v, %v", result, err)
			}
			var got []int
			for _, body := range s.bodies {
				var e struct{ Objects []json.RawMessage }
				if err := json.Unmarshal(body, &e); err != nil || len(body) > 200 {
					t.Fatalf("body of %d bytes: %v", len(body), err)
				}
				got = append(got, len(e.Objects))
			}
			if !slices.Equal(got, tc.want) {
				t.Errorf("envelopes hold %v; want %v", got, tc.want)
			}
		})
	}
}

func TestPushNamesEachRefusedObject(t *testing.T) {
	s := newFakeServer()
	s.takeAll("complete")
	objects := &objectList{objects: []string{`{"id":"a"}`, `{"id":"bad-1"}`, `{"id":"huge","modified":"2026-01-02T03:04:05.000Z","x":"` + strings.Repeat("x", 200) + `"}`, `{"id":"bad-2"}`}}
	var steps []int
	var refusals []Refusal
	result, err := open(t, s).Push(t.Context(), objects, PushOptions{
		Refused:  func(r Refusal) { refusals = append(refusals, r) },
		Answered: func(r PushResult) error { steps = append(steps, r.Objects); return nil },
	})
	if err != nil || result.Objects != 4 || result.Accepted != 1 || result.Refused != 3 {
		t.Fatalf("got %+v, %v", result, err)
	}
	var ids []string
	for i, r := range refusals {
		ids = append(ids, r.ID)
		if r.Message == "" || r.Object != i+1 {
			t.Errorf("%s is refused as %+v", r.ID, r)
		}
	}
	if !slices.Equal(ids, []string{"bad-1", "huge", "bad-2"}) || refusals[1].Version != "2026-01-02T03:04:05.000Z" {
		t.Errorf("refusals are %+v", refusals)
	}
	if !slices.Equal(steps, []int{2, 3, 4}) {
		t.Errorf("progress was told of %v objects", steps)
	}
}

func TestPushWaitsForItsStatus(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, asked := newFakeServer(), 0
		s.takeAll("pending")
		s.HandleFunc("GET /taxii2/us-cn/status/s1/", func(w http.ResponseWriter, r *http.Request) {
			if asked++; asked < 5 {
				fmt.Fprint(w, `{"id":"s1","status":"pending","pending_count":1}`)
				return
			}
			fmt.Fprint(w, `{"id":"s1","status":"complete","failure_count":1,"failures":[{"id":"a","version":"unknown","message":"no"}]}`)
		})
		result, err := open(t, s).Push(t.Context(), &objectList{objects: []string{`{"id":"a"}`}}, PushOptions{})
		if err != nil || asked != 5 || result.Refused != 1 || !slices.Equal(result.Statuses, []string{"s1"}) {
			t.Errorf("got %+v, %v after %d questions", result, err, asked)
		}
	})
}

func TestPushFailures(t *testing.T) {
	t.Run("input that breaks off keeps what was decided", func(t *testing.T) {
		s := newFakeServer()
		s.takeAll("complete")
		broken := errors.New("broken")
		result, err := open(t, s).Push(t.Context(), &objectList{objects: []string{`{}`, `{}`, `{}`}, err: broken}, PushOptions{Envelope: 2})
		if !errors.Is(err, broken) || result.Accepted != 2 {
			t.Errorf("got %+v, %v", result, err)
		}
	})
	t.Run("a status that does not add up", func(t *testing.T) {
		s := newFakeServer()
		s.answer("POST "+objectsPath, `{"id":"s1","status":"complete","success_count":3}`)
		if result, err := open(t, s).Push(t.Context(), &objectList{objects: []string{`{}`}}, PushOptions{}); err == nil {
			t.Errorf("got %+v and no error", result)
		}
	})
	t.Run("a status in no known state", func(t *testing.T) {
		s := newFakeServer()
		s.takeAll("done")
		if result, err := open(t, s).Push(t.Context(), &objectList{objects: []string{`{}`}}, PushOptions{}); err == nil {
			t.Errorf("got %+v and no error", result)
		}
	})
	t.Run("no right", func(t *testing.T) {
		s := newFakeServer()
		c, err := newClient(t, s, "https://taxii.example").Collection(t.Context(), "us-cn/11111111-1111-4111-8111-111111111111")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Push(t.Context(), &objectList{}, PushOptions{}); err == nil {
			t.Error("pushed without a right")
		}
		if err := c.Pull(t.Context(), PullOptions{}, nil); err == nil {
			t.Error("pulled without a right")
		}
	})
}
