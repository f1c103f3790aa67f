package schemas

import (
	"accord/stix"
	"accord/stix/pattern"
)

// patternRules are about the patterns of indicators (STIX 2.1 §9).
var patternRules = []rule{
	{id: "OBJ-INDICATOR-2", grade: binding, layer: inCode, section: "4.7.1", as: "PAT-SYN-1", check: checkPattern,
		en: "a pattern whose pattern_type is stix is a pattern of the STIX language",
		zh: "pattern_type 为 stix 时，pattern 必须是合法的 STIX 模式"},
	{id: "OBJ-INDICATOR-3", grade: binding, layer: inCode, section: "4.7.1",
		en: "pattern_version is the version of the language that the pattern is written in",
		zh: "pattern_version 必须与模式所用语言的版本一致"},
	{id: "OBJ-INDICATOR-5", grade: advice, layer: inCode, section: "9.5.1",
		en: "a START/STOP window lies within valid_from and valid_until",
		zh: "START/STOP 时间窗应在 valid_from 与 valid_until 之间"},
	{id: "PAT-SYN-1", grade: binding, layer: inCode, section: "9",
		en: "the whole pattern is one expression, and its brackets and parentheses balance",
		zh: "整个模式是一个表达式，方括号和圆括号须成对"},
	{id: "PAT-SYN-2", grade: binding, layer: inCode, section: "9.3",
		en: "keywords are written in capitals, true and false in lower case",
		zh: "关键字用大写，true 和 false 用小写"},
	{id: "PAT-SYN-3", grade: binding, layer: inCode, section: "9.7",
		en: "an object path is a type, a colon, a property and steps; keys with a hyphen or a full stop are quoted",
		zh: "对象路径由类型、冒号、属性和后续步骤组成；含连字符或句点的键要加引号"},
	{id: "PAT-SYN-4", grade: binding, layer: inCode, section: "9.6",
		en: "a comparison is a path, an operator, and a constant of a kind that the operator takes",
		zh: "比较由路径、运算符以及该运算符允许的常量组成"},
	{id: "PAT-SYN-5", grade: binding, layer: inCode, section: "9.5.1",
		en: "a qualifier is WITHIN n SECONDS, REPEATS n TIMES, or START t'…' STOP t'…'",
		zh: "限定词只能是 WITHIN n SECONDS、REPEATS n TIMES 或 START t'…' STOP t'…'"},
	{id: "PAT-SYN-6", grade: advice, layer: inCode, section: "9.6",
		en: "operators are spelled as the text has them, and a pattern has no comments",
		zh: "运算符按标准书写，模式中没有注释"},
	{id: "PAT-LEX-1", grade: binding, layer: inCode, section: "9.6",
		en: `a string ends, and its only escapes are \\ and \'`,
		zh: `字符串必须结束，且只有 \\ 和 \' 两种转义`},
	{id: "PAT-LEX-2", grade: binding, layer: inCode, section: "9.6",
		en: "a hex constant has an even number of hexadecimal digits",
		zh: "十六进制常量由偶数个十六进制数字组成"},
	{id: "PAT-LEX-3", grade: binding, layer: inCode, section: "9.6",
		en: "a binary constant is base64 with padding, in the standard alphabet",
		zh: "二进制常量是标准字母表、带填充的 base64"},
	{id: "PAT-LEX-4", grade: binding, layer: inCode, section: "9.6",
		en: "a timestamp constant is written as STIX writes timestamps",
		zh: "时间戳常量按 STIX 时间戳的格式书写"},
	{id: "PAT-LEX-5", grade: binding, layer: inCode, section: "9.6",
		en: "a number has no plus sign, no leading zero, no exponent and no point at its end",
		zh: "数值不带加号、前导零和指数，也不以小数点结尾"},
	{id: "PAT-LEX-6", grade: binding, layer: inCode, section: "9.6",
		en: "outside strings only the characters of the language occur",
		zh: "字符串之外只出现该语言的字符"},
	{id: "PAT-SEM-1", grade: binding, layer: inCode, section: "9.5.1",
		en: "START is before STOP",
		zh: "START 早于 STOP"},
	{id: "PAT-SEM-2", grade: binding, layer: inCode, section: "9.5.1",
		en: "an observation expression has each kind of qualifier once at most",
		zh: "一个观测表达式上每种限定词至多出现一次"},
	{id: "PAT-SEM-3", grade: binding, layer: inCode, section: "9.5",
		en: "what AND joins inside one observation can hold for one object",
		zh: "同一个观测表达式内由 AND 连接的比较必须能由同一个对象满足"},
	{id: "PAT-SEM-4", grade: binding, layer: inCode, section: "9.5.1",
		en: "the count of REPEATS is 1 or more",
		zh: "REPEATS 的次数不小于 1"},
	{id: "PAT-SEM-5", grade: binding, layer: inCode, section: "9.5.1",
		en: "the duration of WITHIN is greater than 0",
		zh: "WITHIN 的时长大于 0"},
	{id: "PAT-SEM-6", grade: binding, layer: inCode, section: "9.6",
		en: "the set of IN has a constant at least, and constants of one kind only",
		zh: "IN 的集合至少有一个常量，且常量种类相同"},
	{id: "PAT-SEM-7", grade: binding, layer: inCode, section: "9.6",
		en: "ISSUBSET and ISSUPERSET compare the value of an IP address with an address or block of its family",
		zh: "ISSUBSET 和 ISSUPERSET 只能将 IP 地址的 value 与同一地址族的地址或网段比较"},
	{id: "PAT-SEM-8", grade: binding, layer: inCode, section: "9.7",
		en: "the type in a path is a legal type name, and that of an observable",
		zh: "路径中的类型是合法的类型名，且应为可观测对象"},
	{id: "PAT-SEM-9", grade: tolerated, layer: inCode, section: "9.7",
		en: "each step of a path is a property, an extension or a key that may stand there",
		zh: "路径的每一步都是该处允许的属性、扩展或键"},
	{id: "PAT-SEM-10", grade: advice, layer: inCode, section: "9.6",
		en: "a constant is of a kind that its property can be compared with",
		zh: "常量的种类可与其属性比较"},
	{id: "PAT-SEM-11", grade: binding, layer: inCode, section: "9.6",
		en: "the constant of MATCHES is a regular expression",
		zh: "MATCHES 的常量是合法的正则表达式"},
	{id: "PAT-SEM-12", grade: binding, layer: inCode, section: "9.6",
		en: "the date and time of a timestamp constant exist",
		zh: "时间戳常量中的日期和时间必须存在"},
	{id: "PAT-SEM-13", grade: binding, layer: inCode, section: "9.6",
		en: "an integer lies within -(2^53)+1 and 2^53-1",
		zh: "整数在 -(2^53)+1 与 2^53-1 之间"},
	{id: "PAT-SEM-14", grade: binding, layer: inCode, section: "9.7",
		en: "an index of a list is not negative",
		zh: "列表索引不为负"},
	{id: "PAT-SEM-15", grade: advice, layer: inCode, section: "9.5.1", as: "OBJ-INDICATOR-5",
		en: "START is not before valid_from, and STOP not after valid_until",
		zh: "START 不早于 valid_from，STOP 不晚于 valid_until"},
	{id: "PAT-SEM-16", grade: advice, layer: inCode, section: "9.6",
		en: "a constant compared with a hash has the form of that hash",
		zh: "与哈希值比较的常量应符合该哈希算法的格式"},
}

