package server

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"accord/schemas"
	"accord/stix"
)

// rulesInChinese are the words that stand beside a rule.
var rulesInChinese = map[string]string{
	string(stix.LevelError): "错误", string(stix.LevelWarning): "警告",
	"schema": "结构", "semantic": "语义", "store": "存储",
	"property tables": "属性表", "common objects": "公共对象",
}

// inWords are the level, layer and section of a rule in a language.
func inWords(r schemas.Rule, lang string) (level, layer, section string) {
	say := func(s string) string {
		if chinese := rulesInChinese[s]; lang == "zh" && chinese != "" {
			return chinese
		}
		return s
	}
	return say(string(r.Level)), say(r.Layer), say(r.Section)
}

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
		level, layer, section := inWords(r, o.lang.value)
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\n", r.ID, level, layer, section, r.Words)
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
	level, layer, section := inWords(e.Rule, o.lang.value)
	fmt.Fprintf(&b, "%s  %s  %s  %s\n%s\n", e.ID, level, layer, place(section), e.Words)
	if e.ReportedAs != e.ID {
		fmt.Fprintf(&b, map[string]string{"en": "reported as %s\n", "zh": "报告为 %s\n"}[o.lang.value], e.ReportedAs)
	}
	b.WriteString(examples(e, o.lang.value))
	_, err := w.Write(b.Bytes())
	return err
}

// examples shows an object that keeps a rule and one that does not, where there
// are such, and the extension definitions that are known to the judge of them: a
// rule that a collection decides cannot be seen in an object.
func examples(e schemas.Explanation, lang string) string {
	if e.Right == nil {
		return ""
	}
	titles := map[string][3]string{"en": {"known", "right", "wrong"}, "zh": {"已知", "正确", "错误"}}[lang]
	var b strings.Builder
	for _, definition := range e.Definitions {
		fmt.Fprintf(&b, "\n%s:\n%s\n", titles[0], definition)
	}
	fmt.Fprintf(&b, "\n%s:\n%s\n\n%s:\n%s\n", titles[1], e.Right, titles[2], e.Wrong)
	return b.String()
}

// place names the place where a rule stands, of which section is the section.
func place(section string) string {
	switch {
	case section == "":
		return "Accord"
	case section[0] >= '0' && section[0] <= '9':
		return "STIX 2.1 §" + section
	}
	return section
}
