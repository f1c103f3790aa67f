package server

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"accord/stix"

	"golang.org/x/sync/errgroup"
)

// A folderSink writes a file for each version of an object: TYPE/ID.VERSION.json,
// with exactly the bytes that came.
type folderSink struct {
	folder  string
	durable bool
}

func newFolderSink(folder string, durable bool) (*folderSink, error) {
	err := os.MkdirAll(folder, 0o777)
	if err == nil && durable {
		err = syncFolder(filepath.Dir(filepath.Clean(folder)))
	}
	if err != nil {
		return nil, fmt.Errorf("--dir: %w", err)
	}
	return &folderSink{folder, durable}, nil
}

// filesAtOnce is how many files are on their way to the disk at once: waiting for
// it one after the other would take most of the time.
const filesAtOnce = 16

func (s *folderSink) page(objects []json.RawMessage) error {
	files, folders := map[string][]byte{}, map[string]bool{s.folder: true}
	for _, raw := range objects {
		name := filepath.Join(s.folder, fileName(raw))
		files[name], folders[filepath.Dir(name)] = raw, true
	}
	var group errgroup.Group
	group.SetLimit(filesAtOnce)
	for folder := range folders {
		if err := os.MkdirAll(folder, 0o777); err != nil {
			return err
		}
	}
	for name, raw := range files {
		group.Go(func() error { return replaceFile(name, raw, s.durable) })
	}
	if err := group.Wait(); err != nil || !s.durable {
		return err
	}
	for folder := range folders {
		if err := syncFolder(folder); err != nil {
			return err
		}
	}
	return nil
}

func (s *folderSink) end() error   { return nil }
func (s *folderSink) Close() error { return nil }

// maxFileName is what every file system takes, with room for the name of a file
// that is not whole yet.
const maxFileName = 200

// fileName names the file of an object version below the folder. What a server
// sends decides on no other path: an object whose id or version is none that STIX
// knows is named by a hash of its bytes; so is the version that has no date.
func fileName(raw []byte) string {
	o, _ := stix.ReadObject(raw, stix.Limits{})
	version := o.Version()
	sum := sha256.Sum256(raw)
	_, err := stix.ParseID(string(o.ID))
	if err == nil && version != "" {
		_, err = stix.ParseTimestamp(string(version))
	}
	name := string(o.ID)
	if version != "" {
		name += "." + strings.ReplaceAll(string(version), ":", "") // which some file systems do not have
		if o.Spec() == "2.0" {
			name += ".2.0" // beside what it became in 2.1
		}
	} else {
		name += fmt.Sprintf(".%x", sum[:8]) // an observable with other content is another version
	}
	if err != nil || len(name) > maxFileName {
		return filepath.Join("other", fmt.Sprintf("object.%x.json", sum))
	}
	return filepath.Join(o.ID.Type(), name+".json")
}
