package sqlite

import (
	"time"

	"accord/collections"

	"github.com/google/uuid"
)

// A group is one write transaction, in which several requests are served. What
// it has learned of the file is forgotten when it ends.
type group struct {
	conn    *conn
	now     time.Time
	logs    map[uuid.UUID]*openLog
	posters map[collections.Poster]int64
	entries int // written so far
	bytes   int // written so far, about
}

// An openLog is a log in a group. Its rows are written when the group ends.
type openLog struct {
	logRow
	id      uuid.UUID
	types   map[string]*typeRow
	changed bool
}

// log returns a log as the group has it so far.
func (g *group) log(id uuid.UUID) (*openLog, error) {
	if l := g.logs[id]; l != nil {
		return l, nil
	}
	row, err := g.conn.log(id)
	if err != nil {
		return nil, err
	}
	l := &openLog{logRow: row, id: id, types: map[string]*typeRow{}}
	g.logs[id] = l
	return l, nil
}

// write writes a change of a log.
func (g *group) write(l *openLog, c *change) error {
	if len(c.Records) == 0 {
		return nil
	}
	rows, err := g.rows(l, c)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := g.conn.exec(insertRecord, r.args()...); err != nil {
			return err
		}
	}
	for _, r := range c.Removed {
		err := g.conn.exec(`UPDATE records SET residue = ?, seed = NULL, raw = NULL WHERE pos = ?`, r.Residue, l.c<<sequenceBits|r.Sequence)
		if err != nil {
			return err
		}
	}
	for _, m := range c.moved {
		if err := g.move(l, m); err != nil {
			return err
		}
	}
	last := c.Records[len(c.Records)-1]
	l.last, l.lastAdded, l.changed = last.Sequence, last.DateAdded.UnixMicro(), true
	return nil
}

// rows gives new records their numbers.
func (g *group) rows(l *openLog, c *change) ([]row, error) {
	if err := g.create(l); err != nil {
		return nil, err
	}
	rows := make([]row, len(c.Records))
	for i := range c.Records {
		r := &c.Records[i]
		t, err := g.typeRow(l, r.Type)
		if err != nil {
			return nil, err
		}
		poster, err := g.poster(r.Poster)
		if err != nil {
			return nil, err
		}
		rows[i] = row{Record: r, class: c.classes[i], c: l.c, number: t.number, poster: poster}
		l.classes, t.classes = l.classes.with(c.classes[i]), t.classes.with(c.classes[i])
		if r.Op == collections.OpAdd {
			l.specs = l.specs.with(r.SpecVersion)
		}
		g.bytes += len(r.Raw)
	}
	g.entries += len(rows)
	return rows, nil
}

// create gives a log its row when it gets its first record.
func (g *group) create(l *openLog) (err error) {
	if l.c == 0 {
		l.c, err = g.conn.insert(`INSERT INTO logs (id, last, last_added, classes, specs) VALUES (?, 0, 0, 0, 0)`, l.id[:])
	}
	return err
}

// typeRow returns the row of a type, which it makes if there is none.
func (g *group) typeRow(l *openLog, name string) (*typeRow, error) {
	if t := l.types[name]; t != nil {
		return t, nil
	}
	t, err := g.conn.typeRow(l.logRow, name)
	if err == nil && t.number == 0 {
		t.number, err = g.conn.insert(`INSERT INTO types (c, name, classes) VALUES (?, ?, 0)`, l.c, name)
	}
	if err != nil {
		return nil, err
	}
	l.types[name] = &t
	return &t, nil
}

// poster returns the number of a poster, which it gives if there is none.
func (g *group) poster(p collections.Poster) (number int64, err error) {
	if number := g.posters[p]; number != 0 {
		return number, nil
	}
	found, err := g.conn.one([]any{&number}, `SELECT poster FROM posters WHERE party = ? AND unit = ? AND jti = ?`, p.Party, p.Unit, p.JTI)
	if err == nil && !found {
		number, err = g.conn.insert(`INSERT INTO posters (party, unit, jti) VALUES (?, ?, ?)`, p.Party, p.Unit, p.JTI)
	}
	g.posters[p] = number
	return number, err
}

// move gives an earlier record its class.
func (g *group) move(l *openLog, m move) error {
	t, err := g.typeRow(l, m.version.Type)
	if err != nil {
		return err
	}
	l.classes, t.classes = l.classes.with(m.class), t.classes.with(m.class)
	return g.conn.exec(`UPDATE records SET class = ? WHERE pos = ?`, int64(m.class), l.pos(m.version.Sequence))
}

// flush writes the rows of the logs and their types. Errors stay with the
// connection, whose transaction then does not commit.
func (g *group) flush() {
	for _, l := range g.logs {
		if !l.changed {
			continue
		}
		g.conn.exec(`UPDATE logs SET last = ?, last_added = ?, classes = ?, specs = ? WHERE c = ?`, l.last, l.lastAdded, int64(l.classes), int64(l.specs), l.c)
		for _, t := range l.types {
			g.conn.exec(`UPDATE types SET classes = ? WHERE type = ?`, int64(t.classes), t.number)
		}
	}
}
