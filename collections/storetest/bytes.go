package storetest

import (
	"bytes"
	"context"
	"errors"
	"strings"

	"accord/collections"
	"accord/stix"
)

// oddBytes are objects that a store which parses, re-encodes, pads or cuts
// would change.
var oddBytes = map[string]string{
	"white space around and inside": " \r\n\t{ \"type\" :\"tool\",\n\n\"id\" : \"x\" }\n",
	"escapes that need none":        `{"\u0074ype":"t\u006Fol","path":"\/a\/b","lt":"\u003c<"}`,
	"characters of every plane":     `{"name":"网络 Überwachung 🛰 e` + "\u0301" + ` \ud83d\ude80 ` + "\u2028" + `"}`,
	"escaped nul":                   `{"name":"a\u0000b"}`,
	"raw nul and invalid UTF-8":     "{\"name\":\"a\x00b\xff\xfe\"}",
	"numbers no float can hold":     `{"n":[12345678901234567890123,1.000,1e400,-0,1E+2,0.1000000000000000055]}`,
	"duplicate and empty names":     `{"a":1,"a":2,"":{}}`,
	"odd timestamps":                `{"modified":"2026-01-01T00:00:00.1234567890120Z"}`,
	"byte order mark":               "\ufeff{}",
	"looks like a number":           "00012",
	"looks like a date":             "2026-01-01T00:00:00Z",
	"300 kB":                        `{"name":"` + strings.Repeat("证", 100_000) + `"}`,
	"5 MB":                          `{"payload_bin":"` + strings.Repeat("QUJD", 1_250_000) + `"}`,
}

// P3: every way to read an object gives the bytes that were posted.
func bytesInBytesOut(f *fixture) {
	want := map[int64]string{}
	for name, raw := range oddBytes {
		r := f.append(withRaw(added(objectID("tool", len(want)), t1, stix.Clear), []byte(raw)))[0]
		want[r.Sequence] = name
	}
	f.reopen()
	seqs := sequencesFrom(1, len(want))
	objects, records := f.objects(seqs...), f.records()
	if len(objects) != len(seqs) || len(records) != len(seqs) {
		f.Fatalf("of %d records Objects gives %d and Follow %d", len(seqs), len(objects), len(records))
	}
	f.decideNothing(func(ctx context.Context, s collections.State) error {
		for i, seq := range seqs {
			name, raw := want[seq], oddBytes[want[seq]]
			state, err := s.Object(ctx, seq)
			if err != nil {
				return err
			}
			for way, got := range map[string][]byte{"Objects": objects[i].Raw, "Follow": records[i].Raw, "State.Object": state} {
				if string(got) != raw {
					f.Errorf("%s: %s gives %d bytes %.80q; want %d bytes %.80q", name, way, len(got), got, len(raw), raw)
				}
			}
		}
		return nil
	})
}

// P3, TX-DT-06, TX-MID-02: ids, types, versions and posters are texts of any
// spelling, kept and compared byte by byte.
func textsComeBackAsTheyWere(f *fixture) {
	entries := []collections.Entry{
		added("indicator--00000001-0000-4000-8000-00000000000A", "2026-01-01T00:00:00.1234567890120Z", stix.Green),
		added("indicator--00000001-0000-4000-8000-00000000000a", "2026-01-01T00:00:00Z", stix.AmberStrict),
		added("x-"+strings.Repeat("long", 62)+"--00000001-0000-4000-8000-000000000000", "2026-01-01T00:00:00.10Z", stix.Clear),
		added("x-网络'\"%_\\;\x00--1", t1, stix.Red),
		added("no dashes", "9999-12-31T23:59:59.999999999Z", stix.Amber),
		added("1e3--007", "0001-01-01T00:00:00.000Z", stix.Amber),
	}
	entries[0].Poster = collections.Poster{Party: "cert-网络", Unit: "Unit 'A'\n", JTI: strings.Repeat("j", 300)}
	entries[1].Poster = collections.Poster{Party: "*"}
	entries[2].Rules = [32]byte{}

	f.append(entries...)
	f.reopen()
	for i, r := range f.records() {
		wantSame(f, "the entry", []collections.Entry{r.Entry}, entries[i:i+1])
	}
	for i, e := range entries {
		f.wantPage(collections.Query{Clearance: stix.Red, IDs: []string{e.ID}}, int64(i)+1)
	}
	f.wantPage(collections.Query{Clearance: stix.Red, Types: []string{"indicator"}}, 1, 2)
	f.wantPage(collections.Query{Clearance: stix.Red, Types: []string{"Indicator"}})
	f.wantPage(collections.Query{Clearance: stix.Red, Types: []string{entries[3].Type}}, 4)
}

// P3: a store neither keeps the buffers that it was given nor hands out its
// own. A decision may write into what the state gave it (it counts its own
// entries in), also when nothing was found, and marks come out right.
func buffersStayTheCallers(f *fixture) {
	id := objectID("indicator", 1)
	e := added(id, t3, stix.Clear)
	want := bytes.Clone(e.Raw)
	f.append(e)
	clear(e.Raw)
	_, err := f.store.Append(f.Context(), f.id, func(ctx context.Context, s collections.State) (collections.Decision, error) {
		known, errKnown := s.Versions(ctx, []string{id, "unknown"})
		none, errNone := s.Versions(ctx, []string{"nothing"})
		raw, errRaw := s.Object(ctx, 1)
		if err := errors.Join(errKnown, errNone, errRaw); err != nil {
			return collections.Decision{}, err
		}
		clear(known[id])
		known["unknown"] = append(known["unknown"], collections.Version{})
		none["nothing"] = nil
		clear(raw)
		return collections.Decision{Entries: []collections.Entry{added(id, t1, stix.Clear)}}, nil
	})
	if err != nil {
		f.Fatal(err)
	}
	f.wantPage(latest(stix.Clear), 1)

	clear(f.objects(1)[0].Raw)
	clear(f.records()[0].Raw)
	clear(f.versions(id)[id])
	f.versions()["nothing"] = nil
	if got := f.objects(1)[0].Raw; !bytes.Equal(got, want) {
		f.Errorf("object 1 is now %q; want %q", got, want)
	}
}

// decideNothing runs look on the state at the end of the log.
func (f *fixture) decideNothing(look func(context.Context, collections.State) error) {
	f.Helper()
	_, err := f.store.Append(f.Context(), f.id, func(ctx context.Context, s collections.State) (collections.Decision, error) {
		return collections.Decision{}, look(ctx, s)
	})
	if err != nil {
		f.Fatalf("looking at the state: %v", err)
	}
}
