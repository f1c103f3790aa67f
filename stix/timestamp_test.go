package stix

import (
	"math/big"
	"regexp"
	"strings"
	"testing"
	"time"
)

func TestParseTimestamp(t *testing.T) {
	for _, tc := range []struct {
		name, in string
		want     string // part of the error, "" when in is valid
	}{
		{"TSP-01 no fraction", "2016-01-20T12:31:12Z", ""},
		{"TSP-01 one digit", "2016-01-20T12:31:12.1Z", ""},
		{"TSP-01 forty digits", "2016-01-20T12:31:12." + strings.Repeat("1", 40) + "Z", ""},
		{"TSP-01 point without digits", "2016-01-20T12:31:12.Z", "the form is"},
		{"TSP-01 no zone", "2016-01-20T12:31:12", "the form is"},
		{"TSP-01 other zone", "2016-01-20T12:31:12+00:00", "the form is"},
		{"TSP-01 lower case", "2016-01-20t12:31:12z", "the form is"},
		{"TSP-01 letter in the fraction", "2016-01-20T12:31:12.1a1Z", "the form is"},
		{"TSP-01 comma", "2016-01-20T12:31:12,1Z", "the form is"},
		{"TSP-01 blank", "2016-01-20 12:31:12Z", "the form is"},
		{"TSP-01 sign", "+016-01-20T12:31:12Z", "the form is"},
		{"TSP-01 line feed behind", "2016-01-20T12:31:12Z\n", "the form is"},
		{"TSP-01 empty", "", "the form is"},
		{"TSP-02 day and month exchanged", "2016-15-01T12:31:12Z", "no month 15"},
		{"TSP-02 month 0", "2016-00-01T12:31:12Z", "no month 0"},
		{"TSP-02 29 February", "2016-02-29T00:00:00Z", ""},
		{"TSP-02 29 February of a common year", "2015-02-29T00:00:00Z", "no day 29"},
		{"TSP-02 29 February of 1900", "1900-02-29T00:00:00Z", "no day 29"},
		{"TSP-02 31 December", "2015-12-31T00:00:00Z", ""},
		{"TSP-02 31 April", "2015-04-31T00:00:00Z", "no day 31"},
		{"TSP-02 day 0", "2015-04-00T00:00:00Z", "no day 0"},
		{"TSP-02 hour 24", "2015-04-01T24:00:00Z", "no hour 24"},
		{"TSP-02 minute 60", "2015-04-01T00:60:00Z", "no minute 60"},
		{"TSP-02 leap second", "2016-12-31T23:59:60.5Z", ""},
		{"TSP-02 second 60 elsewhere", "2016-12-31T22:59:60Z", "no second 60"},
		{"TSP-02 second 61", "2016-12-31T23:59:61Z", "no second 61"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := ParseTimestamp(tc.in)
			if tc.want == "" && (err != nil || string(got) != tc.in) {
				t.Errorf("ParseTimestamp(%q) = %q, %v; want it as it is (TSP-03)", tc.in, got, err)
			}
			if tc.want != "" && (err == nil || got != "" || !strings.Contains(err.Error(), tc.want)) {
				t.Errorf("ParseTimestamp(%q) = %q, %v; want an error with %q", tc.in, got, err, tc.want)
			}
		})
	}
}

func TestTimestampCompare(t *testing.T) { // TSP-05: in order, equal ones in one row
	rows := [][]Timestamp{
		{""},
		{"2016-12-31T12:00:00Z", "2016-12-31T12:00:00.0Z", "2016-12-31T12:00:00.000000000000Z"},
		{"2016-12-31T12:00:00.0000000000001Z"},
		{"2016-12-31T12:00:00.0000000000002Z"},
		{"2016-12-31T12:00:00.49Z"},
		{"2016-12-31T12:00:00.5Z", "2016-12-31T12:00:00.500Z"},
		{"2016-12-31T12:00:00.51Z"},
		{"2016-12-31T12:00:01Z"},
		{"2016-12-31T23:59:60Z"},
		{"2017-01-01T00:00:00Z"},
	}
	for i, row := range rows {
		for _, a := range row {
			for j, other := range rows {
				for _, b := range other {
					want := min(max(i-j, -1), 1)
					if got := a.Compare(b); got != want {
						t.Errorf("Compare(%q, %q) = %d; want %d", a, b, got, want)
					}
				}
			}
		}
	}
}

