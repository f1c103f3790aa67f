package mongo

import (
	"reflect"
	"runtime"
	"testing"

	"accord/collections"
	"accord/collections/storetest"
	"accord/stix"

	"github.com/google/uuid"
	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

// P1, P4: a server whose insert comes late finds another one's records in its place,
// and decides anew: what is there meanwhile it does not add, what was deleted
// meanwhile it does.
func TestForeignRecordAtTheFirstPlace(t *testing.T) {
	uri := database(t, t.TempDir())
	v, other, log := newVictim(t, uri), openAt(t, uri), uuid.New()
	someBefore(t, v, log)
	s := scenario{decide: severalUnlessThere}
	held, letGo := v.wire.hold(1, insertRecords, fate{})
	done := v.append(log, s.deciding(nil))
	<-held
	mustAppend(t, other, log, entry(object1, 8, stix.Clear), deletion(object2, 3), entry(object2, 1, stix.Clear))
	letGo()
	a := <-done
	if a.err != nil || len(a.records) != 5 || a.records[0].Sequence != 7 {
		t.Errorf("the late append gives %+v, %v; want 5 records from 7 on, because one is there", a.records, a.err)
	}
	if all := storetest.Audit(t, other, log); len(all) != 11 {
		t.Errorf("the log has %d records; want 11", len(all))
	}
}

// P1, P2: of a batch of two decisions a part arrives, and before the rest does another
// server gives it up and goes on: the first decision is done, in its place, and the
// second is decided anew. Who looks finds what was there of it.
func TestForeignRecordAtALaterPlace(t *testing.T) {
	uri := database(t, t.TempDir())
	other := openAt(t, uri)
	for name, tc := range map[string]struct{ arrive, second int }{
		"between decisions": {2, 4}, "within a decision": {3, 3},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v, log := newVictim(t, uri), uuid.New()
			someBefore(t, v, log)
			insert := v.wire.steps(insertRecords, fate{}, fate{lost, tc.arrive}, fate{})
			zeroth := v.append(log, writing(entry("tool--0", 1, stix.Clear)))
			<-insert
			first := v.append(log, writing(entry("tool--1", 1, stix.Clear), entry(object1, 9, stix.Clear)))
			v.waiting(log, 1)
			second := v.append(log, scenario{decide: severalUnlessThere}.deciding(nil))
			v.waiting(log, 2)
			insert <- true
			<-insert
			insert <- true
			<-insert // the rest of the batch is on its way
			foreign := mustAppend(t, other, log, entry(object2, 9, stix.Red))[0].Sequence
			insert <- true

			if want := int64(5 + tc.arrive); foreign != want {
				t.Errorf("the other server's record is %d; want %d", foreign, want)
			}
			for i, want := range []struct {
				a     <-chan answer
				first int64
				n     int
			}{{zeroth, 4, 1}, {first, 5, 2}, {second, foreign + 1, tc.second}} {
				if a := <-want.a; a.err != nil || len(a.records) != want.n || a.records[0].Sequence != want.first {
					t.Errorf("append %d gives %+v, %v; want %d records from %d on", i, a.records, a.err, want.n, want.first)
				}
			}
			if all := storetest.Audit(t, other, log); len(all) != 11 {
				t.Errorf("the log has %d records; want 11", len(all))
			}
		})
	}
}

// waiting returns when n appends to a log wait for their turn.
func (v *victim) waiting(log uuid.UUID, n int) {
	for v.committer(log).queue.Len() < n {
		runtime.Gosched()
	}
}

// P1, P6: records are seen when what follows from them is written, and not before.
func TestWhatWasNotAppliedIsNotSeen(t *testing.T) {
	uri := database(t, t.TempDir())
	v, other, log := newVictim(t, uri), openAt(t, uri), uuid.New()
	n := someBefore(t, v, log)
	held, letGo := v.wire.hold(1, updateRecords, fate{})
	done := v.append(log, writing(entry(object1, 8, stix.Clear), deletion(object2, 3)))
	<-held
	if all := storetest.Audit(t, other, log); len(all) != n {
		t.Errorf("%d records are seen; want %d", len(all), n)
	}
	letGo()
	if a := <-done; a.err != nil {
		t.Error(a.err)
	}
	if all := storetest.Audit(t, other, log); len(all) != n+2 {
		t.Errorf("%d records are seen; want %d", len(all), n+2)
	}
}

