package schemas

import (
	"slices"
	"strings"
)

// hashRules are about hashes (STIX 2.1 §2.7).
var hashRules = []rule{
	{id: "TYP-07", grade: binding, layer: inSchema, section: "2.7",
		en: "a hash has a name of 3 to 250 letters, digits, hyphens and underscores, and a value in the form of its algorithm", zh: "哈希算法名为 3 至 250 个字母、数字、连字符或下划线，其值符合该算法的格式"},
	{id: "TYP-08", grade: tolerated, layer: inCode, section: "2.7", check: checkHashNames,
		en: "hashes are named as hash-algorithm-ov has it, and SHA-256 is among them", zh: "哈希算法名取自 hash-algorithm-ov，且其中宜包括 SHA-256"},
}

// checkHashNames looks at each place where STIX defines hashes. Those of
// observables must be named by the vocabulary, those of external references
// should be.
func checkHashNames(s *subject) {
	for i, element := range s.externalReferences() {
		reference, _ := element.(map[string]any)
		if hashes, ok := reference["hashes"].(map[string]any); ok {
			pointer := at("/external_references", i, "hashes")
			s.checkHashNames(hashes, advice, pointer)
			if reference["url"] == nil { // else TYP-12
				s.checkSHA256(hashes, pointer)
			}
		}
	}
	switch s.Type {
	case "artifact", "file", "x509-certificate":
		s.checkHashes(s.value["hashes"], "/hashes")
		s.checkFileHashes()
	}
}

// checkFileHashes looks at the hashes in the extensions of a file.
func (s *subject) checkFileHashes() {
	extensions, _ := s.value["extensions"].(map[string]any)
	if s.Type != "file" || extensions == nil {
		return
	}
	ntfs, _ := extensions["ntfs-ext"].(map[string]any)
	s.checkEachHashes(ntfs["alternate_data_streams"], "/extensions/ntfs-ext/alternate_data_streams")
	pe, _ := extensions["windows-pebinary-ext"].(map[string]any)
	s.checkHashes(pe["file_header_hashes"], "/extensions/windows-pebinary-ext/file_header_hashes")
	header, _ := pe["optional_header"].(map[string]any)
	s.checkHashes(header["hashes"], "/extensions/windows-pebinary-ext/optional_header/hashes")
	s.checkEachHashes(pe["sections"], "/extensions/windows-pebinary-ext/sections")
}

// checkEachHashes looks at the hashes of each element of a list.
func (s *subject) checkEachHashes(list any, pointer string) {
	elements, _ := list.([]any)
	for i, element := range elements {
		if fields, ok := element.(map[string]any); ok && fields["hashes"] != nil {
			s.checkHashes(fields["hashes"], at(pointer, i, "hashes"))
		}
	}
}

// checkHashes looks at hashes of an observable; nil is none.
func (s *subject) checkHashes(v any, pointer string) {
	if hashes, ok := v.(map[string]any); ok {
		s.checkHashNames(hashes, tolerated, pointer)
		s.checkSHA256(hashes, pointer)
	}
}

func (s *subject) checkHashNames(hashes map[string]any, g grade, pointer string) {
	if s.full(ruleOf("TYP-08"), g) {
		return
	}
	known := vocabularies["hash-algorithm-ov"].terms
	var unknown []string
	for algorithm := range hashes {
		if !known[algorithm] && isHashName(algorithm) { // else TYP-07
			unknown = append(unknown, algorithm)
		}
	}
	slices.Sort(unknown)
	for _, algorithm := range unknown {
		if meant := algorithmMeant(algorithm); meant != "" {
			s.foundAs("TYP-08", g, at(pointer, algorithm), "the hash name %s is not in hash-algorithm-ov; it is written %s there", short(algorithm), short(meant))
		} else {
			s.foundAs("TYP-08", g, at(pointer, algorithm), "the hash name %s is not in hash-algorithm-ov; its terms are %s", short(algorithm), termsOf("hash-algorithm-ov"))
		}
	}
}

func (s *subject) checkSHA256(hashes map[string]any, pointer string) {
	if !s.full(ruleOf("TYP-08"), advice) && withoutSHA256(hashes) {
		s.foundAs("TYP-08", advice, pointer, "%s has no SHA-256; one is advised beside any other hash", name(pointer))
	}
}

// withoutSHA256 reports whether there are hashes, but none by the name SHA-256
// or another spelling of it.
func withoutSHA256(hashes map[string]any) bool {
	if _, ok := hashes["SHA-256"]; ok || len(hashes) == 0 { // GEN-05
		return false
	}
	for algorithm := range hashes {
		if algorithmMeant(algorithm) == "SHA-256" {
			return false
		}
	}
	return true
}

// algorithmMeant returns the term of the vocabulary that a name differs from in
// case, hyphens and underscores only, as sha256 from SHA-256; "" if there is none.
func algorithmMeant(name string) string {
	return bareAlgorithms[strings.ToLower(withoutDashes.Replace(name))]
}

var withoutDashes = strings.NewReplacer("-", "", "_", "")

// bareAlgorithms are the terms of hash-algorithm-ov by their letters and digits.
var bareAlgorithms = map[string]string{
	"md5": "MD5", "sha1": "SHA-1", "sha256": "SHA-256", "sha512": "SHA-512",
	"sha3256": "SHA3-256", "sha3512": "SHA3-512", "ssdeep": "SSDEEP", "tlsh": "TLSH",
}
