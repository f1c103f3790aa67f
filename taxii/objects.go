package taxii

import (
	"context"
	"net/http"
	"slices"

	"accord/collections"
)

// getObjects serves GET {api-root}/collections/{id}/objects/ (TAXII 2.1 §5.4):
// one page of a collection as an envelope, oldest date_added first.
func (h *Handler) getObjects(r *request) error {
	return h.writeObjects(r)
}

// writeObjects answers with a page of objects. Its first ones come with their
// positions.
func (h *Handler) writeObjects(r *request) error {
	r.query.Objects = firstFetch
	return h.writePage(r, objectsOf(r.view))
}

// objectsOf fetches posted bytes. Nothing is decoded on the way.
func objectsOf(v *collections.View) fetch {
	return func(ctx context.Context, seqs []int64) ([][]byte, []int64, error) {
		objects, err := v.Objects(ctx, seqs)
		members, rest := rawOf(objects, seqs)
		return members, rest, err
	}
}

// rawOf returns the bytes of objects, which stand at the first of seqs or are
// missing there, and the positions behind the last of them.
func rawOf(objects []collections.StoredObject, seqs []int64) (raw [][]byte, rest []int64) {
	if len(objects) == 0 {
		return nil, nil
	}
	raw = make([][]byte, len(objects))
	for i, o := range objects {
		raw[i] = o.Raw
	}
	last, found := slices.BinarySearch(seqs, objects[len(objects)-1].Sequence)
	if found {
		last++
	}
	return raw, seqs[last:]
}

// addObjects serves POST {api-root}/collections/{id}/objects/ (TAXII 2.1 §5.5).
// The body has been read to its end; it is walked to its end once more before
// anything is stored.
func (h *Handler) addObjects(r *request) error {
	pushed, err := h.push(r)
	if err != nil {
		return err
	}
	for _, v := range pushed.Versions {
		r.moved.add(1, v.Sequence, v.Sequence)
	}
	return writeStatus(r, http.StatusAccepted, pushed.Status, pushed.Versions)
}

// push stores the objects of the body, in the turns of its party.
func (h *Handler) push(r *request) (collections.Pushed, error) {
	ctx, turns := r.Request().Context(), &h.Service.Turns
	done, err := turns.Push(ctx)
	if err != nil {
		return collections.Pushed{}, err
	}
	defer done()
	worker := turns.Worker(ctx)
	posted, err := r.body.members(worker.Reader(r.body.Reader()))
	worker.Rest()
	if err != nil {
		return collections.Pushed{}, err
	}
	return r.view.Push(ctx, posted)
}

// getObject serves GET {api-root}/collections/{id}/objects/{object-id}/
// (TAXII 2.1 §5.6). An object that is not there, and a version of it that was
// never stored, are not found; what the other filters leave out is an empty
// envelope (TX-OBJ-ID-03).
func (h *Handler) getObject(r *request) error {
	id := r.Param("object")
	versions, err := r.view.Versions(r.Request().Context(), id)
	if err != nil {
		return err
	}
	asked := r.query.Versions
	asked.SpecVersions = nil
	if len(asked.Select(versions)) == 0 {
		return collections.Errorf(collections.ErrNotFound, "there is no such version of %q", id)
	}
	r.query.IDs = []string{id}
	return h.writeObjects(r)
}

// deleteObject serves DELETE {api-root}/collections/{id}/objects/{object-id}/
// (TAXII 2.1 §5.7).
func (h *Handler) deleteObject(r *request) error {
	ctx := r.Request().Context()
	if err := r.view.Delete(ctx, r.Param("object"), r.query.Versions); err != nil {
		return err
	}
	h.answers.forgetDeleted(ctx, h.Service.Store, r.view.ID)
	return writeBody(r, http.StatusOK, nil)
}
