package lift

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
)

// typesOf is where STIX 2.1 keeps what STIX 2.0 kept in the labels of a type.
var typesOf = map[string]string{
	"identity":     "roles",
	"indicator":    "indicator_types",
	"malware":      "malware_types",
	"report":       "report_types",
	"threat-actor": "threat_actor_types",
	"tool":         "tool_types",
}

// liftLabels gives labels the name that they have in 2.1, and the selectors of
// granular markings with them.
func (o *object) liftLabels(typ string) error {
	name, known := typesOf[typ]
	labels, ok := texts(o.get("labels"))
	if !known || !ok || len(labels) == 0 || o.has(name) {
		return o.liftSelectors("labels", "labels")
	}
	tags, types := split(labels, isTag)
	if (typ == "malware" || typ == "tool") && len(types) == 1 && types[0] == typ {
		types = nil
	}
	switch {
	case len(types) == 0 && len(tags) == 0:
		o.replace("labels", "", nil)
	case len(types) == 0:
		o.replace("labels", "labels", quotedList(tags))
	case len(tags) == 0:
		o.replace("labels", name, quotedList(types))
		return o.liftSelectors("labels", name)
	default:
		o.replace("labels", name, quotedList(types))
		o.put("labels", name, quotedList(tags))
	}
	if len(tags) == len(labels) {
		return nil // all of them stay where they were
	}
	return o.liftSelectors("labels", "")
}

// isTag reports whether a label is a tag of some tool, such as a:b="c", and no
// type of anything.
func isTag(label string) bool { return strings.ContainsAny(label, ":=") }

func split(list []string, is func(string) bool) (yes, no []string) {
	for _, s := range list {
		if is(s) {
			yes = append(yes, s)
		} else {
			no = append(no, s)
		}
	}
	return yes, no
}

// liftSelectors makes the granular markings that select the property old, or
// something in it, select what it has become. Where that cannot be said the
// object cannot be lifted, because a marking would be lost.
func (o *object) liftSelectors(old, name string) error {
	i := o.index("granular_markings")
	if i < 0 || old == name {
		return nil
	}
	markings, ok := readList((*o)[i].value)
	if !ok {
		return nil // which the server refuses
	}
	for n, raw := range markings {
		marking, err := readObject(raw)
		if err != nil {
			continue
		}
		selectors, _ := texts(marking.get("selectors"))
		if !slices.ContainsFunc(selectors, func(s string) bool { return selects(s, old) }) {
			continue
		}
		if name == "" {
			return fmt.Errorf("/granular_markings/%d marks something in %s, which has no place of its own in STIX 2.1", n, old)
		}
		for i, s := range selectors {
			if selects(s, old) {
				selectors[i] = name + strings.TrimPrefix(s, old)
			}
		}
		marking.replace("selectors", "selectors", quotedList(selectors))
		markings[n] = jsontext.Value(marking.bytes())
	}
	(*o)[i].value = joined(markings)
	return nil
}

// selects reports whether a selector is of a property or of something in it.
func selects(selector, property string) bool {
	first, _, _ := strings.Cut(selector, ".")
	return first == property
}
