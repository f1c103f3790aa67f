package server

import (
	"context"
	"database/sql"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"accord/collections/mongo/mongotest"
	"accord/taxii/conformance"

	"github.com/rogpeppe/go-internal/testscript"
)

// noExitSleep ends a process that is built with the race detector at once, and not a
// second later.
const noExitSleep = "atexit_sleep_ms=0"

// TestMain lets the scripts run accord by name: the test binary is it. Whatever
// a test asks over TAXII, a fault in the answer fails it.
func TestMain(m *testing.M) {
	os.Setenv("GORACE", noExitSleep)
	http.DefaultClient.Transport = &conformance.Transport{}
	testscript.Main(m, map[string]func(){"accord": func() {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		os.Exit(Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
	}})
}

// TestScripts runs the command line as administrators do.
func TestScripts(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.txtar"))
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, scripts(t, "", files...))
}

// P8: the same scripts with ACCORD_STORE naming a MongoDB database, those that are
// not about files.
func TestScriptsOnMongoDB(t *testing.T) {
	for _, name := range []string{"agreement", "audit", "conformance", "pull", "push", "token"} {
		uri := mongotest.Database(t)
		testscript.Run(t, scripts(t, uri, filepath.Join("testdata", name+".txtar")))
	}
}

// scripts runs scripts, whose commands find a store in their environment unless it is
// "".
func scripts(t *testing.T, store string, paths ...string) testscript.Params {
	return testscript.Params{
		Files:               paths,
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			address, err := freeAddress()
			env.Setenv("ADDRESS", address)
			env.Setenv("ACCORD_LISTEN", address)
			env.Setenv("ACCORD_METRICS_LISTEN", "off")
			env.Setenv("GORACE", noExitSleep)
			if store != "" {
				env.Setenv("ACCORD_STORE", store)
			}
			writeCert(t, filepath.Join(env.WorkDir, "poller.pem"), (&authority{T: t}).issue(poller).Leaf)
			return err
		},
		Cmds: map[string]func(ts *testscript.TestScript, neg bool, args []string){
			"exits":   scriptExits,
			"setenv":  scriptSetenv,
			"ready":   scriptReady,
			"waitfor": scriptWaitFor,
			"get":     scriptGet,
			"sql":     scriptSQL,
		},
	}
}

// freeAddress is one on which nobody listens now.
func freeAddress() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}

// scriptExits runs accord and checks its exit code: exits 2 serve.
func scriptExits(ts *testscript.TestScript, _ bool, args []string) {
	err := ts.Exec("accord", args[1:]...)
	code := exitDone
	if err != nil {
		if _, scanErr := fmt.Sscanf(err.Error(), "exit status %d", &code); scanErr != nil {
			ts.Fatalf("accord %s: %v", strings.Join(args[1:], " "), err)
		}
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("accord %s: exit code %d; want %s", strings.Join(args[1:], " "), code, args[0])
	}
}

// scriptSetenv sets a variable to what a file, or stdout, holds.
func scriptSetenv(ts *testscript.TestScript, _ bool, args []string) {
	ts.Setenv(args[0], strings.TrimSpace(ts.ReadFile(args[1])))
}

// scriptReady waits until the server on $ADDRESS answers.
func scriptReady(ts *testscript.TestScript, _ bool, _ []string) {
	url := "http://" + ts.Getenv("ADDRESS") + "/readyz"
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); {
		if res, err := http.Get(url); err == nil {
			res.Body.Close()
			if res.StatusCode == http.StatusOK {
				return
			}
		}
	}
	ts.Fatalf("%s does not answer", url)
}

// scriptWaitFor waits until a file is there: waitfor state.json.
func scriptWaitFor(ts *testscript.TestScript, _ bool, args []string) {
	for deadline := time.Now().Add(20 * time.Second); time.Now().Before(deadline); runtime.Gosched() {
		if _, err := os.Stat(ts.MkAbs(args[0])); err == nil {
			return
		}
	}
	ts.Fatalf("%s does not come", args[0])
}

// scriptGet checks the status of a request with a token: get 200 /taxii2/ $TOKEN.
func scriptGet(ts *testscript.TestScript, _ bool, args []string) {
	req, err := http.NewRequest(http.MethodGet, "http://"+ts.Getenv("ADDRESS")+args[1], nil)
	ts.Check(err)
	req.SetBasicAuth("", args[2])
	res, err := http.DefaultClient.Do(req)
	ts.Check(err)
	res.Body.Close()
	if strconv.Itoa(res.StatusCode) != args[0] {
		ts.Fatalf("GET %s: status %d; want %s", args[1], res.StatusCode, args[0])
	}
}

// scriptSQL changes the file of a store: sql accord-data/accord.db 'UPDATE …'.
func scriptSQL(ts *testscript.TestScript, _ bool, args []string) {
	db, err := sql.Open("sqlite", ts.MkAbs(args[0]))
	ts.Check(err)
	defer db.Close()
	_, err = db.Exec(args[1])
	ts.Check(err)
}
