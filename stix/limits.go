package stix

// Limits bound what is read. The zero value of a field means no limit there.
type Limits struct {
	ObjectBytes   int // one object, as sent
	ArtifactBytes int // one object of type artifact, as sent
	Depth         int // nesting of one object; the object itself is 1
	ListElements  int // elements of one list
	Properties    int // properties of one JSON object
	Objects       int // members of one envelope or bundle
}

// DefaultLimits are the limits of a push. The largest real object seen in
// 149,126 has 0.24 MB, depth 7, 3,927 list elements and 27 properties.
var DefaultLimits = Limits{
	ObjectBytes:   1 << 20,
	ArtifactBytes: 16 << 20,
	Depth:         32,
	ListElements:  50_000,
	Properties:    1_000,
	Objects:       100_000,
}
