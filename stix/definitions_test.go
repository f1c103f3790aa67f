package stix

import (
	"fmt"
	"strings"
	"testing"
)

// A lenientJudge accepts what does not say that it is bad.
type lenientJudge struct{}

func (lenientJudge) Validate(o Object, _ func(ID) []byte) Verdict {
	return Verdict{Accepted: !strings.Contains(string(o.Raw), `"name":"bad"`)}
}

func (lenientJudge) Rules() [32]byte { return [32]byte{} }

func definitionID(n int) ID {
	return ID(fmt.Sprintf("extension-definition--00000000-0000-4000-8000-%012d", n))
}

// definitionOf is a definition of some size in bytes.
func definitionOf(n int, modified, name string, size int) []byte {
	head := fmt.Sprintf(`{"type":"extension-definition","id":%q,"modified":%q,"name":%q,"description":"`, definitionID(n), modified, name)
	return []byte(head + strings.Repeat("x", max(0, size-len(head)-2)) + `"}`)
}

const earlier, later = "2026-01-01T00:00:00.000Z", "2026-02-01T00:00:00.000Z"

func TestDefinitions(t *testing.T) {
	d := Definitions{Judge: lenientJudge{}}
	newest := definitionOf(1, later, "newest", 0)
	for _, raw := range [][]byte{
		definitionOf(1, earlier, "old", 0), newest, definitionOf(1, later, "again", 0), definitionOf(1, earlier, "old", 0),
		definitionOf(2, later, "bad", 0),
		[]byte(fmt.Sprintf(`{"type":"note","id":%q,"content":"extension-definition"}`, definitionID(3))),
		[]byte(fmt.Sprintf(`{"type":"extension-definition","id":%q,"x":1,"x":2}`, definitionID(4))), // no I-JSON
	} {
		d.Add(raw)
	}
	if got := string(d.Definition(definitionID(1))); got != string(newest) {
		t.Errorf("the definition is %s; want the newest", got)
	}
	for n := 2; n <= 4; n++ {
		if got := d.Definition(definitionID(n)); got != nil {
			t.Errorf("%s is known; want nothing", got)
		}
	}
}

// TX-SEC-02: the first 1,000 definitions are kept, of 4 MiB together; versions
// that were replaced count no more.
func TestDefinitionsAreBounded(t *testing.T) {
	many := Definitions{Judge: lenientJudge{}}
	for n := range 1001 {
		many.Add(definitionOf(n, earlier, "", 0))
	}
	many.Add(definitionOf(999, later, "newer", 0))
	if many.Definition(definitionID(1000)) != nil || !strings.Contains(string(many.Definition(definitionID(999))), "newer") {
		t.Error("want 1,000 definitions, and newer versions of them")
	}
	large := Definitions{Judge: lenientJudge{}}
	for version := range 100 {
		large.Add(definitionOf(1, fmt.Sprintf("2026-01-01T00:00:00.%03dZ", version), "", 1<<20))
	}
	for n := 2; n <= 5; n++ {
		large.Add(definitionOf(n, earlier, "", 1<<20))
	}
	large.Add(definitionOf(1, later, "", 1<<20+1))
	if large.Definition(definitionID(4)) == nil || large.Definition(definitionID(5)) != nil || large.bytes != 4<<20 {
		t.Errorf("%d bytes are kept; want the first four definitions of 1 MiB", large.bytes)
	}
	if got := len(large.Definition(definitionID(1))); got != 1<<20 {
		t.Errorf("a version that has no room took the place of another: %d bytes", got)
	}
}
