package schemas

import (
	"strings"
	"unicode/utf8"

	"accord/stix"

	"github.com/xeipuuv/gojsonschema"
)

// A form is a kind of string that schemas ask for, as the format "stix-NAME" or
// "stix-NAME:PARAMETER".
type form struct {
	check   func(param string) func(text string) bool
	explain func(f *fault, text, param string) // says which rule a text breaks that failed the check
}

// allForms returns the forms by name.
func allForms() map[string]form {
	return map[string]form{
		"id":                     {plain(soundIdentifier), explainID},
		"ref":                    {checkRef, explainRef},
		"type":                   {plain(stix.ValidType), explainNothing}, // NAM-01
		"spec-version":           simple("COM-02", `"2.1"`, func(text string) bool { return text == "2.1" }),
		"timestamp":              {plain(isTimestamp), explainTimestamp},
		"timestamp-ms-min":       {plain(hasMilliseconds), explainTimestamp},
		"timestamp-second":       {plain(isSecond), explainTimestamp},
		"binary":                 simple("TYP-01", "base64 with padding, in the standard alphabet", isBase64),
		"hex":                    {plain(isHex), explainHex},
		"bcp47":                  simple("COM-10", `a language tag such as "en" or "zh-Hans" (RFC 5646)`, isLanguageTag),
		"uri-reference":          {plain(isURIReference), explainURI},
		"url":                    {plain(isURL), explainURL},
		"selector":               simple("GRN-03", `property names, keys and indexes such as [0], joined by full stops`, isSelector),
		"relationship-type":      simple("OBJ-RELATIONSHIP-1", "lower-case letters, digits and hyphens", isRelationshipType),
		"iso3166-1-alpha2":       simple("OBJ-LOCATION-5", "a country code of two letters (ISO 3166-1)", isCountry),
		"iso3166-2":              simple("OBJ-LOCATION-6", `the code of a subdivision such as "US-MA" (ISO 3166-2)`, isSubdivision),
		"iana-media-type":        simple("OBJ-ARTIFACT-5", `a media type such as "application/pdf"`, isMediaType),
		"iana-charset":           {plain(isCharset), explainCharset},
		"domain-name":            {plain(isPlainDomainName), explainDomainName},
		"email-addr-spec":        simple("OBJ-EMAIL-ADDR-1", "an e-mail address without a display name (RFC 5322 addr-spec)", isEmailAddress),
		"ipv4-or-cidr":           {plain(isIPv4), explainIPv4},
		"ipv6-or-cidr":           {plain(isIPv6), explainIPv6},
		"mac-48-lower-colon":     simple("OBJ-MAC-ADDR-1", "six lower-case hexadecimal octets joined by colons", isMAC),
		"cpe-2.3":                simple("OBJ-SOFTWARE-1", "a CPE 2.3 formatted string", isCPE),
		"registry-key-full-hive": simple("OBJ-WINDOWS-REGISTRY-KEY-2", "a key whose hive is spelled in full, such as HKEY_LOCAL_MACHINE", isFullHive),
		"kebab":                  simple("TYP-14", "lower-case words joined by hyphens", isKebab),
		"lower-case":             simple("EXT-HTTP-1", "in lower case", func(text string) bool { return text == strings.ToLower(text) }),
		"priority-class":         simple("EXT-WINPROC-2", "a name that ends in _CLASS", func(text string) bool { return strings.HasSuffix(text, "_CLASS") }),
		"dictionary-key":         simple("TYP-03", "a key of 1 to 250 letters, digits, hyphens and underscores", isDictionaryKey),
		"hash-name":              {plain(isHashName), explainHashName},
		"hash":                   {checkHash, explainHash},
		"vocab":                  {checkVocabulary, explainVocabulary},
		"enum":                   {checkVocabulary, explainEnum},
		"extension-type":         {func(param string) func(string) bool { return func(text string) bool { return text == param } }, explainExtensionType},
		"territory":              simple("CTX-TERRITORY", "a country code of two capital letters (ISO 3166-1)", func(text string) bool { return isCountry(text) && text == strings.ToUpper(text) }),
		"norm":                   simple("CTX-NORM", `a norm such as "gge-2015-13c" or AGREEMENT:COMMITMENT`, isNorm),
	}
}

// A checker is a form with its parameter, as gojsonschema asks for it.
type checker func(text string) bool

// IsFormat implements gojsonschema.FormatChecker.
func (c checker) IsFormat(v any) bool {
	text, ok := v.(string)
	return !ok || c(text)
}

// register makes a form known to gojsonschema, whose registry is one for the
// whole program.
func register(name string) {
	kind, param, _ := strings.Cut(name, ":")
	if !gojsonschema.FormatCheckers.Has("stix-" + name) {
		gojsonschema.FormatCheckers.Add("stix-"+name, checker(forms[kind].check(param)))
	}
}

