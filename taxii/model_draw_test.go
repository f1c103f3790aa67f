package taxii

import (
	"fmt"
	"net/url"
	"strings"

	"pgregory.net/rapid"
)

// A modelMarking is what an object may be marked with, and what that means.
type modelMarking struct {
	id   string
	rank int
}

var (
	modelIDs      = []string{indicatorID(1), indicatorID(2), "ipv4-addr--00000000-0000-4000-8000-000000000001", "x-thing--00000000-0000-4000-8000-000000000001", "marking-definition--00000000-0000-4000-8000-000000000001"}
	modelInstants = []string{t1, t2, "2016-01-01T00:00:00.0000001Z", "2016-01-01T00:00:00.000000100Z", t3}
	modelMarkings = []modelMarking{
		{"", 0},
		{"marking-definition--bab4a63c-aed9-4cf5-a766-dfca5abac2bb", 1}, // green
		{"marking-definition--55d920b0-5e8b-4f79-9ee9-91f868d9b421", 2}, // amber
		{"marking-definition--e828b379-4e03-4974-9ac4-e53a884c97c1", 4}, // red
		{"marking-definition--99999999-9999-4999-8999-999999999999", 4}, // unknown: the ceiling of the collection
	}
)

// draw makes a member of an envelope.
func (r *modelRun) draw(party string) modelVersion {
	v := modelVersion{id: rapid.SampledFrom(r.ids).Draw(r.T, "id"), spec: "2.1", party: party}
	name := rapid.SampledFrom([]string{"a", "b"}).Draw(r.T, "name")
	marking := rapid.SampledFrom(r.markings).Draw(r.T, "marking")
	v.rank = marking.rank
	more := ""
	if rapid.IntRange(0, 3).Draw(r.T, "default stated") == 0 && v.typ() == "indicator" {
		more = `"revoked":false,`
	}
	if marking.id != "" {
		more += `"object_marking_refs":["` + marking.id + `"],`
	}
	switch v.typ() {
	case "ipv4-addr":
		v.unstated = true
		v.raw = fmt.Sprintf(`{%s"type":"ipv4-addr","spec_version":"2.1","id":%q,"value":"192.0.2.1","x_name":%q}`, more, v.id, name)
	case "marking-definition":
		v.rank, v.version = 0, t2
		v.raw = fmt.Sprintf(`{"type":"marking-definition","spec_version":"2.1","id":%q,"created":%q,"definition_type":"statement","definition":{"statement":%q}}`,
			v.id, v.version, name)
	default:
		v.version = rapid.SampledFrom(r.instants).Draw(r.T, "version")
		spec := `"spec_version":"2.1","indicator_types":["malicious-activity"],`
		if rapid.Bool().Draw(r.T, "2.0") {
			v.spec, spec = "2.0", `"labels":["malicious-activity"],`
		}
		v.raw = fmt.Sprintf(`{%s%s"type":%q,"id":%q,"created":"2001-01-01T00:00:00.000Z","modified":%q,"name":%q,`+
			`"pattern":"[ipv4-addr:value = '192.0.2.1']","pattern_type":"stix","valid_from":"2001-01-01T00:00:00Z"}`, more, spec, v.typ(), v.id, v.version, name)
	}
	if !v.unstated {
		v.instant = instant(v.version)
	}
	return v
}

// some draws nil, or one or more of the values in some order.
func (r *modelRun) some(name string, values ...string) []string {
	if rapid.Bool().Draw(r.T, "any "+name) {
		return nil
	}
	return rapid.SliceOfNDistinct(rapid.SampledFrom(values), 1, 2, rapid.ID[string]).Draw(r.T, name)
}

func (r *modelRun) someVersions() []string {
	if rapid.IntRange(0, 3).Draw(r.T, "all versions") == 0 {
		return []string{"all"}
	}
	values := []string{"first", "last", t1, "2016-01-01T00:00:00Z", "2016-01-01T00:00:00.0000001Z", t3, "2019-01-01T00:00:00Z"}
	for _, v := range r.versions {
		if v.unstated && v.version != "" {
			values = append(values, v.version)
		}
	}
	return r.some("versions", values...)
}

func (f modelFilter) values() url.Values {
	values := url.Values{}
	for name, list := range map[string][]string{"match[id]": f.ids, "match[type]": f.types, "match[spec_version]": f.specs, "match[version]": f.versions} {
		if list != nil {
			values.Set(name, strings.Join(list, ","))
		}
	}
	if f.addedAfter != "" {
		values.Set("added_after", f.addedAfter)
	}
	return values
}

// fewOf draws one or two of the values: few, so that they meet.
func fewOf[T comparable](t *rapid.T, name string, values []T) []T {
	return rapid.SliceOfNDistinct(rapid.SampledFrom(values), 1, 2, rapid.ID[T]).Draw(t, name)
}
