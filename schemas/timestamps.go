package schemas

import (
	"regexp"
	"strings"

	"accord/stix"
)

// timestampRules are about timestamps and their order.
var timestampRules = []rule{
	{id: "TSP-01", grade: binding, layer: inSchema, section: "2.16.1", old: true,
		en: "a timestamp is written YYYY-MM-DDTHH:MM:SSZ in UTC, with a fraction of any length or none",
		zh: "时间戳采用 UTC，写作 YYYY-MM-DDTHH:MM:SSZ，可带任意位数的小数秒，也可不带"},
	{id: "TSP-02", grade: binding, layer: inCode, section: "2.16.1", old: true,
		en: "the date and time of a timestamp exist; second 60 is allowed for a leap second, at 23:59:60Z",
		zh: "时间戳的日期和时刻须真实存在；秒数 60 仅可用于闰秒，即 23:59:60Z"},
	{id: "TSP-04", grade: binding, layer: inSchema, section: "3.2",
		en: "created and modified have at least three fractional digits",
		zh: "created 和 modified 至少精确到三位小数（毫秒）"},
	{id: "TSP-05", grade: binding, layer: inCode, section: "2.16", as: "COM-05",
		en: "timestamps are ordered as instants, whatever the number of their digits, and never as text",
		zh: "时间戳按其表示的时刻先后比较，与小数位数无关，不得按文本排序"},
	{id: "TSP-07", grade: binding, layer: inSchema, section: "6.7.6",
		en: "time_date_stamp is precise to the second, without a fraction",
		zh: "time_date_stamp 精确到秒，不得带小数部分"},
	{id: "COM-05", grade: binding, layer: inCode, section: "3.2", old: true, check: checkModified,
		en: "modified is not before created",
		zh: "modified 不得早于 created"},
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

func isTimestamp(text string) bool {
	_, err := stix.ParseTimestamp(text)
	return err == nil
}

// hasMilliseconds is the form of created and modified (TSP-04).
func hasMilliseconds(text string) bool { return isTimestamp(text) && fractionDigits(text) >= 3 }

// isSecond is the form of time_date_stamp (TSP-07).
func isSecond(text string) bool { return isTimestamp(text) && !strings.Contains(text, ".") }

func fractionDigits(t string) int {
	_, fraction, _ := strings.Cut(strings.TrimSuffix(t, "Z"), ".")
	return len(fraction)
}

var timestampForm = regexp.MustCompile(`^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?Z$`)

func explainTimestamp(f *fault, text, _ string) {
	property := name(f.pointer)
	g := binding
	if f.pointer == "/"+property {
		g = f.needed(property)
	}
	switch {
	case isTimestamp(text) && property == "time_date_stamp":
		f.found("TSP-07", f.pointer, "%s is %s; it must be precise to the second, without a fraction", property, short(text))
	case isTimestamp(text):
		f.found("TSP-04", f.pointer, "%s is %s; at least three fractional digits are required", property, short(text))
	case timestampForm.MatchString(text):
		f.foundAs("TSP-02", g, f.pointer, "%s is %s; there is no such date and time", property, short(text))
	case f.place.form == "timestamp-ms-min":
		f.foundAs("TSP-01", g, f.pointer, "%s is %s; it must be written YYYY-MM-DDTHH:MM:SS.sssZ", property, short(text))
	case f.place.form == "timestamp-second":
		f.foundAs("TSP-01", g, f.pointer, "%s is %s; it must be written YYYY-MM-DDTHH:MM:SSZ", property, short(text))
	default:
		f.foundAs("TSP-01", g, f.pointer, "%s is %s; it must be written YYYY-MM-DDTHH:MM:SSZ, with a fraction of a second where one is known", property, short(text))
	}
}

func checkModified(s *subject) {
	s.checkOrder(order{rule: "COM-05", later: "modified", earlier: "created"})
}

// checkOrder reports a timestamp that is before another, or equal to it where
// that is not allowed either.
func (s *subject) checkOrder(o order) {
	earlier, ok := s.timestamp(o.earlier)
	if !ok {
		return
	}
	later, ok := s.timestamp(o.later)
	if !ok {
		return
	}
	switch order := later.Compare(earlier); {
	case order < 0 && o.strictly:
		s.found(o.rule, "/"+o.later, "%s is %s, before %s, %s; it must be later", o.later, short(later), o.earlier, short(earlier))
	case order < 0:
		s.found(o.rule, "/"+o.later, "%s is %s, before %s, %s; it must not be earlier", o.later, short(later), o.earlier, short(earlier))
	case order == 0 && o.strictly:
		s.found(o.rule, "/"+o.later, "%s is %s, the same as %s; it must be later", o.later, short(later), o.earlier)
	}
}
