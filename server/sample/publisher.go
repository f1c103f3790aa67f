package sample

import (
	"bytes"
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"time"

	"accord/stix"

	"github.com/google/uuid"
)

// A Publisher is a party that fills one collection.
type Publisher struct {
	Collection string     // its name, which all that is random follows from
	Identity   stix.ID    // of the party
	Name       string     // of the party
	Origins    []string   // territories that the activity comes from
	Affected   []string   // territories that it hits
	Commitment string     // of the agreement, against theft of know-how; "" for none
	Markings   []stix.TLP // that its objects carry, in turn; the rest is unmarked
}

// Objects returns the publisher's objects, about 35 for each of eight
// campaigns, as a reader that ends with io.EOF.
func (p Publisher) Objects() *Reader {
	g := &generator{Publisher: p, random: rand.New(rand.NewChaCha8(sha256.Sum256([]byte(p.Collection))))}
	g.run()
	return &Reader{g.objects}
}

// A Reader hands on objects one by one.
type Reader struct{ objects [][]byte }

// Next returns the bytes of the next object, io.EOF after the last.
func (r *Reader) Next() ([]byte, error) {
	if len(r.objects) == 0 {
		return nil, io.EOF
	}
	next := r.objects[0]
	r.objects = r.objects[1:]
	return next, nil
}

type generator struct {
	Publisher
	random  *rand.Rand
	objects [][]byte
}

// start is when the first campaign was told of.
var start = time.Date(2025, 1, 7, 8, 0, 0, 0, time.UTC)

const (
	indicators = 20 // of each campaign
	sightings  = 5  // of each campaign
)

func (g *generator) run() {
	g.add(&object{Type: "identity", ID: g.Identity, Name: g.Name, IdentityClass: "organization", Sectors: []string{"government"}}, start)
	for i, c := range campaigns {
		g.campaign(c, start.AddDate(0, 0, 30*i))
	}
}

// campaign tells one story, from the first sample to the report.
func (g *generator) campaign(c campaign, at time.Time) {
	family := true
	malware := &object{Type: "malware", Name: c.malware, MalwareTypes: []string{c.malwareType}, IsFamily: &family, Description: c.text}
	g.tell(malware, c, at)
	told := []stix.ID{malware.ID}
	for i := range indicators {
		at = at.Add(time.Duration(1+g.random.IntN(20*60)) * time.Minute)
		indicator := g.indicator(c, i, at)
		g.tell(indicator, c, at)
		told = append(told, indicator.ID)
		if i%4 == 0 {
			g.add(&object{Type: "relationship", RelationshipType: "indicates", Source: indicator.ID, Target: malware.ID, CreatedBy: g.Identity, Markings: indicator.Markings}, at)
		}
		if i < sightings {
			seen := at.Add(time.Hour)
			g.tell(&object{
				Type: "sighting", Sighting: indicator.ID, WhereSighted: []stix.ID{g.Identity}, Count: 1 + g.random.IntN(500),
				FirstSeen: stamp(at), LastSeen: stamp(seen),
			}, c, seen)
		}
	}
	g.tell(&object{Type: "report", Name: c.title, Description: c.text, ReportTypes: []string{"campaign"}, Published: stamp(at), Objects: told}, c, at)
	g.tell(&object{Type: "report", Lang: "zh", Name: c.titleZH, Description: c.textZH, ReportTypes: []string{"campaign"}, Published: stamp(at), Objects: told}, c, at)
}

// indicator makes the i-th indicator of a campaign: one kind after another.
func (g *generator) indicator(c campaign, i int, at time.Time) *object {
	host := fmt.Sprintf("%s-%s%d.example", nameHeads[g.random.IntN(len(nameHeads))], nameTails[g.random.IntN(len(nameTails))], g.random.IntN(100))
	nets := []string{"192.0.2", "198.51.100", "203.0.113"}
	kinds := []struct{ what, pattern string }{
		{"IPv4 address", fmt.Sprintf("[ipv4-addr:value = '%s.%d']", nets[g.random.IntN(len(nets))], 1+g.random.IntN(254))},
		{"domain name", fmt.Sprintf("[domain-name:value = '%s']", host)},
		{"file", fmt.Sprintf("[file:hashes.'SHA-256' = '%x']", sha256.Sum256(g.bytes()))},
		{"address of a page", fmt.Sprintf("[url:value = 'https://%s/%x/index.php']", host, g.bytes()[:4])},
		{"IPv6 address", fmt.Sprintf("[ipv6-addr:value = '2001:db8:%x::%x']", g.random.IntN(1<<16), 1+g.random.IntN(1<<16-1))},
	}
	kind := kinds[i%len(kinds)]
	return &object{
		Type: "indicator", Name: c.malware + ": " + kind.what, Description: fmt.Sprintf("This %s was seen with %s.", kind.what, c.malware), Confidence: 15 + 5*g.random.IntN(17), Labels: []string{"campaign-" + c.category},
		IndicatorTypes: []string{"malicious-activity"}, Pattern: kind.pattern, PatternType: "stix",
		ValidFrom: stamp(at), ValidUntil: stamp(at.AddDate(1, 0, 0)),
	}
}

func (g *generator) bytes() []byte {
	b := make([]byte, 16)
	for i := range b {
		b[i] = byte(g.random.Uint32())
	}
	return b
}

// tell adds an object of a campaign in the publisher's name, with a marking and
// its context.
func (g *generator) tell(o *object, c campaign, at time.Time) {
	o.CreatedBy = g.Identity
	if i := g.random.IntN(len(g.Markings) + 1); i < len(g.Markings) {
		o.Markings = []stix.ID{g.Markings[i].Marking()}
	}
	norms := []string{c.norm}
	if c.category == "commercial-ip-theft" && g.Commitment != "" {
		norms = append(norms, g.Commitment)
	}
	o.Extensions = map[stix.ID]context{stix.ActivityContext: {
		ExtensionType: "property-extension", Origin: g.Origins, Affected: g.Affected, Category: c.category, Norms: norms,
	}}
	g.add(o, at)
}

// add completes an object and keeps its bytes.
func (g *generator) add(o *object, at time.Time) {
	if o.ID == "" {
		id := uuid.Must(uuid.NewRandomFromReader(bytes.NewReader(g.bytes()))) // 16 bytes are there
		o.ID = stix.ID(o.Type + "--" + id.String())
	}
	o.SpecVersion, o.Created, o.Modified = "2.1", stamp(at), stamp(at)
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	_ = e.Encode(o) // texts and numbers always can be
	g.objects = append(g.objects, bytes.TrimSpace(b.Bytes()))
}
