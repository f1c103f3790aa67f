package schemas

import "testing"

// A bundle in a list is refused for where it stands, in words that hold in any
// wrapper.
func TestBundleAmongObjects(t *testing.T) {
	const bundle = `{"type":"bundle","id":"bundle--5d2f8c3e-7b64-4a19-9e0d-f31c6b8a7250"}`
	const want = "this is a bundle; a bundle is not a STIX object and cannot stand among objects"
	for _, in := range []string{"[" + bundle + "]", `{"objects":[` + bundle + `]}`} {
		if found := streamFindings(t, newStream(t, "open"), []byte(in)); len(found) != 1 || found[0].Rule != "BUN-03" || found[0].Message != want {
			t.Errorf("%s is refused with %+v; want BUN-03: %s", in, found, want)
		}
	}
}
