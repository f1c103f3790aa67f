package taxii

import (
	"errors"
	"fmt"
	"net/url"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"accord/collections"
	"accord/stix"
)

const allParams = pageParams | matchParams

func TestParseQuery(t *testing.T) {
	type filter = collections.Filter
	type versions = collections.VersionFilter
	for _, tc := range []struct {
		name, raw string
		want      filter
	}{
		{"TX-FLT-02 nothing", "", filter{}},
		{"TX-FLT-04 two types", "match[type]=malware,indicator", filter{Types: []string{"indicator", "malware"}}},
		{"a type twice is once", "match[type]=malware,malware", filter{Types: []string{"malware"}}},
		{"TX-FLT-07 unknown match field", "match[colour]=red&foo=bar&foo=baz&match=x&Limit=0", filter{}},
		{"TX-URL-07 encoded", "match%5Btype%5D=a%2Cb", filter{Types: []string{"a", "b"}}},
		{"TX-FLT-23 six digits", "added_after=2020-01-01T00:00:00.123456Z", filter{AddedAfter: "2020-01-01T00:00:00.123456Z"}},
		{"TX-FLT-23 none", "added_after=2020-01-01T00:00:00Z", filter{AddedAfter: "2020-01-01T00:00:00Z"}},
		{"TX-FLT-23 one", "added_after=2020-01-01T00:00:00.1Z", filter{AddedAfter: "2020-01-01T00:00:00.1Z"}},
		{"TX-FLT-23 nine", "added_after=2020-01-01T00:00:00.123456789Z", filter{AddedAfter: "2020-01-01T00:00:00.123456789Z"}},
		{"TX-FLT-26 the future", "added_after=2999-01-01T00:00:00.000000Z", filter{AddedAfter: "2999-01-01T00:00:00.000000Z"}},
		{"TX-FLT-30 one", "limit=1", filter{Limit: 1}},
		{"TX-FLT-34 the largest integer", "limit=9007199254740991", filter{Limit: 1<<31 - 1}},
		{"TX-MID-01 two ids", "match[id]=malware--2,malware--1", filter{IDs: []string{"malware--1", "malware--2"}}},
		{"TX-MID-03 no id", "match[id]=foo", filter{IDs: []string{"foo"}}},
		{"TX-MTY-03 any type", "match[type]=x-acme-thing", filter{Types: []string{"x-acme-thing"}}},
		{"TX-MSV-04 two versions", "match[spec_version]=2.1,2.0", filter{Versions: versions{SpecVersions: []string{"2.0", "2.1"}}}},
		{"TX-MSV-06 none of ours", "match[spec_version]=3.0", filter{Versions: versions{SpecVersions: []string{"3.0"}}}},
		{"TX-MVR-01 last", "match[version]=last", filter{Versions: versions{Last: true}}},
		{"TX-MVR-03 all", "match[version]=all", filter{Versions: versions{All: true}}},
		{"TX-MVR-06 mixed", "match[version]=first,2016-01-01T00:00:00.0001Z,last",
			filter{Versions: versions{First: true, Last: true, At: []stix.Timestamp{"2016-01-01T00:00:00.0001Z"}}}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := parseQuery(tc.raw, allParams)
			if err != nil || !reflect.DeepEqual(got.Filter, tc.want) {
				t.Errorf("parseQuery(%q) = %+v, %v; want %+v", tc.raw, got.Filter, err, tc.want)
			}
		})
	}
}

