package server

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/url"
	"path/filepath"

	"accord/schemas"
	"accord/server/api"
	"accord/stix"
)

// A sarifReport writes SARIF 2.1.0, which CI systems show beside the lines of a
// file. It is encoded by hand, because the libraries for it keep every result in
// memory until the end: here each result goes out as it comes, and the rules
// that were broken follow behind the last.
type sarifReport struct {
	w       *bufio.Writer
	profile string
	lang    string
	index   map[string]int // of the rules so far
	rules   []sarifRule
	results int
}

// The parts of SARIF 2.1.0 that are used, by its section.
type (
	sarifResult struct { // §3.27
		RuleID    string          `json:"ruleId"`
		RuleIndex int             `json:"ruleIndex"`
		Level     stix.Level      `json:"level"` // ours are two of its words
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifLocation struct { // §3.28
		Physical sarifPhysical  `json:"physicalLocation"`
		Logical  []sarifLogical `json:"logicalLocations,omitempty"`
	}
	sarifPhysical struct { // §3.29
		Artifact sarifArtifact `json:"artifactLocation"`
		Region   *sarifRegion  `json:"region,omitempty"`
	}
	sarifArtifact struct { // §3.4
		URI string `json:"uri"`
	}
	sarifRegion struct { // §3.30
		StartLine int `json:"startLine"`
	}
	sarifLogical struct { // §3.33
		Name      string `json:"name"`
		Qualified string `json:"fullyQualifiedName"`
		Kind      string `json:"kind"`
	}
	sarifText struct { // §3.11, §3.12
		Text string `json:"text"`
	}
	sarifInvocation struct { // §3.20
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct { // §3.58
		Level     stix.Level      `json:"level"`
		Message   sarifText       `json:"message"`
		Locations []sarifLocation `json:"locations"`
	}
	sarifRule struct { // §3.49
		ID            string         `json:"id"`
		Short         sarifText      `json:"shortDescription"`
		Help          sarifText      `json:"help"`
		Configuration map[string]any `json:"defaultConfiguration"`
		Properties    map[string]any `json:"properties"`
	}
)

func newSARIFReport(w io.Writer, o *validateOptions) *sarifReport {
	return &sarifReport{w: bufio.NewWriter(w), profile: o.profile.value, lang: o.lang.value, index: map[string]int{}}
}

// begin writes what stands before the first result.
func (s *sarifReport) begin() {
	s.w.WriteString(`{"$schema":"https://json.schemastore.org/sarif-2.1.0.json","version":"2.1.0","runs":[{"columnKind":"unicodeCodePoints","results":[`)
}

func (s *sarifReport) add(file string, m schemas.Member) error {
	v := api.NewVerdict(file, m, s.lang)
	for _, f := range v.Findings {
		if s.results == 0 {
			s.begin()
		} else {
			s.w.WriteByte(',')
		}
		s.results++
		if err := s.encode(sarifResult{
			RuleID: f.Rule, RuleIndex: s.ruleIndex(f.Rule), Level: f.Level,
			Message: sarifText{f.Message}, Locations: []sarifLocation{sarifPlace(v, m.Line, f.Pointer)},
		}); err != nil {
			return err
		}
	}
	return nil
}

// sarifPlace is where a finding is: in a file, by the line in which the object
// begins, and in the object.
func sarifPlace(v api.Verdict, line int, pointer string) (at sarifLocation) {
	at.Physical.Artifact.URI = sarifURI(v.File)
	if line > 0 {
		at.Physical.Region = &sarifRegion{line}
	}
	name := cmp.Or(v.ID, fmt.Sprintf("objects[%d]", v.Index))
	if v.Index < 0 {
		name = cmp.Or(v.ID, "the input")
	}
	at.Logical = []sarifLogical{{Name: name, Qualified: name + pointer, Kind: "object"}}
	return at
}

// sarifURI is the URI of a file, relative where its name is. Readers of SARIF
// take no result without one, so stdin has one too.
func sarifURI(file string) string {
	if file == "-" {
		return "stdin"
	}
	u := url.URL{Path: filepath.ToSlash(file)}
	if filepath.IsAbs(file) {
		u.Scheme = "file"
	}
	return u.String()
}

// ruleIndex is the place of a rule in the list at the end.
func (s *sarifReport) ruleIndex(id string) int {
	if i, ok := s.index[id]; ok {
		return i
	}
	i := len(s.rules)
	s.index[id] = i
	e, _ := schemas.Explain(id, s.profile, s.lang) // every finding is of a rule
	_, _, section := inWords(e.Rule, s.lang)
	s.rules = append(s.rules, sarifRule{
		ID: id, Short: sarifText{e.Words}, Help: sarifText{e.Words + "\n" + examples(e, s.lang)},
		Configuration: map[string]any{"level": e.Level},
		Properties:    map[string]any{"layer": e.Layer, "section": place(section)},
	})
	return i
}

// end writes which rules were broken, and which files could not be read.
func (s *sarifReport) end(unread []unreadFile) error {
	if s.results == 0 {
		s.begin()
	}
	run := sarifInvocation{Successful: len(unread) == 0}
	for _, u := range unread {
		run.Notifications = append(run.Notifications, sarifNotification{
			stix.LevelError, sarifText{printable(u.err.Error())},
			[]sarifLocation{{Physical: sarifPhysical{Artifact: sarifArtifact{sarifURI(u.name)}}}},
		})
	}
	s.w.WriteString("\n],\"invocations\":")
	if err := s.encode([]sarifInvocation{run}); err != nil {
		return err
	}
	s.w.WriteString(",\"tool\":")
	if err := s.encode(map[string]any{"driver": map[string]any{
		"name": "accord", "version": buildVersion(), "rules": notNil(s.rules),
	}}); err != nil {
		return err
	}
	s.w.WriteString("}]}\n")
	return s.w.Flush()
}

// encode writes a value on a line of its own.
func (s *sarifReport) encode(v any) error {
	var b bytes.Buffer
	b.WriteByte('\n')
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		return err
	}
	_, err := s.w.Write(bytes.TrimSuffix(b.Bytes(), []byte("\n")))
	return err
}
