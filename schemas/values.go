package schemas

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// valueRules hold for every value of an object, at any depth.
var valueRules = []rule{
	{id: "GEN-01", grade: vital, layer: inCode, section: "2.6", old: true,
		en: "an object is I-JSON (RFC 7493): UTF-8 without a byte-order mark, no member twice at any depth, no half of a surrogate pair, no number beyond a double",
		zh: "对象须符合 I-JSON（RFC 7493）：采用不带字节顺序标记的 UTF-8 编码，任何层级的成员名均不重复，不含不成对的代理项转义，数值不超出双精度浮点数的表示范围"},
	{id: "GEN-03", grade: binding, layer: inCode, section: "2", old: true,
		en: "null is never a value, at any depth; a property without a value is left out",
		zh: "任何层级的值都不得为 null；没有值的属性应予省略"},
	{id: "GEN-04", grade: binding, layer: inCode, section: "2.12", old: true,
		en: "a list has at least one element; a list that would be empty is left out",
		zh: "列表至少有一个元素；没有元素的列表应予省略"},
	{id: "GEN-05", grade: binding, layer: inCode, section: "2.3", old: true,
		en: "a dictionary has at least one entry; one that would be empty is left out",
		zh: "字典至少有一个条目；没有条目的字典应予省略"},
	{id: "TYP-01", grade: binding, layer: inSchema, section: "2.1",
		en: "a binary value is base64 in the standard alphabet, padded to a multiple of four (RFC 4648 section 4)",
		zh: "二进制值采用标准字母表的 Base64 编码，并填充至四的倍数（RFC 4648 第 4 节）"},
	{id: "TYP-02", grade: binding, layer: inSchema, section: "2.2", old: true,
		en: "a boolean is the JSON value true or false, not a string or a number",
		zh: "布尔值只能是 JSON 的 true 或 false，不得写成字符串或数字"},
	{id: "TYP-03", grade: binding, layer: inSchema, section: "2.3",
		en: "a key of a dictionary has 1 to 250 letters, digits, hyphens and underscores of ASCII, and its value is of a type that STIX has there",
		zh: "字典的键由 1 至 250 个 ASCII 字母、数字、连字符和下划线组成，其值须为该处规定的 STIX 类型"},
	{id: "TYP-04", grade: binding, layer: inSchema, section: "2.4",
		en: "the value of an enumeration is one of its terms, in the same case",
		zh: "枚举值须为所列术语之一，大小写一致"},
	{id: "TYP-05", grade: advice, layer: inSchema, section: "2.14",
		en: "a term comes from the vocabulary that is suggested for its property; another one is in lower case, with hyphens",
		zh: "术语应取自该属性的建议词汇表；自定义术语应使用小写字母，并以连字符连接单词"},
	{id: "TYP-06", grade: binding, layer: inSchema, section: "2.6",
		en: "a float is a JSON number",
		zh: "浮点数须为 JSON 数值"},
	{id: "TYP-09", grade: binding, layer: inSchema, section: "2.8",
		en: "a hex value is an even number, two or more, of lower-case hexadecimal digits",
		zh: "十六进制值由偶数个（至少两个）小写十六进制数字组成"},
	{id: "TYP-10", grade: binding, layer: inSchema, section: "2.10",
		en: "an integer is a JSON number without a fraction from -(2^53)+1 to 2^53-1",
		zh: "整数须为不带小数部分的 JSON 数值，取值范围为 -(2^53)+1 至 2^53-1"},
	{id: "TYP-13", grade: binding, layer: inSchema, section: "2.12", old: true,
		en: "a list is a JSON list whose elements have the type stated, and an object is a JSON object",
		zh: "列表须为 JSON 数组，且各元素均为规定的类型；对象须为 JSON 对象"},
	{id: "TYP-16", grade: binding, layer: inSchema, section: "2.15", old: true,
		en: "a string is a JSON string; the empty one is allowed unless another rule says otherwise",
		zh: "字符串须为 JSON 字符串；除非另有规则限制，允许为空字符串"},
	{id: "BOUNDS", grade: binding, layer: inSchema, section: "property tables",
		en: "a number lies within the bounds of its property",
		zh: "数值须在其属性规定的取值范围之内"},
}