// TX-FLT-01, TX-FLT-05, TX-FLT-06, TX-FLT-09, TX-FLT-24, TX-FLT-30, TX-FLT-34,
// TX-MSV-06, TX-MVR-03, TX-MVR-07, TX-MVR-08, TX-SEC-02, IOP 3.13.1.10: a
// parameter that is malformed is 400, on pages of objects and of records.
func TestParseQueryRefuses(t *testing.T) {
	w := newWorld(t)
	at := "2016-01-01T00:00:00Z"
	for _, tc := range []struct{ name, raw string }{
		{"TX-FLT-01 bad encoding", "limit=%zz"},
		{"TX-FLT-01 semicolon", "match[type]=indicator;malware"},
		{"TX-FLT-01 bad UTF-8", "match[type]=%ff"},
		{"TX-FLT-05 a match field twice", "match[type]=indicator&match[type]=malware"},
		{"TX-FLT-05 in two spellings", "match[type]=indicator&match%5Btype%5D=malware"},
		{"TX-FLT-06 limit twice", "limit=1&limit=2"},
		{"TX-FLT-06 added_after twice", "added_after=" + at + "&added_after=" + at},
		{"TX-FLT-06 two instants", "added_after=" + at + "," + at},
		{"TX-FLT-06 next twice", "next=a&next=b"},
		{"TX-FLT-09 empty id", "match[id]="},
		{"TX-FLT-09 empty type", "match[type]"},
		{"TX-FLT-09 empty limit", "limit="},
		{"TX-FLT-09 empty added_after", "added_after="},
		{"TX-FLT-09 empty next", "next="},
		{"TX-FLT-09 empty last member", "match[type]=indicator,"},
		{"TX-FLT-09 empty first member", "match[id]=,malware--1"},
		{"TX-FLT-09 empty member", "match[version]=last,,first"},
		{"TX-FLT-24 date alone", "added_after=2024-01-17"},
		{"TX-FLT-24 offset", "added_after=2024-01-17T16:11:20%2B00:00"},
		{"TX-FLT-24 offset with a blank", "added_after=2024-01-17T16:11:20+00:00"},
		{"TX-FLT-24 no such day", "added_after=2024-02-30T00:00:00Z"},
		{"TX-FLT-24 one-digit hour", "added_after=2024-01-17T1:11:20Z"},
		{"TX-FLT-24 decimal comma", "added_after=2024-01-17T16:11:20,5Z"},
		{"TX-FLT-24 lower case", "added_after=2024-01-17t16:11:20z"},
		{"TX-FLT-24 no Z", "added_after=2024-01-17T16:11:20"},
		{"TX-FLT-24 point without digits", "added_after=2024-01-17T16:11:20.Z"},
		{"TX-FLT-24 ten digits", "added_after=2024-01-17T16:11:20.1234567890Z"},
		{"TX-FLT-24 epoch", "added_after=1705507880"},
		{"TX-FLT-24 word", "added_after=yesterday"},
		{"TX-FLT-30 zero", "limit=0"},
		{"TX-FLT-30 negative", "limit=-1"},
		{"TX-FLT-30 fraction", "limit=1.5"},
		{"TX-FLT-30 word", "limit=abc"},
		{"TX-FLT-30 exponent", "limit=1e3"},
		{"TX-FLT-30 hexadecimal", "limit=0x10"},
		{"TX-FLT-30 blank", "limit=%205"},
		{"TX-FLT-30 plus", "limit=%2B5"},
		{"TX-FLT-30 underscore", "limit=1_000"},
		{"TX-FLT-30 other digits", "limit=%D9%A3"},
		{"TX-FLT-34 beyond the integers", "limit=9007199254740992"},
		{"TX-FLT-34 beyond the machine", "limit=99999999999999999999"},
		{"TX-MSV-06 no version", "match[spec_version]=two"},
		{"TX-MSV-06 one number", "match[spec_version]=2"},
		{"TX-MVR-03 all and more", "match[version]=all,last"},
		{"TX-MVR-03 all and an instant", "match[version]=all," + at},
		{"TX-MVR-07 keyword twice", "match[version]=last,last"},
		{"TX-MVR-07 instant twice", "match[version]=" + at + "," + at},
		{"TX-MVR-07 instant in two spellings", "match[version]=2016-01-01T00:00:00Z,2016-01-01T00:00:00.000Z"},
		{"TX-MVR-08 word", "match[version]=latest"},
		{"TX-MVR-08 date", "match[version]=2016-01-01"},
		{"TX-MVR-08 blank", "match[version]=first,+last"},
		{"TX-SEC-02 too many", "match[id]=" + strings.Repeat("malware--x,", maxValues) + "malware--x"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got, err := parseQuery(tc.raw, allParams); !errors.Is(err, collections.ErrInvalid) {
				t.Errorf("parseQuery(%.60q) = %+v, %v; want it refused", tc.raw, got, err)
			}
			w.status(400, call{path: pathObjects + "?" + tc.raw})
			w.status(400, call{path: pathManifest + "?" + tc.raw})
		})
	}
}

