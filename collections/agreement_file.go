package collections

import (
	"net/mail"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"
	_ "time/tzdata" // contacts name time zones, and a bare machine may have none

	"accord/stix"

	"github.com/google/uuid"
	"go.yaml.in/yaml/v4"
	"golang.org/x/text/language"
)

// MaxAgreementBytes is the size of an agreement file at most. Nobody can read
// and sign more.
const MaxAgreementBytes = 1 << 20

// requestsPrefix begins the aliases of the collections that come with
// cooperation, one for each pair of parties.
const requestsPrefix = "requests-"

// reservedNames have a meaning of their own where the id of an agreement or of
// a party may stand.
var reservedNames = []string{"all", "none", "admin", "server"}

var territoryPattern = regexp.MustCompile(`^[A-Z]{2}$`)

// ParseAgreement reads an agreement file strictly, with the schemas that it
// names. The error joins an Error of kind ErrInvalid for each fault, in the
// order of their lines. Ids that the file leaves out are zero.
func ParseAgreement(src []byte, files SchemaFiles) (*Agreement, error) {
	if len(src) > MaxAgreementBytes {
		return nil, Errorf(ErrInvalid, "the file has %d bytes; at most %d are allowed", len(src), MaxAgreementBytes)
	}
	a, err := readAgreement(src, files)
	if err != nil {
		return nil, err
	}
	return a, nil
}

// readAgreement is ParseAgreement that also returns what it could read of a
// file with faults.
func readAgreement(src []byte, files SchemaFiles) (*Agreement, error) {
	f := agreementFile{
		files:     files,
		Agreement: &Agreement{Source: src, RequiresSignatures: []string{"none"}},
		parties:   lines{}, identities: lines{}, issuers: lines{},
		aliases: lines{}, ids: lines{}, titles: lines{}, commitments: lines{},
	}
	if root, ok := f.document(src); ok {
		f.read(root)
	}
	return f.Agreement, f.err()
}

// An agreementFile is an agreement while it is read: a method for each noun of
// the file, and what must be unique in it.
type agreementFile struct {
	*Agreement
	yamlReader
	files                        SchemaFiles
	parties, identities, issuers lines
	aliases, ids, titles         lines
	commitments                  lines
}

func (f *agreementFile) read(n node) {
	f.mapping(n,
		required("agreement", f.unreserved(&f.ID)),
		required("title", f.words(&f.Title)),
		optional("description", f.words(&f.Description)),
		required("parties", func(n node) {
			if f.list(n, f.party); len(f.Parties) == 0 {
				f.fault(n, "an agreement has at least one party")
			}
		}),
		optional("requires_signatures", f.signatures),
		required("collections", func(n node) { f.list(n, f.collection) }),
		optional("commitments", func(n node) { f.list(n, f.commitment) }),
		optional("cooperation", f.cooperation),
	)
}

// name returns a reader of an id or alias.
func (f *agreementFile) name(to *string) func(node) {
	return f.matching(to, "write lower-case letters, digits and single dashes between them, at most 64",
		func(s string) bool { return len(s) <= 64 && isName(s) })
}

func (f *agreementFile) unreserved(to *string) func(node) {
	return func(n node) {
		if f.name(to)(n); slices.Contains(reservedNames, *to) {
			f.fault(n, "%q means something else to accord; choose another id", *to)
			*to = ""
		}
	}
}

// words returns a reader of a text in at least one language.
func (f *agreementFile) words(to *Text) func(node) {
	return func(n node) {
		f.entries(n, func(lang string, key, value node) {
			if _, err := language.Parse(lang); err != nil && !isUnknownSubtag(err) {
				f.fault(key, "%q is no language tag; write one such as en, zh or zh-Hant", lang)
				return
			}
			if s, ok := f.scalar(value); ok {
				*to = append(*to, LangText{lang, s})
			}
		})
		if n.Kind == yaml.MappingNode && len(n.Content) == 0 {
			f.fault(n, "a text has at least one language, for example {en: \"…\"}")
		}
	}
}

// isUnknownSubtag reports whether a tag is well-formed and only holds a subtag
// that this program's list does not know.
func isUnknownSubtag(err error) bool {
	_, ok := err.(language.ValueError)
	return ok
}

