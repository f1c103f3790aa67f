package schemas

import "strings"

// hashDigits is the number of hex digits in a value of each algorithm (TYP-07).
var hashDigits = map[string]int{
	"MD5": 32, "SHA-1": 40, "SHA-256": 64, "SHA-512": 128, "SHA3-256": 64, "SHA3-512": 128, "TLSH": tlshDigits,
}

const tlshDigits = 70 // 35 bytes

// isHashName reports whether s may be a key of hashes: 3 to 250 letters,
// digits, hyphens and underscores (TYP-07, STIX 2.1 §2.7).
func isHashName(s string) bool {
	return 3 <= len(s) && len(s) <= 250 && every(s, isNameByte)
}

// isHashValue reports whether value has the form of the algorithm (TYP-07, STIX
// 2.1 §2.7 and §10.7). Digits of either case will do. Of an algorithm that is
// not in hash-algorithm-ov any value will do (TYP-08).
func isHashValue(algorithm, value string) bool {
	if algorithm == "SSDEEP" {
		return isSSDEEP(value)
	}
	digits, known := hashDigits[algorithm]
	return !known || len(value) == digits && every(value, isHexDigit)
}

// isSSDEEP reports whether s is a block size and two hashes. A hash may be
// empty: a tiny file has the value 3::.
func isSSDEEP(s string) bool {
	size, rest, _ := strings.Cut(s, ":")
	first, second, ok := strings.Cut(rest, ":")
	return ok && size != "" && every(size, isDigit) && noneOf(first, &base64Fault) && noneOf(second, &base64Fault)
}

// isVersionedTLSH reports whether s is a TLSH value behind the prefix T1 of its
// version, as the program prints it: 72 characters, one byte more than TYP-07
// allows.
func isVersionedTLSH(s string) bool {
	return len(s) == tlshDigits+2 && (s[0] == 'T' || s[0] == 't') && s[1] == '1' && every(s[2:], isHexDigit)
}
