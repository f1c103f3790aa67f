package collections

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"

	"accord/stix"

	"go.yaml.in/yaml/v4"
)

// MaxSchemaBytes is the size at most of a JSON Schema that an agreement adds.
const MaxSchemaBytes = 1 << 20

// An OwnSchema is a JSON Schema that objects of a collection must meet besides
// the collection's profile.
type OwnSchema struct {
	Type string // of the objects that must meet it; "*" for objects of every type
	File string // its name in the agreement file: a path with slashes, relative to the file's folder
	Raw  []byte // what stood in it when the agreement was applied
}

// Hash returns the SHA-256 of the schema.
func (s OwnSchema) Hash() [32]byte { return sha256.Sum256(s.Raw) }

// SchemaFiles are the files that an agreement file may name. Of the zero value
// there are none.
type SchemaFiles struct {
	// Read returns the file of a name, which is a relative path with slashes
	// that does not leave its folder. It need not return more of it than one
	// byte above MaxSchemaBytes.
	Read func(name string) ([]byte, error)
	// Validator compiles them; nil takes them as they are.
	Validator Validator
}

// schemas returns a reader of the schemas of a collection whose profile was
// read. One with a fault stays among them, so that an agreement that was applied
// under other rules loses none: nothing meets a schema that is not there.
func (f *agreementFile) schemas(c *Collection) func(node) {
	return func(n node) {
		f.entries(n, func(typ string, key, value node) {
			if typ != "*" && !stix.ValidType(typ) {
				f.fault(key, "%q is no object type; write one such as indicator, or \"*\" for all types", typ)
			}
			c.Schemas = append(c.Schemas, f.schema(typ, c.Profile, value))
		})
		if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
			f.fault(n, "schemas name at least one file, for example {indicator: indicator.json}; leave the key out for none")
		}
	}
}

// schema reads the file that n names.
func (f *agreementFile) schema(typ, profile string, n node) OwnSchema {
	s := OwnSchema{Type: typ}
	f.matching(&s.File, "write the path of a file, relative to the folder of this one and inside it", isInside)(n)
	if s.File == "" {
		return s
	}
	s.File = path.Clean(s.File)
	var err error
	if s.Raw, err = f.files.read(s.File); err == nil {
		err = f.files.compile(profile, s)
	}
	if err != nil {
		f.fault(n, "%s: %v", s.File, err)
	}
	return s
}

// isInside reports whether a path stays in the folder that it begins in.
func isInside(name string) bool {
	cleaned := path.Clean(name)
	return fs.ValidPath(cleaned) && cleaned != "."
}

func (f SchemaFiles) read(name string) ([]byte, error) {
	if f.Read == nil {
		return nil, errors.New("no schema can be read here")
	}
	raw, err := f.Read(name)
	if fault, ok := errors.AsType[*fs.PathError](err); ok {
		err = fault.Err // the name is said already
	}
	if len(raw) > MaxSchemaBytes {
		err = fmt.Errorf("the schema has more than %d bytes", MaxSchemaBytes)
	}
	return raw, err
}

func (f SchemaFiles) compile(profile string, s OwnSchema) error {
	if f.Validator == nil {
		return nil
	}
	_, err := f.Validator.Judge(profile, map[string][]byte{s.Type: s.Raw})
	return err
}

// ownSchemas are the collection's own schemas by type; nil for none.
func (c *Collection) ownSchemas() map[string][]byte {
	if len(c.Schemas) == 0 {
		return nil
	}
	own := map[string][]byte{}
	for _, s := range c.Schemas {
		own[s.Type] = s.Raw
	}
	return own
}

// schemaFiles are the contents of all schemas that the file names, by name.
func (a *Agreement) schemaFiles() map[string][]byte {
	files := map[string][]byte{}
	for _, c := range a.Collections {
		if !c.Closed {
			for _, s := range c.Schemas {
				files[s.File] = s.Raw
			}
		}
	}
	return files
}

// schemasHash is a hash of the schemas that the file names; zero for none.
func (a *Agreement) schemasHash() [32]byte {
	files := a.schemaFiles()
	if len(files) == 0 {
		return [32]byte{}
	}
	var lines []string
	for name, raw := range files {
		h := sha256.Sum256(raw)
		lines = append(lines, fmt.Sprintf("%q %s\n", name, hex.EncodeToString(h[:])))
	}
	slices.Sort(lines)
	h := sha256.New()
	for _, line := range lines {
		h.Write([]byte(line))
	}
	return [32]byte(h.Sum(nil))
}
