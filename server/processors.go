package server

import (
	"os"
	"runtime"
)

// shareProcessors prepares the process for serving. Judging has all processors
// but one. What reads must not wait until Go's scheduler takes a processor from
// what judges, writes or collects garbage, which it does after ten milliseconds;
// so there are twice as many threads for Go code as processors, and the system
// shares these among them, which it does at once. Who has set GOMAXPROCS has
// decided otherwise.
func (c *Config) shareProcessors() {
	n := runtime.GOMAXPROCS(0)
	c.workers = max(1, n-1)
	if os.Getenv("GOMAXPROCS") == "" {
		runtime.GOMAXPROCS(2 * n)
	}
}
