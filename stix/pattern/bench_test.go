package pattern

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

// BenchmarkTypical reads the pattern of an ordinary indicator: some 90 bytes and
// two comparisons.
func BenchmarkTypical(b *testing.B) {
	for _, bm := range []struct{ name, text string }{
		{"Addresses", "[domain-name:value = 'login.bank.example.net' OR ipv4-addr:value = '198.51.100.77/32']"},
		{"Hashes", "[file:hashes.MD5 = '79054025255fb1a26e4bc422aef54eb4' OR file:hashes.'SHA-1' = 'da39a3ee5e6b4b0d3255bfef95601890afd80709']"},
		{"Expression", `[process:command_line MATCHES '^powershell(\\.exe)?\\s+-e' AND process:is_hidden = true]`},
	} {
		b.Run(bm.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p, err := Parse(bm.text, DefaultLimits)
				if err != nil || p.Problems() != nil {
					b.Fatal(err, p.Problems())
				}
			}
		})
		b.Run(bm.name+"Terms", func(b *testing.B) {
			b.ReportAllocs()
			p := mustParse(b, bm.text)
			for b.Loop() {
				if len(p.Terms()) != 2 {
					b.Fatal(p.Terms())
				}
			}
		})
	}
}

// hostile returns patterns at the limits: 256 KiB, 10,000 comparisons, 100
// brackets in one another, expressions of 8 KiB.
func hostile() map[string]string {
	all := map[string]string{
		"OneString": "[file:name = '" + strings.Repeat(`\\`, 131_000) + "']",
		"Comments":  strings.Repeat("/**/\n", 52_000) + "[file:name = 'a']",
		"OneSet":    "[x-a:'" + strings.Repeat("k", 120_000) + "'.b_ref.value IN (1" + strings.Repeat(",1", 9_999) + ")]",
		"LongPaths": "[" + strings.Repeat("(x-a:a_ref.type = 'a' AND ", 99) +
			strings.Repeat("x-a:a_ref"+strings.Repeat(".a_ref", 98)+".b = 1 OR ", 400) + "x-a:b = 1" + strings.Repeat(")", 99) + "]",
	}
	for name, test := range map[string]string{
		"Types":    "x-%d:a = %d OR ",
		"Warnings": "file:n%d = '%d' OR ",
		"Fixed":    "x:a%d_ref.b = %d AND ",
		"InTurns":  "xx%d:a = %d OR xx:a = 1 AND xx:b = 1 OR ",
	} {
		all[name] = nested(test)
	}
	for name, expression := range map[string]string{
		"Braces":   strings.Repeat("{1", 4<<10),
		"Groups":   strings.Repeat("(", 4<<10) + strings.Repeat(")", 4<<10),
		"Repeats":  strings.Repeat("(a{1000}){1000}", 500),
		"Classes":  strings.Repeat("[[:alpha:]]", 700),
		"Brackets": "[" + strings.Repeat("[:", 4000) + "]",
	} {
		test := "file:name MATCHES '" + expression + "'"
		all["Expressions"+name] = "[" + test + strings.Repeat(" OR "+test, DefaultLimits.Bytes/(len(test)+4)-1) + "]"
	}
	return all
}

// nested repeats a comparison up to the limits, inside all brackets there may be
// and with a parenthesis that closes here and there.
func nested(test string) string {
	var b strings.Builder
	b.WriteString("[" + strings.Repeat("(", DefaultLimits.Depth-1))
	closed, tests := 0, 0
	for tests < DefaultLimits.Comparisons-4 && b.Len() < DefaultLimits.Bytes-300 {
		s := fmt.Sprintf(strings.ReplaceAll(test, "x:", "xxx:"), tests, tests%10)
		tests += strings.Count(s, "=")
		if tests/100 > closed && closed < DefaultLimits.Depth-2 {
			operator := s[strings.LastIndex(strings.TrimSpace(s), " "):]
			s = strings.TrimSuffix(s, operator) + ")" + operator
			closed++
		}
		b.WriteString(s)
	}
	text := strings.TrimSuffix(strings.TrimSuffix(b.String(), " OR "), " AND ")
	return text + strings.Repeat(")", DefaultLimits.Depth-1-closed) + "]"
}

// BenchmarkHostile reads what was made to take long; each must stay below 50 ms.
func BenchmarkHostile(b *testing.B) {
	patterns := hostile()
	for _, name := range slices.Sorted(maps.Keys(patterns)) {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(patterns[name])))
			for b.Loop() {
				p, err := Parse(patterns[name], DefaultLimits)
				if err != nil {
					b.Fatal(err)
				}
				_ = p.Problems()
			}
		})
		b.Run(name+"Terms", func(b *testing.B) {
			p := mustParse(b, patterns[name])
			for b.Loop() {
				_ = p.Terms()
			}
		})
	}
}
