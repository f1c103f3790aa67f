package schemas

import (
	"maps"
	"slices"

	"accord/stix"
)

// bundleRules are about what objects come in (STIX 2.1 §8).
var bundleRules = []rule{
	{id: "BUN-01", grade: binding, layer: inCode, section: "8.1", old: true,
		en: "a bundle has the type \"bundle\" and an id, which is bundle-- and a UUID",
		zh: "捆绑包的 type 须为 \"bundle\"，且须有 id，由“bundle--”加 UUID 组成"},
	{id: "BUN-02", grade: binding, layer: inCode, section: "8.1", old: true,
		en: "the objects of a bundle may be left out; when they are there, there is at least one",
		zh: "捆绑包可以不含 objects；若包含，则其中至少有一个对象"},
	{id: "BUN-06", grade: advice, layer: inCode, section: "8", old: true,
		en: "a bundle has no other properties than type, id and objects, because readers may drop them with the bundle",
		zh: "捆绑包不应含有 type、id 和 objects 以外的属性：接收方可以把它们连同捆绑包一并丢弃"},
}

// judgeRoot judges a wrapper by itself. Lists and envelopes keep no rule of
// bundles, and may be empty: servers answer so when there is nothing.
func judgeRoot(root stix.Root, profile string) Member {
	s := &subject{profile: profile}
	if root.IsBundle() && root.Names["objects"] && root.Objects == 0 {
		s.found("BUN-02", "/objects", "the list of objects is empty; it must have at least one element or be left out")
	}
	if root.IsBundle() {
		s.checkBundle(root)
	}
	o := stix.Object{Header: stix.Header{Type: root.Type, ID: stix.ID(root.ID)}}
	return Member{Index: -1, Line: root.Line, Object: o, Verdict: s.verdict()}
}

func (s *subject) checkBundle(root stix.Root) {
	switch {
	case !root.Names["type"]:
		s.found("BUN-01", "", "type is missing; that of a bundle is \"bundle\"")
	case root.Type != "bundle":
		s.found("BUN-01", "/type", "type is %s; that of a bundle is \"bundle\"", short(root.Type))
	}
	switch id, err := stix.ParseID(root.ID); {
	case !root.Names["id"]:
		s.found("BUN-01", "", "id is missing; that of a bundle is bundle-- and a UUID")
	case err != nil || id.Type() != "bundle":
		s.found("BUN-01", "/id", "id is %s; that of a bundle is bundle-- and a UUID", short(root.ID))
	default:
		s.checkBundleID(id)
	}
	for _, name := range slices.Sorted(maps.Keys(root.Names)) {
		switch name {
		case "type", "id", "objects":
		case "spec_version":
			s.found("BUN-06", "/spec_version", "spec_version stands on the bundle, as in STIX 2.0; in STIX 2.1 only its objects have one")
		default:
			s.found("BUN-06", at("", name), "%s is no property of a bundle, and readers may drop it", short(name))
		}
	}
}

// checkBundleID advises the UUID of a sound id to be of version 4, in lower case.
func (s *subject) checkBundleID(id stix.ID) {
	if version := int(id.UUID()[14] - '0'); version != 4 {
		s.found("IDN-04", "/id", "the UUID of id has version %d; version 4 is advised for a bundle", version)
	}
	if identifierFault(string(id)) == "IDN-09" {
		s.found("IDN-09", "/id", "%s is %s; lower-case digits are advised, since identifiers are compared as text", "id", short(string(id)))
	}
}

// judgeFault makes a verdict of a fault at which a stream cannot be read on, or
// a line of it.
func judgeFault(fault *stix.SyntaxError, profile string) Member {
	s := &subject{profile: profile}
	r := ruleOf(fault.Rule)
	words := []stix.Words{{Format: "line %d, column %d", Args: []any{fault.Line, fault.Column}}, fault.Words}
	switch {
	case fault.Lost && fault.GoesOn:
		words = append(words, stix.Words{Format: "what stands before the next line with an object was not read"})
	case fault.Lost:
		words = append(words, stix.Words{Format: "what follows was not read"})
	}
	s.report(r, r.grade, "", words...)
	return Member{Index: -1, Line: fault.Line, Verdict: s.verdict()}
}

// judgeEndless makes a verdict of a stream that goes on and on within one
// member.
func judgeEndless(profile string) Member {
	s := &subject{profile: profile}
	s.found("LIMIT", "", "%d MiB hold no end of an object, and nothing behind them was read; an object may have %d MiB at most",
		maxStretch>>20, stix.DefaultLimits.ArtifactBytes>>20)
	return Member{Index: -1, Verdict: s.verdict()}
}

// judgeTooLarge makes a verdict of a member of which only the head was kept.
func judgeTooLarge(m Member, tooLarge *stix.TooLargeError, profile string) Member {
	s := &subject{profile: profile}
	s.found("LIMIT", "", "the object has %d bytes, more than %d", tooLarge.Span.Length, tooLarge.Limit)
	m.Object, _ = stix.ReadObject(tooLarge.Head, stix.Limits{})
	m.Object.Raw = nil // it would pass for the object
	m.Verdict = s.verdict()
	return m
}

// judgeMember judges one member of a stream by itself.
func judgeMember(m Member, raw []byte, by stix.Judge, definition func(stix.ID) []byte) Member {
	m.Object, _ = stix.ReadObject(raw, stix.DefaultLimits)
	m.Verdict = by.Validate(m.Object, definition)
	return m
}
