package schemas

import (
	"encoding/json"
	"strings"
)

// What a schema of an agreement costs, in nanoseconds, as gojsonschema was
// measured, errors included.
const (
	lookTime        = 2000   // a part looks at a value
	memberTime      = 20     // a member or element is looked up
	instructionTime = 5      // an instruction of an expression, at a byte
	formatTime      = 100    // a format, at a byte
	writeTime       = 200    // a value is written as JSON to be compared, for each byte
	termTime        = 100    // a term of an enumeration
	numberTime      = 15_000 // a number that is no small integer is taken apart

	// maxOwnTime is how long a schema may take for an object. Real objects take
	// well below a millisecond.
	maxOwnTime = 500_000_000
)

// An ownPart is a part of a schema: what it costs, and the parts below it.
type ownPart struct {
	look     int // to look at a value
	perByte  int // for each byte of a string
	perWrite int // for each byte of any value

	beside         []*ownPart // look at the same value
	members        map[string]*ownPart
	others, names  *ownPart   // of the members that are not named; of the names
	tuple          []*ownPart // of the first elements
	rest, contains *ownPart   // of the other elements; of each
}

// weigh adds what a keyword costs, besides the schemas below it.
func (p *ownPart) weigh(keyword string, value any) {
	switch list, _ := value.([]any); keyword {
	case "pattern":
		expression, _ := value.(string)
		n, _ := instructions(expression) // which checkKeyword has taken
		p.perByte += n * instructionTime
	case "format":
		p.perByte += formatTime
	case "minLength", "maxLength":
		p.perByte++
	case "const":
		p.look += written(value)
		p.perWrite += writeTime
	case "enum":
		p.look += termTime*len(list) + written(value)
		p.perWrite += writeTime
	case "uniqueItems":
		p.perWrite += writeTime
	case "required":
		p.look += lookTime * len(list)
	}
}

// add puts a part where a keyword has it: under a name, "[]" in a list.
func (p *ownPart) add(keyword, name string, part *ownPart) {
	switch keyword {
	case "properties":
		if p.members == nil {
			p.members = map[string]*ownPart{}
		}
		p.members[name] = part
		p.look += memberTime
	case "additionalProperties":
		p.others = part
	case "propertyNames":
		p.names = part
	case "items":
		if name == "[]" {
			p.tuple = append(p.tuple, part)
		} else {
			p.rest = part
		}
	case "additionalItems":
		p.rest = part
	case "contains":
		p.contains = part
	default:
		p.beside = append(p.beside, part)
	}
}

// affordable reports whether all that the part has to look at of a value takes
// less than maxOwnTime.
func (p *ownPart) affordable(v any) bool {
	left := maxOwnTime
	p.spend(&left, v)
	return left >= 0
}

// spend takes off what the part costs for a value, until nothing is left.
func (p *ownPart) spend(left *int, v any) {
	if p == nil || *left < 0 {
		return
	}
	*left -= p.look
	if p.perWrite > 0 {
		*left -= p.perWrite * written(v)
	}
	for _, part := range p.beside {
		part.spend(left, v)
	}
	switch v := v.(type) {
	case string:
		*left -= p.perByte * len(v)
	case json.Number:
		if strings.ContainsAny(string(v), ".eE") || len(v) > 20 {
			*left -= numberTime
		}
	case []any:
		*left -= memberTime * len(v)
		p.spendElements(left, v)
	case map[string]any:
		*left -= memberTime * len(v)
		p.spendMembers(left, v)
	}
}

func (p *ownPart) spendElements(left *int, list []any) {
	for i, element := range list {
		if i < len(p.tuple) {
			p.tuple[i].spend(left, element)
		} else {
			p.rest.spend(left, element)
		}
		p.contains.spend(left, element)
	}
}

func (p *ownPart) spendMembers(left *int, members map[string]any) {
	for name, member := range members {
		p.names.spend(left, name)
		if part, ok := p.members[name]; ok {
			part.spend(left, member)
		} else {
			p.others.spend(left, member)
		}
	}
}

// written is how much a value takes as JSON, in bytes, and what it costs to write each.
func written(v any) int {
	n := 4
	switch v := v.(type) {
	case string:
		n += len(v)
	case json.Number:
		n += len(v)
	case []any:
		for _, element := range v {
			n += written(element)
		}
	case map[string]any:
		for name, member := range v {
			n += len(name) + written(member)
		}
	}
	return n
}
