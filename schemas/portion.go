package schemas

import (
	"iter"
	"maps"
	"slices"
	"strconv"
)

// portionSize is how many list elements the schema sees at once. Real objects
// have 3,927 at most.
const portionSize = 4000

// A portion is an object with only a part of its list elements. Each list keeps
// a run of neighbours, so that a place in it is a place in the whole.
type portion struct {
	value  map[string]any
	starts map[string]int // for each list that lost its beginning, by the pointer in the portion: how much
}

// pointer turns steps in the portion into the pointer in the whole.
func (p portion) pointer(steps []string) string {
	var here, whole string
	for _, step := range steps {
		start := p.starts[here]
		here = at(here, step)
		if start > 0 {
			if i, err := strconv.Atoi(step); err == nil {
				step = strconv.Itoa(i + start)
			}
		}
		whole = at(whole, step)
	}
	return whole
}

// size is how many list elements a value holds at any depth.
func size(v any) (n int) {
	switch v := v.(type) {
	case []any:
		n = len(v)
		for _, element := range v {
			n += size(element)
		}
	case map[string]any:
		for _, member := range v {
			n += size(member)
		}
	}
	return n
}

// shortList is the length of lists that stand whole in each portion, so that
// what the schema says of all their elements together holds there too.
const shortList = 8

// size is how many list elements the schema looks at in a value, those of short
// lists left out.
func (p *place) size(v any) (n int) {
	if p == nil || !p.lists {
		return 0
	}
	switch v := v.(type) {
	case []any:
		if n = p.inside(v); n == 0 {
			return long(len(v))
		}
		n += len(v)
	case map[string]any:
		for name, member := range v {
			n += p.member(name).size(member)
		}
	}
	return n
}

// inside is how many list elements the schema looks at in the elements of a
// list.
func (p *place) inside(list []any) (n int) {
	if p.others == nil || !p.others.lists {
		return 0
	}
	for _, element := range list {
		n += p.others.size(element)
	}
	return n
}

func long(n int) int {
	if n <= shortList {
		return 0
	}
	return n
}

// portions cuts an object into portions of portionSize list elements. What is
// no list stands in each of them, and what the schema does not look at.
func portions(value map[string]any, root *place) iter.Seq[portion] {
	return func(yield func(portion) bool) {
		insides := map[*any]int{}
		for skip, all := 0, root.size(value); skip < all; skip += portionSize {
			c := cutter{skip: skip, take: portionSize, starts: map[string]int{}, insides: insides}
			cut := c.cut(root, "", value).(map[string]any)
			if !yield(portion{cut, c.starts}) {
				return
			}
		}
	}
}

// A cutter takes the list elements [skip, skip+take) of a value, in one order.
type cutter struct {
	skip, take int
	starts     map[string]int
	insides    map[*any]int // of lists that were counted before, by their first element
}

func (c *cutter) cut(p *place, pointer string, v any) any {
	if p == nil || !p.lists {
		return v
	}
	switch v := v.(type) {
	case []any:
		if c.inside(p, v) == 0 {
			return c.cutFlat(pointer, v)
		}
		return c.cutList(p.others, pointer, v)
	case map[string]any:
		cut := make(map[string]any, len(v))
		for _, name := range slices.Sorted(maps.Keys(v)) {
			cut[name] = c.cut(p.member(name), at(pointer, name), v[name])
		}
		return cut
	}
	return v
}

// inside is p.inside, counted once for all portions.
func (c *cutter) inside(p *place, list []any) int {
	if len(list) == 0 {
		return 0
	}
	n, known := c.insides[&list[0]]
	if !known {
		n = p.inside(list)
		c.insides[&list[0]] = n
	}
	return n
}

// cutFlat takes elements that hold no long lists.
func (c *cutter) cutFlat(pointer string, list []any) []any {
	n := long(len(list))
	if n == 0 {
		return list
	}
	from := min(c.skip, n)
	to := min(from+c.take, n)
	c.skip -= from
	c.take -= to - from
	if from < to {
		c.starts[pointer] = from
	}
	return list[from:to]
}

// cutList leaves out the elements that are skipped whole, and those behind the
// last one taken.
func (c *cutter) cutList(elements *place, pointer string, list []any) []any {
	cut := []any{}
	for i, element := range list {
		n := 1 + elements.size(element)
		if c.skip >= n {
			c.skip -= n
			continue
		}
		if c.take == 0 {
			break
		}
		if len(cut) == 0 && i > 0 {
			c.starts[pointer] = i
		}
		if c.skip > 0 {
			c.skip--
		} else {
			c.take--
		}
		cut = append(cut, c.cut(elements, at(pointer, len(cut)), element))
	}
	return cut
}