// checkPattern reads the pattern of an indicator, if it is in the STIX language.
func checkPattern(s *subject) {
	if s.Type != "indicator" || s.value["pattern_type"] != "stix" {
		return
	}
	text, ok := s.text("pattern")
	if !ok {
		return
	}
	parsed, faults := pattern.Examine(text, pattern.DefaultLimits)
	for _, e := range faults {
		s.foundInPattern(&e, ruleOf(e.Rule).grade)
	}
	if parsed == nil {
		return
	}
	for _, e := range parsed.Problems() {
		g := advice
		if e.Rule == "PAT-SEM-9" {
			g = tolerated // the text says MUST, and its own examples break it
		}
		s.foundInPattern(&e, g)
	}
	s.checkPatternVersion(parsed)
	s.checkWindows(parsed)
}

// foundInPattern reports what the pattern's own room says, behind the place.
func (s *subject) foundInPattern(e *pattern.Error, g grade) {
	place := stix.Words{Format: "line %d, column %d", Args: []any{e.Line, e.Column}}
	s.report(ruleOf(e.Rule), g, "/pattern", place, stix.Words{Format: e.Format, Args: e.Args})
}

// checkPatternVersion knows 2.0, which has no EXISTS, and 2.1, the default.
func (s *subject) checkPatternVersion(p *pattern.Pattern) {
	version, there := s.text("pattern_version")
	switch {
	case !there || version == "2.1":
	case version != "2.0":
		s.foundAs("OBJ-INDICATOR-3", advice, "/pattern_version", "pattern_version is %s; of the STIX language 2.0 and 2.1 are known, and the pattern was read as 2.1", short(version))
	default:
		for _, term := range p.Terms() {
			if term.Match == pattern.MatchExists {
				s.found("OBJ-INDICATOR-3", "/pattern_version", "pattern_version is \"2.0\", and EXISTS in the pattern came with 2.1")
				return
			}
		}
	}
}

func (s *subject) checkWindows(p *pattern.Pattern) {
	from, hasFrom := s.timestamp("valid_from")
	until, hasUntil := s.timestamp("valid_until")
	for _, w := range p.Windows() {
		if hasFrom && w.Start.Compare(from) < 0 {
			s.found("OBJ-INDICATOR-5", "/pattern", "a window starts at %s, before valid_from, %s", short(w.Start), short(from))
		}
		if hasUntil && w.Stop.Compare(until) > 0 {
			s.found("OBJ-INDICATOR-5", "/pattern", "a window stops at %s, after valid_until, %s", short(w.Stop), short(until))
		}
	}
}
