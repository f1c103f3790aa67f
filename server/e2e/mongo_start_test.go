package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"accord/collections/mongo/mongotest"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// secret is the password of databases that ask for one, who their user.
const (
	who    = "user"
	secret = "s3cr3t-w0rd"
)

// TestRefusedStartOnMongoDB starts the server where it must not start (P10): it
// ends within some ten seconds with code 1, says in one line which input is wrong
// and why, and nothing of the password, and starts when the cause has gone.
func TestRefusedStartOnMongoDB(t *testing.T) {
	for _, tc := range []struct {
		name string
		// spoil returns the URI, what the refusal must name, and what takes the
		// cause away again.
		spoil func(t *testing.T, dir string, cable *mongotest.Cable) (uri string, want []string, mend func())
	}{
		{"nobody listens", func(_ *testing.T, _ string, c *mongotest.Cable) (string, []string, func()) {
			c.Cut()
			return c.URI(), []string{"can't be reached", "connection refused"}, c.Mend
		}},
		{"nothing comes", func(_ *testing.T, _ string, c *mongotest.Cable) (string, []string, func()) {
			c.Silence()
			return c.URI(), []string{"can't be reached"}, c.Mend
		}},
		{"no such host", func(_ *testing.T, _ string, c *mongotest.Cable) (string, []string, func()) {
			return "mongodb://" + who + ":" + secret + "@nowhere.invalid/accord", []string{"nowhere.invalid/accord", "can't be reached"}, func() {}
		}},
		{"no such hosts", func(_ *testing.T, _ string, c *mongotest.Cable) (string, []string, func()) {
			return "mongodb+srv://" + who + ":" + secret + "@nowhere.invalid/accord", []string{"nowhere.invalid/accord", "can't be found"}, func() {}
		}},
		{"wrong password", func(_ *testing.T, _ string, c *mongotest.Cable) (string, []string, func()) {
			return strings.Replace(c.URI(), secret, secret+"x", 1), []string{"does not take this user name and password"}, func() {}
		}},
		{"of another program", func(t *testing.T, _ string, c *mongotest.Cable) (string, []string, func()) {
			uri := mongotest.Database(t)
			if _, err := mongotest.Look(t, uri).Collection("cats").InsertOne(t.Context(), bson.D{{Key: "name", Value: "Tom"}}); err != nil {
				t.Fatal(err)
			}
			return uri, []string{"another program", "another one in the path"}, func() {}
		}},
		{"of a newer version", func(t *testing.T, dir string, c *mongotest.Cable) (string, []string, func()) {
			uri, _ := databases.Load(dir)
			meta := mongotest.Look(t, uri.(string)).Collection("meta")
			version := func(n int) {
				if _, err := meta.UpdateOne(t.Context(), bson.D{{Key: "_id", Value: "accord"}}, bson.D{{Key: "$set", Value: bson.D{{Key: "version", Value: n}}}}); err != nil {
					t.Fatal(err)
				}
			}
			version(1000)
			return uri.(string), []string{"is of version 1000", "use a newer program"}, func() { version(1) }
		}},
		{"second server on the data folder", func(t *testing.T, dir string, c *mongotest.Cable) (string, []string, func()) {
			first := start(t, dir, "")
			return mongotest.Database(t), []string{"another accord server", "the data folder " + dir, "give this one another --data"}, first.kill
		}},
		{"second server on the data folder, with a file", func(t *testing.T, dir string, c *mongotest.Cable) (string, []string, func()) {
			first := start(t, dir, "")
			return "", []string{"another accord server", filepath.Join(dir, "accord.db")}, first.kill
		}},
		{"data folder not writable", func(t *testing.T, dir string, c *mongotest.Cable) (string, []string, func()) {
			return c.URI(), []string{dir, "let this user write"}, readOnly(t, dir)
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			uri := mongotest.Database(t)
			cable := mongotest.NewCable(t, uri, secret)
			dir := filepath.Join(t.TempDir(), "data")
			databases.Store(dir, uri)
			file := applyAgreement(t, dir)
			token := issue(t, dir)
			spoiled, want, mend := tc.spoil(t, dir, cable)
			began := time.Now()
			checkRefused(t, 1, want, "serve", "--listen", "127.0.0.1:0", "--metrics-listen", "off", "--log-level", "debug", "--data", dir, "--store", spoiled, "--agreement", file)
			if took := time.Since(began); took > 12*time.Second {
				t.Errorf("the refusal took %v; want some ten seconds at most", took)
			}
			mend()
			s := start(t, dir, token)
			if _, ok := s.push(indicator(1)); !ok {
				t.Error("a server that starts afterwards takes no push")
			}
		})
	}
}

