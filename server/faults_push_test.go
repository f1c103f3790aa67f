package server

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"

	"accord/taxii/conformance"
)

// pushFaults go by what was posted or deleted before.
var pushFaults = []fault{
	{name: "POST stores nothing", ids: "TX-OBJ-POST-16 TX-OBJ-POST-11", front: onPush(taken)},
	{name: "a duplicate is a failure", ids: "TX-OBJ-POST-02", front: onPush(again(same, failed))},
	{name: "a duplicate is a conflict", ids: "TX-OBJ-POST-02", front: onPush(again(same, refused))},
	{name: "a duplicate is stored afresh", ids: "TX-SORT-05 TX-OBJ-POST-02", front: onPush(again(same, replacing))},
	{name: "the newest content is kept", ids: "TX-OBJ-POST-03 TX-OBJ-POST-04", front: onPush(again(conflicting, replacing))},
	{name: "a conflict is a success", ids: "TX-OBJ-POST-03 TX-OBJ-POST-04", front: onPush(again(conflicting, taken))},
	{name: "an observable is stored afresh", ids: "TX-OBJ-POST-05 TX-MVR-10", front: onPush(again(sameObservable, replacing))},
	{name: "an observable has one content", ids: "TX-OBJ-POST-05", front: onPush(again(otherObservable, taken))},
	{name: "an older version is a failure", ids: "TX-OBJ-POST-17", front: onPush(again(older, failed))},
	{name: "an older version is a conflict", ids: "TX-OBJ-POST-17", front: onPush(again(older, refused))},
	{name: "what stands twice counts once", ids: "TX-OBJ-POST-15", front: onPush(func(next http.Handler, w http.ResponseWriter, r *http.Request, objects []sent) {
		if len(objects) == 2 && same(objects[0], objects[1]) {
			taken(next, w, r, objects[:1])
			return
		}
		next.ServeHTTP(w, r)
	})},
	{name: "what was deleted never comes back", ids: "TX-OBJ-DEL-09", front: buried()},
	{name: "DELETE is for every collection", ids: "TX-OBJ-POST-18 TX-OBJ-DEL-07", front: deletedEverywhere()},
	{name: "no version is the last after DELETE of the last", ids: "TX-OBJ-DEL-10", front: headless()},
}

// A sent object is one of a push.
type sent struct {
	Type, ID, Created, Modified string
	path                        string // of the collection's objects
	raw                         string
}

func (o sent) version() string { return o.Created + o.Modified }

// Which two objects a fault is about: one that was sent before, and one that is.
func same(before, now sent) bool { return before.path == now.path && before.raw == now.raw }
func conflicting(before, now sent) bool {
	return before.path == now.path && before.ID == now.ID && before.version() == now.version() && before.raw != now.raw
}
func older(before, now sent) bool {
	return before.path == now.path && before.ID == now.ID && before.Modified > now.Modified
}
func sameObservable(before, now sent) bool { return now.Type == "ipv4-addr" && same(before, now) }
func otherObservable(before, now sent) bool {
	return now.Type == "ipv4-addr" && conflicting(before, now)
}

// A pusher handles a push in place of the server, or in front of it.
type pusher func(next http.Handler, w http.ResponseWriter, r *http.Request, objects []sent)

// onPush is a front that lets a pusher handle every envelope.
func onPush(handle pusher) front {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method != http.MethodPost {
				next.ServeHTTP(w, r)
				return
			}
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			var envelope struct{ Objects []json.RawMessage }
			_ = json.Unmarshal(body, &envelope) // else nothing was sent
			var objects []sent
			for _, raw := range envelope.Objects {
				o := sent{path: r.URL.Path, raw: string(raw)}
				_ = json.Unmarshal(raw, &o)
				objects = append(objects, o)
			}
			handle(next, w, r, objects)
		})
	}
}

// again lets a pusher handle pushes with an object that is as when says to one
// that was sent before.
func again(when func(before, now sent) bool, handle pusher) pusher {
	var mu sync.Mutex
	var seen []sent
	return func(next http.Handler, w http.ResponseWriter, r *http.Request, objects []sent) {
		mu.Lock()
		hit := slices.ContainsFunc(objects, func(now sent) bool {
			return slices.ContainsFunc(seen, func(before sent) bool { return when(before, now) })
		})
		seen = append(seen, objects...)
		mu.Unlock()
		if hit {
			handle(next, w, r, objects)
			return
		}
		next.ServeHTTP(w, r)
	}
}