// TX-FLT-08: a parameter is refused exactly where it is not defined.
func TestParseQueryDefined(t *testing.T) {
	w := newWorld(t)
	object := pathObjects + indicatorID(1) + "/"
	w.push(pathObjects, indicator(1, t1), indicator(1, t2))
	endpoints := map[string]params{
		"/taxii2/": none, pathRoot: none, pathRoot + "collections/": none, pathC: none,
		pathManifest: pageParams | matchParams, pathObjects: pageParams | matchParams,
		object: pageParams | versionParams, object + "versions/": pageParams | matchSpecVersion,
	}
	token := w.page(pathObjects, url.Values{"limit": {"1"}, "match[version]": {"all"}}).next
	values := map[params]string{
		addedAfter: "2016-01-01T00:00:00Z", limit: "1", next: token, matchID: "x",
		matchType: "x", matchVersion: "all", matchSpecVersion: "2.1",
	}
	for _, p := range parameters {
		raw := url.Values{p.name: {values[p.bit]}}.Encode()
		if _, err := parseQuery(raw, p.bit); err != nil {
			t.Errorf("parseQuery(%q) where it is defined: %v", raw, err)
		}
		if _, err := parseQuery(raw, allParams&^p.bit); !errors.Is(err, collections.ErrInvalid) {
			t.Errorf("parseQuery(%q) where it is not defined: %v; want it refused", raw, err)
		}
		for path, defined := range endpoints {
			want := 400
			if defined&p.bit != 0 {
				want = 200
			}
			w.status(want, call{path: path + "?" + raw})
		}
	}
}

// FuzzFilter: what is read from a query string, written as one, reads the same.
func FuzzFilter(f *testing.F) {
	for _, seed := range []string{
		"added_after=2016-02-01T00:00:01.000001Z&limit=10",
		"match[type]=indicator,malware&match[id]=indicator--3600ad1b-fff1-4c98-bcc9-4de3bc2e2ffb",
		"match[version]=first,2018-03-02T01:01:01.123Z,last&match%5Bspec_version%5D=2.0,2.1&next=abc",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		q, err := parseQuery(raw, allParams)
		if err != nil {
			if !errors.Is(err, collections.ErrInvalid) {
				t.Fatalf("parseQuery(%q): %v, which is no fault of the client", raw, err)
			}
			return
		}
		again, err := parseQuery(printQuery(q), allParams)
		if err != nil || !reflect.DeepEqual(again, q) {
			t.Fatalf("parseQuery(%q) = %+v, %v; want %+v as of %q", printQuery(q), again, err, q, raw)
		}
	})
}

func printQuery(q query) string {
	versions := []string{}
	for _, t := range q.Versions.At {
		versions = append(versions, string(t))
	}
	for name, set := range map[string]bool{"all": q.Versions.All, "first": q.Versions.First, "last": q.Versions.Last} {
		if set {
			versions = append(versions, name)
		}
	}
	limit := ""
	if q.Limit > 0 {
		limit = strconv.Itoa(q.Limit)
	}
	var pairs []string
	for name, value := range map[string]string{
		"added_after": string(q.AddedAfter), "limit": limit, "next": q.next,
		"match[id]": strings.Join(q.IDs, ","), "match[type]": strings.Join(q.Types, ","),
		"match[version]": strings.Join(versions, ","), "match[spec_version]": strings.Join(q.Versions.SpecVersions, ","),
	} {
		if value != "" {
			pairs = append(pairs, fmt.Sprintf("%s=%s", name, url.QueryEscape(value)))
		}
	}
	return strings.Join(pairs, "&")
}
