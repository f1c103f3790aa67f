package server

import (
	"bytes"
	"fmt"
	"io"
	"text/tabwriter"

	"accord/schemas"
)

// writeRules lists every rule.
func writeRules(w io.Writer, o *validateOptions) error {
	rules := schemas.Rules(o.profile.value, o.lang.value)
	if o.format.value == "json" {
		return printJSON(w, struct {
			Rules []schemas.Rule `json:"rules"`
		}{rules})
	}
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, r := range rules {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", r.ID, r.Level, r.Layer, r.Section, r.Words)
	}
	return table.Flush()
}

// writeExplanation explains one rule.
func writeExplanation(w io.Writer, o *validateOptions) error {
	e, ok := schemas.Explain(o.explain, o.profile.value, o.lang.value)
	if !ok {
		return usage(fmt.Errorf("there is no rule %q; accord validate --rules lists them", o.explain))
	}
	if o.format.value == "json" {
		return printJSON(w, e)
	}
	var b bytes.Buffer
	fmt.Fprintf(&b, "%s  %s  %s  %s\n%s\n", e.ID, e.Level, e.Layer, section(e.Rule), e.Words)
	if e.ReportedAs != e.ID {
		fmt.Fprintf(&b, map[string]string{"en": "reported as %s\n", "zh": "报告为 %s\n"}[o.lang.value], e.ReportedAs)
	}
	b.WriteString(examples(e, o.lang.value))
	_, err := w.Write(b.Bytes())
	return err
}

// examples shows an object that keeps a rule and one that does not, where there
// are such: a rule that a collection decides cannot be seen in an object.
func examples(e schemas.Explanation, lang string) string {
	if e.Right == nil {
		return ""
	}
	titles := map[string][2]string{"en": {"right", "wrong"}, "zh": {"正确", "错误"}}[lang]
	return fmt.Sprintf("\n%s:\n%s\n\n%s:\n%s\n", titles[0], e.Right, titles[1], e.Wrong)
}

// section names the place where a rule stands.
func section(r schemas.Rule) string {
	switch {
	case r.Section == "":
		return "Accord"
	case r.Section[0] >= '0' && r.Section[0] <= '9':
		return "STIX 2.1 §" + r.Section
	}
	return r.Section
}