func (f *agreementFile) territory(to *string) func(node) {
	return f.matching(to, "write the two upper-case letters of ISO 3166-1", territoryPattern.MatchString)
}

func (f *agreementFile) tlp(to *stix.TLP) func(node) {
	return func(n node) {
		var s string
		f.matching(&s, "allowed are clear, green, amber, amber+strict, red", func(s string) (ok bool) {
			var err error
			*to, err = stix.ParseTLP(s)
			return err == nil
		})(n)
	}
}

func (f *agreementFile) https(to *string) func(node) {
	return f.matching(to, "write an address that begins with https:// and a host, without user name", func(s string) bool {
		u, err := url.Parse(s)
		return err == nil && u.Scheme == "https" && u.Hostname() != "" && u.User == nil
	})
}

// signatures reads requires_signatures, after the parties.
func (f *agreementFile) signatures(n node) {
	f.RequiresSignatures = nil
	if n.Kind == yaml.ScalarNode {
		var word string
		f.oneOf(&word, "none", "all", "[party ids]")(n)
		f.RequiresSignatures = []string{word}
		return
	}
	f.set(&f.RequiresSignatures, f.knownParty)(n)
}

// knownParty returns a reader of the id of a party of the file.
func (f *agreementFile) knownParty(to *string) func(node) {
	return f.matching(to, "the file has no party of that id", func(s string) bool { return f.parties[s] > 0 })
}

func (f *agreementFile) party(n node) {
	var p Party
	f.mapping(n,
		required("id", func(n node) {
			if f.unreserved(&p.ID)(n); p.ID != "" {
				f.once(f.parties, n, p.ID)
			}
		}),
		required("name", f.words(&p.Name)),
		required("territory", f.territory(&p.Territory)),
		optional("units", f.set(&p.Units, f.name)),
		optional("identity", func(n node) { p.Identity = f.identity(n) }),
		required("clearance", f.tlp(&p.Clearance)),
		optional("contacts", f.contacts(&p.Contacts)),
		optional("issuers", func(n node) { f.list(n, f.issuer(&p.Issuers)) }),
		optional("signing_keys", f.set(&p.SigningKeys, f.text)),
	)
	f.Parties = append(f.Parties, p)
}

func (f *agreementFile) identity(n node) stix.ID {
	var s string
	f.matching(&s, "write a STIX id that begins with identity--", func(s string) bool {
		id, err := stix.ParseID(s)
		return err == nil && id.Type() == "identity"
	})(n)
	if s != "" {
		f.once(f.identities, n, s)
	}
	return stix.ID(s)
}

func (f *agreementFile) contacts(to *[]Contact) func(node) {
	return func(n node) {
		seen := lines{}
		f.list(n, func(n node) { *to = append(*to, f.contact(n, seen)) })
	}
}

func (f *agreementFile) contact(n node, seen lines) Contact {
	var c Contact
	f.mapping(n,
		required("id", func(n node) {
			if f.name(&c.ID)(n); c.ID != "" {
				f.once(seen, n, c.ID)
			}
		}),
		optional("role", f.text(&c.Role)),
		optional("name", f.text(&c.Name)),
		optional("email", f.matching(&c.Email, "write an address such as duty@cert.example", isEmail)),
		optional("phone", f.text(&c.Phone)),
		optional("webhook", f.https(&c.Webhook)),
		optional("languages", f.set(&c.Languages, f.language)),
		optional("time_zone", f.matching(&c.TimeZone, "write a time zone of the IANA list such as America/New_York", isTimeZone)),
	)
	return c
}

func (f *agreementFile) language(to *string) func(node) {
	return f.matching(to, "write a language tag such as en, zh or zh-Hant", func(s string) bool {
		_, err := language.Parse(s)
		return err == nil || isUnknownSubtag(err)
	})
}

func isEmail(s string) bool {
	a, err := mail.ParseAddress(s)
	return err == nil && a.Address == s
}

// isTimeZone takes what names one place's clock: "Local" is another on each
// machine.
func isTimeZone(s string) bool {
	_, err := time.LoadLocation(s)
	return err == nil && s != "Local"
}