// refused answers that the request is in conflict with what is there.
func refused(next http.Handler, w http.ResponseWriter, r *http.Request, _ []sent) {
	refuseWhen(http.StatusConflict, func(*http.Request) bool { return true })(next).ServeHTTP(w, r)
}

// taken answers as if all were stored.
func taken(_ http.Handler, w http.ResponseWriter, _ *http.Request, objects []sent) {
	answerPush(w, len(objects), 0)
}

// failed answers that nothing could be stored.
func failed(_ http.Handler, w http.ResponseWriter, _ *http.Request, objects []sent) {
	answerPush(w, 0, len(objects))
}

func answerPush(w http.ResponseWriter, successes, failures int) {
	w.Header().Set("Content-Type", conformance.MediaType)
	w.WriteHeader(http.StatusAccepted)
	_ = json.NewEncoder(w).Encode(map[string]any{"id": "2d086da7-4bdc-4f91-900e-d77486753710", "status": "complete",
		"total_count": successes + failures, "success_count": successes, "failure_count": failures, "pending_count": 0})
}

// replacing deletes the objects before it stores them.
func replacing(next http.Handler, w http.ResponseWriter, r *http.Request, objects []sent) {
	for _, o := range objects {
		deleteAt(next, r, o.path+o.ID+"/")
	}
	next.ServeHTTP(w, r)
}

// deleteAt deletes what is at a path, as whoever made a request.
func deleteAt(next http.Handler, r *http.Request, path string) {
	d := r.Clone(r.Context())
	d.Method, d.URL, d.Body, d.ContentLength = http.MethodDelete, &url.URL{Path: path}, http.NoBody, 0
	next.ServeHTTP(httptest.NewRecorder(), d)
}

// onDelete is a front that is told of each DELETE that was done.
func onDelete(next http.Handler, tell func(*http.Request)) http.Handler {
	return changeAnswer(func(r *http.Request, a *answer) {
		if r.Method == http.MethodDelete && a.status == http.StatusOK {
			tell(r)
		}
	})(next)
}

// buried takes what was deleted for a duplicate when it is posted again.
func buried() front {
	return func(next http.Handler) http.Handler {
		var deleted sync.Map // paths
		gone := func(o sent) bool { _, ok := deleted.Load(o.path + o.ID + "/"); return ok }
		return onPush(func(next http.Handler, w http.ResponseWriter, r *http.Request, objects []sent) {
			if slices.ContainsFunc(objects, gone) {
				taken(next, w, r, objects)
				return
			}
			next.ServeHTTP(w, r)
		})(onDelete(next, func(r *http.Request) { deleted.Store(r.URL.Path, true) }))
	}
}

// deletedEverywhere deletes from each collection that the object was posted to.
func deletedEverywhere() front {
	return func(next http.Handler) http.Handler {
		var paths sync.Map // of objects
		return onPush(func(front http.Handler, w http.ResponseWriter, r *http.Request, objects []sent) {
			for _, o := range objects {
				paths.Store(o.path+o.ID+"/", true)
			}
			front.ServeHTTP(w, r)
		})(onDelete(next, func(r *http.Request) {
			id := r.URL.Path[strings.LastIndex(strings.TrimSuffix(r.URL.Path, "/"), "/"):]
			paths.Range(func(path, _ any) bool {
				if strings.HasSuffix(path.(string), id) {
					deleteAt(next, r, path.(string))
				}
				return true
			})
		}))
	}
}

// headless finds no version by default of an object whose last one was deleted.
func headless() front {
	return func(next http.Handler) http.Handler {
		var headless sync.Map // paths
		ask := changeQuery(func(r *http.Request, q url.Values) {
			if _, ok := headless.Load(r.URL.Path + q.Get("match[id]") + "/"); ok && !q.Has("match[version]") {
				q.Set("match[version]", "2001-01-01T00:00:00.000Z")
			}
		})
		return ask(onDelete(next, func(r *http.Request) {
			if r.URL.Query().Get("match[version]") == "last" {
				headless.Store(r.URL.Path, true)
			}
		}))
	}
}
