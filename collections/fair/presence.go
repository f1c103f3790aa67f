package fair

import "time"

// lately is how long a party is about after it was seen: longer than the tools of
// a party that is there wait between two polls.
const lately = time.Minute

// A presence is who was seen last, and when; and when somebody else was.
type presence struct {
	party      string
	at, others time.Time
}

func (p *presence) seen(party string, now time.Time) {
	if party != p.party {
		p.party, p.others = party, p.at
	}
	p.at = now
}

// alone reports whether nobody but the party was about lately.
func (p *presence) alone(party string, now time.Time) bool {
	if party != p.party {
		return now.Sub(p.at) > lately
	}
	return now.Sub(p.others) > lately
}
