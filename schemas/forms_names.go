package schemas

import "strings"

// countries are the codes that ISO 3166-1 alpha-2 has assigned.
const countries = " AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ" +
	" BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY BZ" +
	" CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ" +
	" DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO FR" +
	" GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY" +
	" HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP" +
	" KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY" +
	" MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ" +
	" NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA" +
	" RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ" +
	" TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ" +
	" VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW "

// isCountry reports whether s is a country code of ISO 3166-1 alpha-2 in either
// case: an assigned one, or one that is left to its users, as XK for Kosovo
// (OBJ-LOCATION-5, STIX 2.1 §4.10.1).
func isCountry(s string) bool {
	if len(s) != 2 || !every(s, isLetter) {
		return false
	}
	code := [2]byte{s[0] &^ 0x20, s[1] &^ 0x20}
	switch {
	case code[0] == 'X', code[0] == 'Q' && code[1] >= 'M', string(code[:]) == "AA", string(code[:]) == "ZZ":
		return true // user-assigned
	}
	return strings.Contains(countries, string(code[:]))
}

// isSubdivision reports whether s has the form of an ISO 3166-2 code in either
// case: a country, a hyphen and 1 to 3 letters or digits (OBJ-LOCATION-6, STIX
// 2.1 §4.10.1). The 5,000 codes themselves change each year and are not looked
// up.
func isSubdivision(s string) bool {
	country, part, ok := strings.Cut(s, "-")
	return ok && len(country) == 2 && every(country, isLetter) &&
		1 <= len(part) && len(part) <= 3 && every(part, isAlphanumeric)
}

// isMediaType reports whether s is a media type under one of IANA's top-level
// types, without parameters (OBJ-ARTIFACT-5, STIX 2.1 §6.1.1, RFC 6838 §4.2).
func isMediaType(s string) bool {
	top, sub, _ := strings.Cut(s, "/")
	switch top {
	case "application", "audio", "font", "haptics", "image", "message", "model", "multipart", "text", "video":
		return 1 <= len(sub) && len(sub) <= 127 && isAlphanumeric(sub[0]) && every(sub, isMediaByte)
	}
	return false
}

func isMediaByte(c byte) bool {
	return isAlphanumeric(c) || strings.IndexByte("!#$&^_.+-", c) >= 0
}

// isIANAService reports whether s has the form of a service name in lower case:
// 1 to 15 letters, digits and single hyphens inside, at least one letter
// (OBJ-NETWORK-TRAFFIC-5, STIX 2.1 §6.12.1, RFC 6335 §5.1). The form alone
// decides: the registry changes weekly, and the names of protocols that are in
// none of its services, such as ipv4 and tcp, have the same form.
func isIANAService(s string) bool {
	if s == "" || len(s) > 15 || !every(s, isTypeByte) || strings.Contains(s, "--") {
		return false
	}
	return s[0] != '-' && s[len(s)-1] != '-' && !every(s, func(c byte) bool { return !isLowerLetter(c) })
}

// isFullHive reports whether a registry key begins with something else than a
// hive's abbreviation, in either case (OBJ-WINDOWS-REGISTRY-KEY-2, STIX 2.1
// §6.17.1). HKLM:\Software and HKLM/Software are abbreviated too.
func isFullHive(s string) bool {
	if i := strings.IndexAny(s, `\/:`); i >= 0 {
		s = s[:i]
	}
	for _, hive := range [...]string{"HKLM", "HKCU", "HKCR", "HKU", "HKCC"} {
		if strings.EqualFold(s, hive) {
			return false
		}
	}
	return true
}
