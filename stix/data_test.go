package stix

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/json"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRealData reads every JSON file of the data folder: each object has the
// header that encoding/json finds and is within the limits of a push, and every
// tenth is the same as itself written anew.
func TestRealData(t *testing.T) {
	folder := cmp.Or(os.Getenv("ACCORD_TEST_DATA"), "../../shared/data")
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("no real data: set ACCORD_TEST_DATA to a folder of STIX files (%v)", err)
	}
	objects := 0
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		name := strings.TrimSuffix(path, ".gz")
		if err != nil || !strings.HasSuffix(name, ".json") && !strings.HasSuffix(name, ".ndjson") {
			return err
		}
		body, err := os.Open(path)
		if err != nil {
			return err
		}
		defer body.Close()
		objects += checkFile(t, path, body)
		return nil
	})
	if err != nil || objects == 0 {
		t.Errorf("read %d objects, then %v", objects, err)
	}
	t.Logf("%d objects", objects)
}

// checkFile returns the number of objects in a file.
func checkFile(t *testing.T, path string, body io.Reader) (n int) {
	if strings.HasSuffix(path, ".gz") {
		unzipped, err := gzip.NewReader(body)
		if err != nil {
			t.Fatal(path, err)
		}
		body = unzipped
	}
	whole, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(path, err)
	}
	r := NewReader(bytes.NewReader(whole), File, DefaultLimits)
	for {
		raw, err := r.Next()
		if err != nil && err != io.EOF && (strings.Contains(path, ".ndjson") || json.Valid(whole)) {
			t.Errorf("%s: %v; encoding/json reads it", path, err)
		}
		if err != nil {
			return n
		}
		checkObject(t, path, raw)
		if n++; n%10 == 0 { // not all, for the time that it takes
			checkContent(t, path, raw)
		}
	}
}

func checkObject(t *testing.T, path string, raw []byte) {
	object, findings := ReadObject(raw, DefaultLimits)
	var want map[string]any
	if err := json.Unmarshal(raw, &want); err != nil || want == nil {
		if findings == nil {
			t.Errorf("%s: ReadObject takes %.200s for an object", path, raw)
		}
		return
	}
	if findings != nil || !sameHeader(object.Header, headerOf(want)) {
		t.Errorf("%s: ReadObject(%.200s) = %+v, %v; want %+v, none", path, raw, object.Header, findings, headerOf(want))
	}
}

func checkContent(t *testing.T, path string, raw []byte) {
	var again bytes.Buffer
	if err := json.Indent(&again, raw, "", " "); err != nil || !SameContent(raw, again.Bytes()) {
		t.Errorf("%s: %.200s is not the same when indented (%v)", path, raw, err)
	}
}
