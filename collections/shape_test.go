package collections

import (
	"reflect"
	"testing"
	"time"
)

// P8: two records have one digest only when all of them is the same, so whatever is
// different in one, also what a later version adds to it, must change it.
func TestDigestIsOfEverything(t *testing.T) {
	var whole Record
	fill(t, reflect.ValueOf(&whole).Elem())
	want := whole.Digest()
	if again := whole; again.Digest() != want {
		t.Error("a record has two digests")
	}
	fields := 0
	var visit func(of reflect.Type, path []int)
	visit = func(of reflect.Type, path []int) {
		for i := range of.NumField() {
			at := append(path[:len(path):len(path)], i)
			if f := of.Field(i); f.Type.Kind() == reflect.Struct && f.Type != reflect.TypeFor[time.Time]() {
				visit(f.Type, at)
				continue
			}
			other := whole
			reflect.ValueOf(&other).Elem().FieldByIndex(at).SetZero()
			if fields++; other.Digest() == want {
				t.Errorf("without its %s a record has the same digest", of.Field(i).Name)
			}
		}
	}
	visit(reflect.TypeFor[Record](), nil)
	if fields < 19 {
		t.Errorf("%d fields were looked at; a record has more", fields)
	}

	moved := whole
	moved.ID, moved.Type = whole.ID+whole.Type[:1], whole.Type[1:]
	if moved.Digest() == want {
		t.Error("a digest does not tell where one text ends and the next begins")
	}
	none, empty := whole, whole
	none.Raw, empty.Raw = nil, []byte{}
	if none.Digest() != empty.Digest() {
		t.Error("no bytes and bytes of no length have two digests")
	}
}

// fill gives every field a value that is not zero.
func fill(t *testing.T, v reflect.Value) {
	t.Helper()
	switch v.Kind() {
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			v.Set(reflect.ValueOf(time.UnixMicro(7)))
			return
		}
		for i := range v.NumField() {
			fill(t, v.Field(i))
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(t, v.Index(i))
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		fill(t, v.Index(0))
		fill(t, v.Index(1))
	case reflect.String:
		v.SetString("text")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int64:
		v.SetInt(7)
	case reflect.Uint8:
		v.SetUint(7)
	default:
		t.Fatalf("a field of kind %v", v.Kind())
	}
}

// One record more, or two in another order, is another sum.
func TestLogSum(t *testing.T) {
	sum := func(sequences ...int64) (s LogSum) {
		for _, n := range sequences {
			s.Add(Record{Sequence: n})
		}
		return s
	}
	want := sum(1, 2, 3)
	for _, other := range []LogSum{{}, sum(1, 2), sum(1, 3, 2), sum(1, 2, 3, 4), sum(0, 1, 2, 3)} {
		if other == want || other.Hash == want.Hash {
			t.Errorf("%d records have the sum of others", other.Records)
		}
	}
	if want.Records != 3 || sum(1, 2, 3) != want {
		t.Errorf("the sum of three records is %+v, then %+v", want, sum(1, 2, 3))
	}
}
