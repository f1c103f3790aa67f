package schemas

import "strings"

func explainCharset(f *fault, text, _ string) {
	id := f.rule("NAM-05")
	if preferred := preferredCharset(text); preferred != "" {
		f.found(id, f.pointer, "%s is %s; the preferred MIME name is required, which is %s", name(f.pointer), short(text), short(preferred))
		return
	}
	f.found(id, f.pointer, "%s is %s; it must be the preferred MIME name of a character set in the IANA registry, such as \"windows-1251\"", name(f.pointer), short(text))
}

// preferredCharset is the name to use instead of another name of the IANA
// registry, or of a common spelling that is in none; "" where none is known.
func preferredCharset(text string) string {
	if len(text) > 48 {
		return ""
	}
	text = strings.ToLower(text)
	if preferred := charsetAliases[text]; preferred != "" {
		return preferred
	}
	return codePage(text)
}

// codePage is the name of a code page of Windows or IBM that has its number: of
// cp1251, windows1251 and ibm-866.
func codePage(text string) string {
	number := strings.TrimLeft(text, "abcdefghijklmnopqrstuvwxyz-_")
	switch strings.TrimRight(text[:len(text)-len(number)], "-_") {
	case "cp", "windows", "win", "ibm", "":
	default:
		return ""
	}
	for _, family := range []string{"windows-", "IBM", "IBM0"} {
		if isCharset(family + number) {
			return family + number
		}
	}
	return ""
}

// charsetAliases are other names of the character sets in use, in lower case.
var charsetAliases = map[string]string{
	"ascii": "US-ASCII", "us": "US-ASCII", "iso646-us": "US-ASCII", "iso_646.irv:1991": "US-ASCII", "iso-ir-6": "US-ASCII",
	"ansi_x3.4-1968": "US-ASCII", "ansi_x3.4-1986": "US-ASCII", "csascii": "US-ASCII", "ibm367": "US-ASCII", "cp367": "US-ASCII",
	"utf8": "UTF-8", "csutf8": "UTF-8", "utf_8": "UTF-8", "utf7": "UTF-7", "utf16": "UTF-16", "utf_16": "UTF-16", "utf32": "UTF-32",
	"utf16le": "UTF-16LE", "utf16be": "UTF-16BE",
	"iso_8859-1:1987": "ISO-8859-1", "iso_8859-1": "ISO-8859-1", "iso8859-1": "ISO-8859-1", "iso88591": "ISO-8859-1",
	"latin1": "ISO-8859-1", "latin-1": "ISO-8859-1", "l1": "ISO-8859-1", "iso-ir-100": "ISO-8859-1", "ibm819": "ISO-8859-1",
	"cp819": "ISO-8859-1", "csisolatin1": "ISO-8859-1",
	"iso_8859-2:1987": "ISO-8859-2", "iso_8859-2": "ISO-8859-2", "iso8859-2": "ISO-8859-2", "latin2": "ISO-8859-2", "l2": "ISO-8859-2",
	"iso_8859-3:1988": "ISO-8859-3", "iso_8859-3": "ISO-8859-3", "iso8859-3": "ISO-8859-3", "latin3": "ISO-8859-3", "l3": "ISO-8859-3",
	"iso_8859-4:1988": "ISO-8859-4", "iso_8859-4": "ISO-8859-4", "iso8859-4": "ISO-8859-4", "latin4": "ISO-8859-4", "l4": "ISO-8859-4",
	"iso_8859-5:1988": "ISO-8859-5", "iso_8859-5": "ISO-8859-5", "iso8859-5": "ISO-8859-5", "cyrillic": "ISO-8859-5",
	"iso_8859-6:1987": "ISO-8859-6", "iso_8859-6": "ISO-8859-6", "iso8859-6": "ISO-8859-6", "arabic": "ISO-8859-6",
	"iso_8859-7:1987": "ISO-8859-7", "iso_8859-7": "ISO-8859-7", "iso8859-7": "ISO-8859-7", "greek": "ISO-8859-7", "greek8": "ISO-8859-7",
	"iso_8859-8:1988": "ISO-8859-8", "iso_8859-8": "ISO-8859-8", "iso8859-8": "ISO-8859-8", "hebrew": "ISO-8859-8",
	"iso_8859-9:1989": "ISO-8859-9", "iso_8859-9": "ISO-8859-9", "iso8859-9": "ISO-8859-9", "latin5": "ISO-8859-9", "l5": "ISO-8859-9",
	"iso_8859-10:1992": "ISO-8859-10", "latin6": "ISO-8859-10", "l6": "ISO-8859-10", "iso_8859-14": "ISO-8859-14", "latin8": "ISO-8859-14",
	"iso_8859-15": "ISO-8859-15", "iso8859-15": "ISO-8859-15", "latin-9": "ISO-8859-15", "latin9": "ISO-8859-15",
	"iso_8859-16": "ISO-8859-16", "iso_8859-16:2001": "ISO-8859-16", "latin10": "ISO-8859-16", "l10": "ISO-8859-16",
	"koi8r": "KOI8-R", "koi8u": "KOI8-U", "cp936": "GBK", "ms936": "GBK", "windows-936": "GBK", "gb-2312": "GB2312", "gb-18030": "GB18030",
	"big-5": "Big5", "big5hkscs": "Big5-HKSCS", "ms_kanji": "Shift_JIS", "sjis": "Shift_JIS", "shift-jis": "Shift_JIS",
	"eucjp": "EUC-JP", "euc_jp": "EUC-JP", "euckr": "EUC-KR", "euc_kr": "EUC-KR", "cp932": "Windows-31J", "mac": "macintosh",
	"extended_unix_code_packed_format_for_japanese": "EUC-JP", "ks_c_5601-1989": "KS_C_5601-1987", "iso-8859-11": "TIS-620",
}