// checkValues looks for what no STIX type admits anywhere, and reports whether
// all numbers are such that the schema may calculate with them: 1e999999 or a
// million digits cost it seconds.
func (s *subject) checkValues() (countable bool) {
	w := valueWalk{countable: true}
	if w.walk(s.value); len(w.faults) >= maxFaults { // which of them are kept does not depend on chance
		w = valueWalk{countable: true, inOrder: true}
		w.walk(s.value)
	}
	slices.SortFunc(w.faults, func(a, b valueFault) int { return comparePointers(a.pointer, b.pointer) })
	for _, f := range w.faults {
		s.foundAs(f.rule, s.valueGrade(f), f.pointer, f.format, name(f.pointer))
	}
	return w.countable
}

// A valueFault is a value that no STIX type admits.
type valueFault struct {
	rule, pointer string
	format        string // for the name of the value
}

// valueGrade is the grade of a fault. What is empty deep inside a custom
// property is let through like the property itself: the published ATT&CK
// objects have such lists.
func (s *subject) valueGrade(f valueFault) grade {
	if f.rule == "GEN-01" {
		return vital // the schema does not look at such an object
	}
	empty := f.rule == "GEN-04" || f.rule == "GEN-05"
	if empty && strings.HasPrefix(f.pointer, "/x_") && strings.Count(f.pointer, "/") > 1 {
		return tolerated
	}
	return s.needed(strings.TrimPrefix(f.pointer, "/"))
}

// maxFaults is how many values are kept, besides the properties themselves.
const maxFaults = 10 * maxPlaces

// A valueWalk collects faults of an object, in the random order of its maps
// unless it is to keep to theirs.
type valueWalk struct {
	inOrder   bool
	path      []any
	faults    []valueFault
	countable bool
}

func (w *valueWalk) walk(v any) {
	switch v := v.(type) {
	case nil:
		w.fault("GEN-03", "%s is null; a property without a value must be left out")
	case json.Number:
		if !isDouble(string(v)) {
			w.countable = false
			w.fault("GEN-01", "%s is not an IEEE 754 double; numbers must be representable as one")
		}
	case []any:
		if len(v) == 0 {
			w.fault("GEN-04", "%s is an empty list; a list must have at least one element or be left out")
		}
		w.path = append(w.path, nil)
		for i, element := range v {
			w.path[len(w.path)-1] = i
			w.walk(element)
		}
		w.path = w.path[:len(w.path)-1]
	case map[string]any:
		if len(v) == 0 && len(w.path) > 0 {
			w.fault("GEN-05", "%s is an empty object; it must have at least one entry or be left out")
		}
		w.path = append(w.path, nil)
		w.members(v)
		w.path = w.path[:len(w.path)-1]
	}
}

func (w *valueWalk) members(object map[string]any) {
	names := maps.Keys(object)
	if w.inOrder {
		names = slices.Values(slices.Sorted(names))
	}
	for name := range names {
		w.path[len(w.path)-1] = name
		w.walk(object[name])
	}
}

func (w *valueWalk) fault(rule, format string) {
	if len(w.faults) < maxFaults || len(w.path) == 1 {
		w.faults = append(w.faults, valueFault{rule, at("", w.path...), format})
	}
}

// maxNumber is the length of a number, in bytes: every double can be written
// exactly in that many, and to calculate with a million digits takes a second.
const maxNumber = 1100

// isDouble reports whether a JSON number is representable as an IEEE 754
// double: neither too large nor so small that it would become zero.
func isDouble(number string) bool {
	f, err := strconv.ParseFloat(number, 64)
	if err != nil || len(number) > maxNumber {
		return false
	}
	mantissa, _, _ := strings.Cut(strings.ToLower(number), "e")
	return f != 0 || !strings.ContainsAny(mantissa, "123456789")
}
