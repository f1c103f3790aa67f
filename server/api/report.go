package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"accord/schemas"
	"accord/stix"
	"accord/taxii/wire"
)

// A Verdict is what validation says of one object, or with the index -1 of what
// the objects of a file come in.
type Verdict struct {
	File     string         `json:"file"`  // "" for a request body
	Index    int            `json:"index"` // counted from 0 through the whole file
	ID       string         `json:"id"`    // "" where it could not be read
	Type     string         `json:"type"`  // likewise
	Accepted bool           `json:"accepted"`
	Findings []stix.Finding `json:"findings"` // every violated rule once, errors first; never null
}

// maxText is how much is shown of an id or a type, in bytes; sound ids have 288
// at most.
const maxText = 300

// NewVerdict says in a language, en or zh, what was found in a member of a file.
func NewVerdict(file string, m schemas.Member, lang string) Verdict {
	v := Verdict{
		File: file, Index: m.Index, ID: cut(string(m.Object.ID)), Type: cut(m.Object.Type),
		Accepted: m.Accepted, Findings: make([]stix.Finding, len(m.Findings)),
	}
	for i, f := range m.Findings {
		f.Message = schemas.Say(lang, f)
		v.Findings[i] = f
	}
	return v
}

func cut(s string) string {
	if len(s) <= maxText {
		return s
	}
	return strings.ToValidUTF8(s[:maxText], "") + "…"
}

// A Report is the JSON answer of POST /v1/validate and of accord validate -o
// json: how many objects were judged, then every verdict. The counts come first,
// so the verdicts wait in a spool; memory does not grow with them. The zero
// value is empty; close it in the end.
type Report struct {
	Objects, Refused int

	verdicts wire.Spool
	line     bytes.Buffer
}

// Add adds a verdict.
func (r *Report) Add(v Verdict) error {
	r.line.Reset()
	if r.Objects++; r.Objects > 1 {
		r.line.WriteByte(',')
	}
	r.line.WriteByte('\n')
	if !v.Accepted {
		r.Refused++
	}
	encoder := json.NewEncoder(&r.line)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return err
	}
	_, err := r.verdicts.Write(bytes.TrimSuffix(r.line.Bytes(), []byte("\n")))
	return err
}

// WriteTo writes the report, one verdict a line.
func (r *Report) WriteTo(w io.Writer) (int64, error) {
	head := fmt.Sprintf(`{"objects":%d,"accepted":%d,"refused":%d,"verdicts":[`, r.Objects, r.Objects-r.Refused, r.Refused)
	return io.Copy(w, io.MultiReader(strings.NewReader(head), r.verdicts.Reader(), strings.NewReader("\n]}\n")))
}

// Close releases the verdicts.
func (r *Report) Close() error { return r.verdicts.Close() }
