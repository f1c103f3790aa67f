package schemas

import (
	"regexp"
	"strings"

	"accord/stix"
)

// timestampRules are about created and modified.
var timestampRules = []rule{
	{id: "TSP-01", grade: binding, section: "2.16.1", old: true, check: checkTimestamps},
	{id: "TSP-02", grade: binding, section: "2.16.1", old: true},
	{id: "TSP-04", grade: binding, section: "3.2", check: checkFractions},
	{id: "COM-05", grade: binding, section: "3.2", old: true, check: checkModified},
}

// timestamp returns a property that is a timestamp of the right form.
func (s *subject) timestamp(property string) (stix.Timestamp, bool) {
	text, ok := s.text(property)
	if !ok {
		return "", false
	}
	t, err := stix.ParseTimestamp(text)
	return t, err == nil
}

var timestampForm = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z$`)

func checkTimestamps(s *subject) {
	for _, property := range []string{"created", "modified"} {
		text, ok := s.text(property)
		if !ok {
			continue
		}
		if _, err := stix.ParseTimestamp(text); err == nil {
			continue
		}
		if timestampForm.MatchString(text) {
			s.report("TSP-02", s.needed(property), "/"+property, "%s is %s; there is no such date and time", property, short(text))
		} else {
			s.report("TSP-01", s.needed(property), "/"+property, "%s is %s; a timestamp must be written YYYY-MM-DDTHH:MM:SS.sssZ", property, short(text))
		}
	}
}

func checkFractions(s *subject) {
	for _, property := range []string{"created", "modified"} {
		t, ok := s.timestamp(property)
		if !ok {
			continue
		}
		_, fraction, _ := strings.Cut(strings.TrimSuffix(string(t), "Z"), ".")
		if len(fraction) < 3 {
			s.found("TSP-04", "/"+property, "%s is %s; at least three fractional digits are required", property, short(t))
		}
	}
}

func checkModified(s *subject) {
	created, ok := s.timestamp("created")
	if !ok {
		return
	}
	if modified, ok := s.timestamp("modified"); ok && modified.Compare(created) < 0 {
		s.found("COM-05", "/modified", "modified is %s, before created, %s; it must not be earlier", short(modified), short(created))
	}
}
