package client

import (
	"context"
	"errors"
	"fmt"
	"time"

	"accord/stix"
)

// A status is the status resource (TAXII 2.1 §4.3).
type status struct {
	ID           string    `json:"id"`
	Status       string    `json:"status"`
	SuccessCount int       `json:"success_count"`
	FailureCount int       `json:"failure_count"`
	PendingCount int       `json:"pending_count"`
	Failures     []Refusal `json:"failures"`
}

// Waits for a push that the server carries out later: they double from the
// first to the last. A status that has not changed for so long is given up.
const (
	firstWait = 200 * time.Millisecond
	lastWait  = 10 * time.Second
	stillWait = 15 * time.Minute
)

// wait asks for the status until it is complete.
func (c *Collection) wait(ctx context.Context, s *status) error {
	changed := time.Now()
	if s.Status == "pending" && !isName(s.ID) {
		return errors.New("it is pending, and its id leads nowhere")
	}
	for pause := firstWait; s.Status == "pending"; pause = min(2*pause, lastWait) {
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(pause):
		}
		var next status
		if err := c.client.get(ctx, c.below("status", s.ID), &next); err != nil {
			return err
		}
		if next.PendingCount != s.PendingCount {
			changed = time.Now()
		}
		next.ID = s.ID
		if *s = next; s.Status == "pending" && time.Since(changed) > stillWait {
			return fmt.Errorf("it is pending with %d objects, and has been for %s", s.PendingCount, stillWait)
		}
	}
	if s.Status != "complete" {
		return fmt.Errorf("it is %q, and not complete or pending", s.Status)
	}
	return nil
}

// locate finds the object that each failure is about, -1 where it cannot be
// said. Of objects with one id and version the last ones failed: the others were
// there first.
func locate(failures []Refusal, objects [][]byte) []int {
	if len(failures) == 0 {
		return nil
	}
	byVersion, byID := map[string][]int{}, map[string][]int{}
	for i, raw := range objects {
		id, version := named(raw)
		byVersion[id+" "+version] = append(byVersion[id+" "+version], i)
		byID[id] = append(byID[id], i)
	}
	candidates := func(f Refusal) []int { // a server need not spell a version as we did
		if list := byVersion[f.ID+" "+f.Version]; list != nil {
			return list
		}
		if list := byID[f.ID]; list != nil {
			return list
		}
		return standIn(f.ID, len(objects))
	}
	left := map[int]int{} // failures that are still to be placed, by their last candidate
	for _, f := range failures {
		if list := candidates(f); list != nil {
			left[list[len(list)-1]]++
		}
	}
	places := make([]int, len(failures))
	for i, f := range failures {
		places[i] = -1
		list := candidates(f)
		if list == nil {
			continue
		}
		last := list[len(list)-1]
		if left[last] <= len(list) {
			places[i] = list[len(list)-left[last]]
		}
		left[last]--
	}
	return places
}

// standIn is the place that a failure names because its object has no usable id:
// Accord's servers say objects[3] then. It is nil where none of n is named.
func standIn(id string, n int) []int {
	var i int
	if _, err := fmt.Sscanf(id, "objects[%d]", &i); err != nil || i < 0 || i >= n {
		return nil
	}
	return []int{i}
}

// named returns id and version of an object as far as they can be read.
func named(raw []byte) (id, version string) {
	o, _ := stix.ReadObject(raw, stix.Limits{})
	return string(o.ID), string(o.Version())
}
