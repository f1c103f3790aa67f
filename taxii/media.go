package taxii

import (
	"mime"
	"net/http"
	"slices"
	"strings"

	"accord/collections"
	"accord/stix"
	"accord/taxii/wire"
)

// MediaType is what every answer is. Clients compare it byte for byte, so it
// has no blank and no charset (TX-NEG-01).
const MediaType = taxiiType + ";version=" + protocolVersion

const (
	taxiiType       = "application/taxii+json"
	stixType        = "application/stix+json"
	protocolVersion = "2.1"
)

// negotiate returns ErrNotAcceptable unless the client takes MediaType. A
// client that does not say takes it (TX-NEG-11).
func negotiate(header http.Header) error {
	accept := strings.Join(header.Values("Accept"), ",") // several lines are one list (RFC 7230 §3.2.2)
	if strings.TrimSpace(accept) == "" || acceptable(accept) {
		return nil
	}
	return collections.Errorf(collections.ErrNotAcceptable, "Accept allows no %s, the only media type here", MediaType)
}

// acceptable reports whether an Accept list takes MediaType. As RFC 7231 §5.3.2
// has it, the most specific range that fits decides, wherever it stands.
func acceptable(accept string) bool {
	best, weight := 0, 0.0
	for _, element := range splitList(accept) {
		specificity, q := mediaRange(element)
		switch {
		case specificity > best:
			best, weight = specificity, q
		case specificity == best:
			weight = max(weight, q)
		}
	}
	return best > 0 && weight > 0
}

// mediaRange returns how closely a media range fits MediaType, 0 for not at
// all, and its weight. Parameters that are not ours to judge are ignored.
func mediaRange(element string) (specificity int, q float64) {
	name, params, err := mime.ParseMediaType(element)
	if err != nil {
		return 0, 0
	}
	q = 1
	if s, ok := params["q"]; ok {
		if q, ok = wire.Weight(s); !ok {
			return 0, 0
		}
	}
	v, versioned := params["version"]
	switch {
	case name == taxiiType && v == protocolVersion:
		return 4, q
	case name == taxiiType && !versioned:
		return 3, q
	case name == "application/*":
		return 2, q
	case name == "*/*":
		return 1, q
	}
	return 0, 0
}

// splitList splits a header list at the commas that stand outside of quotes.
func splitList(list string) []string {
	quoted, escaped := false, false
	return strings.FieldsFunc(list, func(r rune) bool {
		switch {
		case escaped:
			escaped = false
		case quoted && r == '\\':
			escaped = true
		case r == '"':
			quoted = !quoted
		}
		return r == ',' && !quoted
	})
}

// contentWrapper returns how the body of a POST is wrapped, by its
// Content-Type. specVersions are those that the collection takes: STIX 2.0
// content is not read where it could only be refused (TX-NEG-19).
func contentWrapper(header http.Header, specVersions []string) (stix.Wrapper, error) {
	values := header.Values("Content-Type")
	if len(values) == 1 {
		name, params, err := mime.ParseMediaType(values[0])
		v, versioned := params["version"]
		switch {
		case err != nil:
		case name == taxiiType && (!versioned || v == protocolVersion):
			return stix.Envelope, nil
		case name == stixType && (!versioned || v == protocolVersion || v == "2.0" && slices.Contains(specVersions, v)):
			return stix.Content, nil
		}
	}
	return 0, collections.Errorf(collections.ErrMediaType,
		"Content-Type is %.100q; send an envelope as %s or STIX content as %s;version=2.1",
		strings.Join(values, ", "), MediaType, stixType)
}
