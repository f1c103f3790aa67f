package stix

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Timestamp is a STIX timestamp as it was sent: RFC 3339, UTC, with any
// number of fractional digits (STIX 2.1 §2.16). The text is kept, because
// parsing it into nanoseconds may lose digits that the standard allows.
// A Timestamp that did not come from ParseTimestamp may hold anything; the
// zero value means that there is none.
type Timestamp string

// timestampForm is a timestamp in whole seconds, without the Z.
const timestampForm = "YYYY-MM-DDThh:mm:ss"

// ParseTimestamp returns s as a timestamp if it has the form of TSP-01 and
// names a second that exists (TSP-02): second 60 is a leap second, which only
// 23:59 has. The error says what is wrong in words that a client may read.
func ParseTimestamp(s string) (Timestamp, error) {
	err := checkTimestampForm(s)
	if err == nil {
		err = checkCalendar(s)
	}
	if err != nil {
		return "", fmt.Errorf("timestamp %s: %w", excerpt(s), err)
	}
	return Timestamp(s), nil
}

var errForm = errors.New("the form is YYYY-MM-DDThh:mm:ssZ, with a fraction of at least one digit or none")

func checkTimestampForm(s string) error {
	if len(s) <= len(timestampForm) || s[len(s)-1] != 'Z' {
		return errForm
	}
	for i := range len(timestampForm) {
		if c := timestampForm[i]; c == '-' || c == ':' || c == 'T' {
			if s[i] != c {
				return errForm
			}
		} else if !isDigit(s[i]) {
			return errForm
		}
	}
	fraction := s[len(timestampForm) : len(s)-1]
	if fraction == "" {
		return nil
	}
	if fraction[0] != '.' || len(fraction) == 1 || strings.Trim(fraction[1:], "0123456789") != "" {
		return errForm
	}
	return nil
}

// checkCalendar checks the numbers of a timestamp whose form is right.
func checkCalendar(s string) error {
	year, month, day := digits(s[0:4]), digits(s[5:7]), digits(s[8:10])
	hour, minute, second := digits(s[11:13]), digits(s[14:16]), digits(s[17:19])
	if month < 1 || month > 12 {
		return fmt.Errorf("there is no month %d", month)
	}
	// Day 0 of a month is the last one of the month before.
	if last := time.Date(year, time.Month(month+1), 0, 0, 0, 0, 0, time.UTC).Day(); day < 1 || day > last {
		return fmt.Errorf("there is no day %d in that month", day)
	}
	switch {
	case hour > 23:
		return fmt.Errorf("there is no hour %d", hour)
	case minute > 59:
		return fmt.Errorf("there is no minute %d", minute)
	case second > 59 && s[11:19] != "23:59:60":
		return fmt.Errorf("there is no second %d in that minute", second)
	}
	return nil
}

func digits(s string) int {
	n, _ := strconv.Atoi(s)
	return n
}

// Compare returns -1, 0 or +1 as t is before, at or after u as an instant, at
// any number of digits (TSP-05): 12:00:00Z equals 12:00:00.000Z. It orders any
// texts, whether timestamps or not; the zero value comes first.
func (t Timestamp) Compare(u Timestamp) int {
	tSeconds, tFraction := t.split()
	uSeconds, uFraction := u.split()
	return cmp.Or(strings.Compare(tSeconds, uSeconds), strings.Compare(tFraction, uFraction))
}

// split returns the whole seconds, and the digits of the fraction without the
// zeros at their end, so that both parts order as text.
func (t Timestamp) split() (seconds, fraction string) {
	s := string(t)
	if len(s) <= len(timestampForm) {
		return s, ""
	}
	rest := strings.TrimPrefix(s[len(timestampForm):], ".")
	return s[:len(timestampForm)], strings.TrimRight(strings.TrimSuffix(rest, "Z"), "0")
}

// Time returns t in UTC, cut to whole nanoseconds. A leap second becomes the
// second after it, and what is no timestamp the zero time.
func (t Timestamp) Time() time.Time {
	if _, err := ParseTimestamp(string(t)); err != nil {
		return time.Time{}
	}
	s := string(t)
	_, fraction := t.split()
	return time.Date(digits(s[0:4]), time.Month(digits(s[5:7])), digits(s[8:10]),
		digits(s[11:13]), digits(s[14:16]), digits(s[17:19]),
		digits((fraction + "000000000")[:9]), time.UTC)
}