func (f *agreementFile) issuer(to *[]Issuer) func(node) {
	return func(n node) {
		var i Issuer
		sources := 0
		f.mapping(n,
			required("iss", func(n node) {
				if f.text(&i.Iss)(n); i.Iss != "" {
					f.once(f.issuers, n, i.Iss)
				}
			}),
			optional("jwks_url", func(n node) { sources++; f.https(&i.JWKSURL)(n) }),
			optional("jwks_file", func(n node) { sources++; f.text(&i.JWKSFile)(n) }),
		)
		if sources != 1 {
			f.fault(n, "an issuer has exactly one of jwks_url and jwks_file")
		}
		*to = append(*to, i)
	}
}

func (f *agreementFile) collection(n node) {
	c := Collection{Purpose: "indicators", Profile: "standard"}
	f.mapping(n,
		required("alias", func(n node) { f.alias(n, &c.Alias) }),
		optional("id", func(n node) { c.ID = f.collectionID(n) }),
		required("title", f.title(&c.Title)),
		optional("description", f.words(&c.Description)),
		optional("origin", f.set(&c.Origin, f.territory)),
		optional("purpose", f.oneOf(&c.Purpose, "indicators", "norms")),
		required("ceiling", f.tlp(&c.Ceiling)),
		optional("profile", f.oneOf(&c.Profile, "standard", "strict", "open")),
		optional("schemas", f.schemas(&c)),
		optional("stix_versions", f.stixVersions(&c.STIXVersions)),
		required("grants", func(n node) { c.Grants = f.grants(n) }),
	)
	if c.STIXVersions == nil {
		c.STIXVersions = []string{"2.1"}
	}
	f.Collections = append(f.Collections, c)
}

func (f *agreementFile) alias(n node, to *string) {
	f.name(to)(n)
	_, err := uuid.Parse(*to)
	switch {
	case *to == "":
	case err == nil:
		f.fault(n, "%q looks like a UUID, which an alias must not", *to)
	case strings.HasPrefix(*to, requestsPrefix):
		f.fault(n, "%q is not allowed: aliases that begin with %s come with cooperation", *to, requestsPrefix)
	default:
		f.once(f.aliases, n, *to)
	}
}

func (f *agreementFile) collectionID(n node) uuid.UUID {
	var s string
	f.matching(&s, "write a random UUID (version 4) in lower case, or leave it out", func(s string) bool {
		id, err := uuid.Parse(s)
		return err == nil && id.String() == s && id.Version() == 4 && id.Variant() == uuid.RFC4122 && id != ControlLog
	})(n)
	if s == "" || !f.once(f.ids, n, s) {
		return uuid.Nil
	}
	return uuid.MustParse(s)
}

// title reads the title of a collection. Some TAXII clients find collections
// by it, so it is unique.
func (f *agreementFile) title(to *Text) func(node) {
	return func(n node) {
		if f.words(to)(n); to.First() != "" {
			f.once(f.titles, n, to.First())
		}
	}
}

// stixVersions returns a reader of stix_versions. "2.1" is always among them:
// the exchange speaks TAXII 2.1.
func (f *agreementFile) stixVersions(to *[]string) func(node) {
	return func(n node) {
		f.set(to, func(to *string) func(node) { return f.oneOf(to, "2.1", "2.0") })(n)
		if !slices.Contains(*to, "2.1") {
			f.fault(n, `"2.1" must be among the versions`)
		}
	}
}

func (f *agreementFile) grants(n node) map[string][]Right {
	grants := map[string][]Right{}
	f.entries(n, func(party string, key, value node) {
		if f.parties[party] == 0 {
			f.fault(key, "%q is no party of this file", party)
		}
		var rights []string
		f.set(&rights, func(to *string) func(node) {
			return f.oneOf(to, string(Read), string(Write), string(Curate))
		})(value)
		if value.Kind == yaml.SequenceNode && len(value.Content) == 0 {
			f.fault(value, "a grant names at least one right; leave the party out to give none")
		}
		for _, right := range rights {
			grants[party] = append(grants[party], Right(right))
		}
	})
	return grants
}

func (f *agreementFile) commitment(n node) {
	var c Commitment
	f.mapping(n,
		required("id", func(n node) {
			if f.name(&c.ID)(n); c.ID != "" {
				f.once(f.commitments, n, c.ID)
			}
		}),
		required("text", f.words(&c.Text)),
	)
	f.Commitments = append(f.Commitments, c)
}
