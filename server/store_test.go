package server

import (
	"strings"
	"testing"

	"accord/collections/mongo/mongotest"
)

// testStore is where a new server of a test keeps its records: a file in its data
// folder, unless the run is one on MongoDB.
func testStore(t testing.TB) string {
	t.Helper()
	if mongotest.Chosen() {
		return mongotest.Database(t)
	}
	return ""
}

// P8: whatever proves a requirement of TAXII 2.1 on SQLite proves it on MongoDB,
// and so do the conformance test and what commands say to a running server.
func TestOnMongoDB(t *testing.T) {
	names := []string{
		"TestCoverage", "TestConformance", "TestConformanceOverTLS", "TestHealth", "TestMetrics", "TestAccessLine",
		"TestCommandsBesideAServer", "TestInterruptedCommand", "TestPublicURLIsRemembered", "TestShutdownFinishesRequests",
	}
	for _, tests := range httpTests(t, "..") {
		for _, test := range tests {
			if name, ours := strings.CutPrefix(test, "server."); ours {
				names = append(names, name)
			}
		}
	}
	mongotest.Again(t, "^("+strings.Join(names, "|")+")$")
}