// P1: who deletes may die when the bytes have gone and before the watermark has moved.
// Every page has the bytes of all that it names, before anybody writes again.
func TestPagesBehindADeadDelete(t *testing.T) {
	uri := database(t, t.TempDir())
	v, other, log := newVictim(t, uri), openAt(t, uri), uuid.New()
	n := someBefore(t, v, log)
	v.wire.strikeAt(advanceLog, fate{what: endsAll})
	if a := <-v.append(log, writing(deletion(object2, 3))); a.err == nil {
		t.Fatal("the delete has succeeded")
	}
	for _, q := range []collections.Query{
		{Clearance: stix.Red, Limit: 100},
		{Clearance: stix.Red, Limit: 100, Versions: collections.VersionFilter{All: true}},
		{Clearance: stix.Red, Limit: 100, IDs: []string{object1, object2, object3}},
	} {
		p, err := other.Page(t.Context(), log, q)
		if err != nil {
			t.Fatal(err)
		}
		objects, err := other.Objects(t.Context(), log, p.Sequences)
		if err != nil || len(p.Sequences) == 0 || len(objects) != len(p.Sequences) {
			t.Errorf("Page(%+v) gives %v, of which %d have bytes, %v", q, p.Sequences, len(objects), err)
		}
	}
	if all := storetest.Audit(t, other, log); len(all) != n+1 {
		t.Errorf("%d records are seen; want %d", len(all), n+1)
	}
}

// P1, P6: what follows from records may be written late, after others have written it
// and what follows from newer ones: that undoes nothing. Who is late is the writer of
// the records, or one who goes on behind them.
func TestSlowHelper(t *testing.T) {
	uri := database(t, t.TempDir())
	other := openAt(t, uri)
	for name, before := range map[string]func(*testing.T, *victim, uuid.UUID) int{"writer": someBefore, "helper": unappliedBefore} {
		for _, late := range []command{updateRecords, advanceLog} {
			t.Run(name+"/"+late.name, func(t *testing.T) {
				t.Parallel()
				v, log := newVictim(t, uri), uuid.New()
				before(t, v, log)
				held, letGo := v.wire.hold(1, late, fate{})
				done := v.append(log, writing(entry(object1, 8, stix.Green), entry(object2, 3, stix.Clear)))
				<-held
				mustAppend(t, other, log, entry(object1, 9, stix.Clear), entry(object1, 1, stix.Clear))
				last := mustAppend(t, other, log, entry(object2, 4, stix.Clear))[0].Sequence
				mustAppend(t, other, log, deletion(object1, 1, last-1), deletion(object2, last))
				storetest.Audit(t, other, log)
				records, logs := other.stored(t, log)
				letGo()
				if a := <-done; a.err != nil || len(a.records) != 2 {
					t.Errorf("the late append gives %+v, %v", a.records, a.err)
				}
				all := storetest.Audit(t, other, log)
				afterwards, logsAfterwards := other.stored(t, log)
				if n := len(records); len(all) < n || name == "writer" && len(all) != n {
					t.Errorf("there are %d records after %d", len(all), n)
				}
				if name == "writer" && (!reflect.DeepEqual(records, afterwards) || !reflect.DeepEqual(logs, logsAfterwards)) {
					t.Errorf("what came late changed\n%v %v\nto\n%v %v", logs, records, logsAfterwards, afterwards)
				}
			})
		}
	}
}

// stored returns the documents of a log.
func (s *Store) stored(t *testing.T, id uuid.UUID) (records []bson.M, log bson.M) {
	t.Helper()
	l, err := s.log(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	cursor, err := s.records.Find(t.Context(), bson.D{{Key: "c", Value: l.C}}, options.Find().SetSort(ascending("_id")))
	if err != nil {
		t.Fatal(err)
	}
	if err := cursor.All(t.Context(), &records); err != nil {
		t.Fatal(err)
	}
	if err := s.logs.FindOne(t.Context(), byID(l.C)).Decode(&log); err != nil {
		t.Fatal(err)
	}
	delete(log, "waiters")
	return records, log
}