// P10: a command on a database that is no store makes none there, whatever name was
// mistyped; serve without an agreement neither.
func TestEmptyDatabase(t *testing.T) {
	uri, dir, file := mongotest.Database(t), filepath.Join(t.TempDir(), "data"), writeAgreement(t)
	t.Setenv("ACCORD_STORE", uri)
	for _, args := range [][]string{
		{"agreement", "show"}, {"token", "list"}, {"token", "keys"}, {"token", "revoke", "an-id"}, {"token", "rotate"}, {"token", "inspect", "a.b.c"},
		{"token", "issue", "--party", "cert-us", "--scope", "read:*/*"}, {"audit"},
	} {
		checkRefused(t, 1, []string{"there is no store in mongodb://", "accord agreement apply"}, append(args, "--data", dir)...)
	}
	checkRefused(t, 2, []string{"no agreement is in force", "accord agreement init"}, "serve", "--listen", "127.0.0.1:0", "--metrics-listen", "off", "--data", dir)
	if out := accord(t, "agreement", "apply", "--dry-run", "--data", dir, file); !strings.Contains(out, "us-cn") {
		t.Errorf("a dry run on an empty database prints %q; want what would change", out)
	}
	if names, err := mongotest.Look(t, uri).ListCollectionNames(t.Context(), bson.D{}); err != nil || len(names) > 0 {
		t.Errorf("the database holds %q now, %v; want it empty", names, err)
	}
	accord(t, "agreement", "apply", "--data", dir, file)
	if out := accord(t, "agreement", "show", "--data", dir); !strings.Contains(out, "us-cn") {
		t.Errorf("agreement show prints %q", out)
	}
}

// P10: neither user nor password of the database is in what a server or a command
// says, whatever goes wrong and however they were given.
func TestNoSecretIsSaid(t *testing.T) {
	cable := mongotest.NewCable(t, mongotest.Database(t), secret)
	folder, file := t.TempDir(), writeAgreement(t)
	dir, config := filepath.Join(folder, "data"), filepath.Join(folder, "accord.yaml")
	configure := func(text string) {
		t.Helper()
		if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	configure("store: " + cable.URI() + "\n")
	run := func(args ...string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		out, err := exec.CommandContext(ctx, binary, append([]string{args[0], "--data", dir}, args[1:]...)...).CombinedOutput()
		if strings.Contains(string(out), secret) || strings.Contains(string(out), who+":") {
			t.Errorf("accord %q, which ended with %v, says %s", args, err, out)
		}
	}
	commands := [][]string{
		{"agreement", "apply", file}, {"agreement", "show", "-o", "json"}, {"token", "list", "-o", "json"}, {"audit"},
		{"token", "issue", "--party", "cert-us", "--scope", "read:*/*", "-o", "json"},
		{"config", "check"}, {"config", "check", "-o", "json"}, {"serve", "--listen", "127.0.0.1:x"}, {"serve", "--help"},
	}
	all := func(ways ...[]string) {
		for _, way := range ways {
			for _, args := range commands {
				run(append(args, way...)...)
			}
		}
	}
	all([]string{"--config", config}, []string{"--store", cable.URI()})
	t.Setenv("ACCORD_STORE", cable.URI())
	all(nil)
	for _, wrong := range []string{
		strings.Replace(cable.URI(), secret, secret+"x", 1), // what the database does not take
		strings.Replace(cable.URI(), "mongodb", "mongdb", 1),
		strings.Replace(cable.URI(), "//", "/", 1),
		strings.Replace(cable.URI(), "@", "", 1),
		strings.Replace(cable.URI(), secret, secret+"%zz", 1),
		strings.Replace(cable.URI(), secret, secret+"/", 1),
		cable.URI() + "&journal=" + secret,
	} {
		all([]string{"--store", wrong})
	}
	for _, text := range []string{"store: [%s]\n", "stor: %s\n", "store: {%s: 1}\n", "store: %s\nstore: %[1]s\n", "store: '%s\n", "%s\n", "listen: %s\n", "max_limit: %s\n"} {
		configure(fmt.Sprintf(text, cable.URI()))
		run("config", "check", "--config", config)
	}
	run("serve", "--data", cable.URI())
	run("serve", "--listen", cable.URI())
}

// P10: nor is it in what a server says that breaks.
func TestBrokenServerSaysNoSecret(t *testing.T) {
	cable := mongotest.NewCable(t, mongotest.Database(t), secret)
	dir := filepath.Join(t.TempDir(), "data")
	databases.Store(dir, cable.URI())
	applyAgreement(t, dir)
	s := start(t, dir, issue(t, dir))
	if _, ok := s.push(indicator(1)); !ok {
		t.Fatal("the server takes no push")
	}
	if err := s.cmd.Process.Signal(syscall.SIGQUIT); err != nil {
		t.Fatal(err)
	}
	_ = s.cmd.Wait() // it ends with a code of its own
	if text := s.stderr.String(); !strings.Contains(text, "goroutine ") || strings.Contains(text, secret) {
		t.Errorf("the server breaks with: %s", text)
	}
}
