package pattern

import (
	"cmp"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRealPatterns reads the STIX patterns of all indicators in the data folder:
// of a thousand at most two break a rule, and all others survive printing.
func TestRealPatterns(t *testing.T) {
	folder := cmp.Or(os.Getenv("ACCORD_TEST_DATA"), filepath.Join("..", "..", "..", "shared", "data"))
	if _, err := os.Stat(folder); err != nil {
		t.Skipf("no real data: set ACCORD_TEST_DATA to a folder of STIX files (%v)", err)
	}
	all, broken, warned := 0, map[string]int{}, map[string]int{}
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(strings.TrimSuffix(path, ".gz"), ".json") {
			return err
		}
		eachPattern(readJSON(t, path), func(text string) {
			all++
			p, err := Parse(text, DefaultLimits)
			if e, ok := errors.AsType[*Error](err); ok {
				broken[e.Rule]++
				return
			}
			checkRoundTrip(t, p)
			for _, e := range p.Problems() {
				warned[e.Rule]++
			}
		})
		return nil
	})
	failed := 0
	for _, n := range broken {
		failed += n
	}
	if err != nil || all == 0 || failed*1000 > all*2 {
		t.Errorf("%d of %d patterns do not parse, then %v; want at most 2 of 1,000", failed, all, err)
	}
	t.Logf("%d patterns; %d do not parse, by rule %v; problems by rule %v", all, failed, broken, warned)
}

// readJSON returns the value in a file, or nil if it is not JSON: some files of
// the folder are broken on purpose.
func readJSON(t *testing.T, path string) (value any) {
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	body := io.Reader(file)
	if strings.HasSuffix(path, ".gz") {
		if body, err = gzip.NewReader(file); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
	}
	if err := json.NewDecoder(body).Decode(&value); err != nil {
		return nil
	}
	return value
}

// eachPattern calls visit for each STIX pattern in a decoded value.
func eachPattern(value any, visit func(string)) {
	switch value := value.(type) {
	case []any:
		for _, v := range value {
			eachPattern(v, visit)
		}
	case map[string]any:
		if text, ok := value["pattern"].(string); ok && value["type"] == "indicator" && value["pattern_type"] == "stix" {
			visit(text)
		}
		for _, v := range value {
			eachPattern(v, visit)
		}
	}
}