// plain is the check of a form without a parameter.
func plain(check func(string) bool) func(string) func(string) bool {
	return func(string) func(string) bool { return check }
}

// simple is a form without a parameter whose violation is one rule, unless the
// schema names another at the place, and one sentence.
func simple(id string, allowed stix.Term, check func(string) bool) form {
	return form{plain(check), func(f *fault, text, _ string) {
		id := f.rule(id)
		switch {
		case f.isKey:
			f.found(id, f.pointer, "the key %s is not allowed; it must be %s", short(text), allowed)
		case ruleOf(id).grade == advice:
			f.found(id, f.pointer, "%s is %s; it should be %s", name(f.pointer), short(text), allowed)
		default:
			f.found(id, f.pointer, "%s is %s; it must be %s", name(f.pointer), short(text), allowed)
		}
	}}
}

func explainNothing(*fault, string, string) {}

func explainHex(f *fault, text, _ string) {
	g := binding
	if isHexAnyCase(text) {
		g = tolerated // as common tools write it
	}
	f.foundAs("TYP-09", g, f.pointer, "%s is %s; it must be an even number of lower-case hexadecimal digits", name(f.pointer), short(text))
}

func explainHashName(f *fault, text, _ string) {
	f.found("TYP-07", f.pointer, "the hash name %s is not allowed; it must be 3 to 250 letters, digits, hyphens and underscores", short(text))
}

func checkHash(algorithm string) func(string) bool {
	return func(text string) bool { return isHashValue(algorithm, text) }
}

func explainHash(f *fault, text, algorithm string) {
	if algorithm == "TLSH" && isVersionedTLSH(text) {
		f.foundAs("TYP-07", advice, f.pointer, "%s is %s; it begins with the version T1, which is not a part of the 35 bytes", name(f.pointer), short(text))
		return
	}
	if n := utf8.RuneCountInString(text); n > countable && hashDigits[algorithm] != 0 && n != hashDigits[algorithm] {
		f.found("TYP-07", f.pointer, "%s is %s, of length %d; a hash of this name has %s", name(f.pointer), short(text), n, hashForms[algorithm])
		return
	}
	f.found("TYP-07", f.pointer, "%s is %s; a hash of this name has %s", name(f.pointer), short(text), hashForms[algorithm])
}

// countable is the length of a text that a reader counts without help.
const countable = 10

// hashForms say what the values of the algorithms look like.
var hashForms = map[string]stix.Term{
	"MD5": "32 hexadecimal digits", "SHA-1": "40 hexadecimal digits", "SHA-256": "64 hexadecimal digits",
	"SHA-512": "128 hexadecimal digits", "SHA3-256": "64 hexadecimal digits", "SHA3-512": "128 hexadecimal digits",
	"SSDEEP": "a block size and two parts of base64, joined by colons", "TLSH": "70 hexadecimal digits",
}

func checkVocabulary(vocabulary string) func(string) bool {
	terms := vocabularies[vocabulary].terms
	return func(text string) bool { return terms[text] }
}

// mostTerms is how many terms of a vocabulary a message lists.
const mostTerms = 12

// termsOf lists the terms of a vocabulary, or its beginning.
func termsOf(vocabulary string) listing { return beginning(vocabularies[vocabulary].words, mostTerms) }

func explainVocabulary(f *fault, text, vocabulary string) {
	format := "%s is %s; a term of the vocabulary %s (%s) is advised"
	if !isVocabularyStyle(text) {
		format = "%s is %s; a term of the vocabulary %s (%s) is advised, or one of your own in lower case with hyphens"
	}
	f.found("TYP-05", f.pointer, format, name(f.pointer), short(text), vocabulary, termsOf(vocabulary))
}

func explainEnum(f *fault, text, vocabulary string) {
	f.found(f.rule("TYP-04"), f.pointer, "%s is %s; a term of %s is required: %s", name(f.pointer), short(text), vocabulary, termsOf(vocabulary))
}

func explainExtensionType(f *fault, text, want string) {
	f.found("EXT-02", f.pointer, "extension_type is %s; for this extension it must be %s", short(text), short(want))
}

// isNorm reports whether text names a norm: one of the eleven of the UN GGE
// report of 2015, or a commitment of an agreement as AGREEMENT:COMMITMENT.
func isNorm(text string) bool {
	if norm, ok := strings.CutPrefix(text, "gge-2015-13"); ok {
		return len(norm) == 1 && norm[0] >= 'a' && norm[0] <= 'k'
	}
	agreement, commitment, ok := strings.Cut(text, ":")
	return ok && isKebab(agreement) && isKebab(commitment)
}