func TestTimestampTime(t *testing.T) {
	for _, tc := range []struct {
		in   Timestamp
		want time.Time
	}{
		{"2016-01-20T12:31:12Z", time.Date(2016, 1, 20, 12, 31, 12, 0, time.UTC)},
		{"2016-01-20T12:31:12.05Z", time.Date(2016, 1, 20, 12, 31, 12, 50_000_000, time.UTC)},
		{"2016-01-20T12:31:12.1234567899Z", time.Date(2016, 1, 20, 12, 31, 12, 123_456_789, time.UTC)},
		{"2016-12-31T23:59:60Z", time.Date(2017, 1, 1, 0, 0, 0, 0, time.UTC)},
		{"2016-13-31T23:59:60Z", time.Time{}},
		{"", time.Time{}},
	} {
		if got := tc.in.Time(); !got.Equal(tc.want) || got.Location() != time.UTC {
			t.Errorf("Timestamp(%q).Time() = %v; want %v", tc.in, got, tc.want)
		}
	}
}

var timestampRule = regexp.MustCompile(`\A[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])T([01][0-9]|2[0-3]):[0-5][0-9]:([0-5][0-9]|60)(\.[0-9]+)?Z\z`)

// FuzzParseTimestamp compares with the expression of TSP-01, with the calendar
// of package time, and instants with exact fractions.
func FuzzParseTimestamp(f *testing.F) {
	f.Add("2016-01-20T12:31:12.123Z", "2016-01-20T12:31:12.1230Z", "2016-01-20T12:31:12Z")
	f.Add("2016-12-31T23:59:60Z", "2016-02-30T00:00:00Z", "")
	f.Add("2016-01-20T12:31:12.1", "2016-01-20T12:31:12.00001Z", "Z")
	f.Fuzz(func(t *testing.T, a, b, c string) {
		x, y, z := Timestamp(a), Timestamp(b), Timestamp(c)
		if x.Compare(y) != -y.Compare(x) || x.Compare(x) != 0 {
			t.Fatalf("Compare(%q, %q) = %d, the other way round %d", a, b, x.Compare(y), y.Compare(x))
		}
		if x.Compare(y) <= 0 && y.Compare(z) <= 0 && x.Compare(z) > 0 {
			t.Fatalf("%q ≤ %q ≤ %q, yet the first is after the last", a, b, c)
		}
		_, errA := ParseTimestamp(a)
		_, errB := ParseTimestamp(b)
		if want := timestampExists(a); want != (errA == nil) {
			t.Fatalf("ParseTimestamp(%q): %v; want %v", a, errA, want)
		}
		if errA == nil && errB == nil && x.Compare(y) != instant(a).Cmp(instant(b)) {
			t.Fatalf("Compare(%q, %q) = %d; as fractions %d", a, b, x.Compare(y), instant(a).Cmp(instant(b)))
		}
	})
}

// timestampExists is the slow way to TSP-01 and TSP-02.
func timestampExists(s string) bool {
	if !timestampRule.MatchString(s) {
		return false
	}
	if s[17:19] == "60" {
		if s[11:16] != "23:59" {
			return false
		}
		s = s[:17] + "59" + s[19:]
	}
	_, err := time.Parse("2006-01-02T15:04:05", s[:19])
	return err == nil
}

// instant returns a timestamp as a number whose digits are those of the text.
func instant(s string) *big.Rat {
	whole, fraction, _ := strings.Cut(strings.TrimSuffix(s, "Z"), ".")
	r, _ := new(big.Rat).SetString(strings.NewReplacer("-", "", "T", "", ":", "").Replace(whole) + "." + fraction + "0")
	return r
}
