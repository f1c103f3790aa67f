package collections

import (
	"fmt"
	"sync"

	"accord/stix"

	"github.com/google/uuid"
)

// Judges are the judges of the collections in force, each made once after every
// apply. The zero value is ready for use.
type judges struct {
	mu   sync.Mutex
	made map[uuid.UUID]madeJudge
}

// A madeJudge is the judge of a collection as one apply left it.
type madeJudge struct {
	of    *Collection // of an agreement that was in force; it is never changed
	judge stix.Judge
	err   error
}

// of returns the judge of a collection.
func (j *judges) of(c *Collection, v Validator) (stix.Judge, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if made := j.made[c.ID]; made.of == c {
		return made.judge, made.err
	}
	judge, err := v.Judge(c.Profile, c.ownSchemas())
	if err != nil {
		err = &Error{Kind: ErrUnavailable, Detail: fmt.Sprintf("the collection %q takes nothing until its agreement is applied again with other schemas", c.Alias), Err: err}
	}
	if j.made == nil {
		j.made = map[uuid.UUID]madeJudge{}
	}
	j.made[c.ID] = madeJudge{c, judge, err}
	return judge, err
}
