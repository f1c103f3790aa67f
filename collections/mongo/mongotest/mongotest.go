// Package mongotest gives tests databases of their own on the MongoDB deployment
// that ACCORD_TEST_MONGODB_URI names, runs the tests of a package a second time
// on it, and cuts its connections.
package mongotest

import (
	"cmp"
	"context"
	"crypto/rand"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"go.mongodb.org/mongo-driver/v2/mongo"
	"go.mongodb.org/mongo-driver/v2/mongo/options"
)

const (
	deployment = "ACCORD_TEST_MONGODB_URI"
	chosen     = "ACCORD_TEST_STORE"
)

// Database returns the URI of a new database, which is dropped when the test
// ends. Without a deployment the test is skipped.
func Database(t testing.TB) (uri string) {
	t.Helper()
	uri = inDatabase(need(t), "accord-test-"+strings.ToLower(rand.Text()[:16]))
	t.Cleanup(func() {
		if err := drop(uri); err != nil {
			t.Errorf("drop the test's database: %v", err)
		}
	})
	return uri
}

// need returns the URI of the deployment.
func need(t testing.TB) string {
	t.Helper()
	uri := os.Getenv(deployment)
	if uri == "" {
		t.Skip("skipped: " + deployment + " names no MongoDB")
	}
	return uri
}

// inDatabase puts a name in the place of the database of a URI. Who logs in does
// so where he would have without that.
func inDatabase(uri, name string) string {
	scheme, rest, _ := strings.Cut(uri, "://")
	rest, query, _ := strings.Cut(rest, "?")
	hosts, source, _ := strings.Cut(rest, "/")
	if strings.Contains(hosts, "@") && !strings.Contains(strings.ToLower(query), "authsource=") {
		query = strings.TrimPrefix(query+"&authSource="+cmp.Or(source, "admin"), "&")
	}
	return scheme + "://" + hosts + "/" + name + "?" + query
}

func drop(uri string) error {
	db, err := connect(uri)
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	defer db.Client().Disconnect(ctx) // nothing waits for it
	return db.Drop(ctx)
}

// connect returns the database that a URI names.
func connect(uri string) (*mongo.Database, error) {
	client, err := mongo.Connect(options.Client().ApplyURI(uri))
	if err != nil {
		return nil, err
	}
	_, rest, _ := strings.Cut(uri, "://")
	rest, _, _ = strings.Cut(rest, "?")
	_, name, _ := strings.Cut(rest, "/")
	return client.Database(name), nil
}

// Look returns the database that a URI names, for those who look behind the store.
func Look(t testing.TB, uri string) *mongo.Database {
	t.Helper()
	db, err := connect(uri)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Client().Disconnect(context.Background()) })
	return db
}

// Chosen reports whether the tests are to make their stores on MongoDB; see Again.
func Chosen() bool { return os.Getenv(chosen) == "mongodb" }

// Again runs those tests of the running binary whose names match a pattern, all
// but the one that calls it, a second time, with their stores on MongoDB. By hand
// that is: ACCORD_TEST_STORE=mongodb go test -run PATTERN.
func Again(t *testing.T, pattern string) {
	t.Helper()
	need(t)
	args := []string{"-test.run=" + pattern, "-test.skip=^" + t.Name() + "$", "-test.count=1", "-test.v"}
	if end, ok := t.Deadline(); ok {
		args = append(args, "-test.timeout="+time.Until(end.Add(-5*time.Second)).String())
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], args...)
	cmd.Env = append(os.Environ(), chosen+"=mongodb")
	out, err := cmd.CombinedOutput()
	ran := strings.Count("\n"+string(out), "\n--- PASS: ")
	if err != nil || ran == 0 {
		t.Fatalf("on MongoDB: %v\n%s", err, failed(string(out)))
	}
	t.Logf("%d tests passed on MongoDB", ran)
}

// failed leaves the tests that passed out of their output.
func failed(out string) string {
	var kept []string
	for part := range strings.SplitAfterSeq(out, "\n") {
		if !strings.HasPrefix(strings.TrimSpace(part), "=== ") && !strings.HasPrefix(strings.TrimSpace(part), "--- PASS: ") {
			kept = append(kept, part)
		}
	}
	return strings.Join(kept, "")
}
