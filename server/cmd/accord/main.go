// Command accord is a threat-indicator exchange server and its tools.
package main

import (
	"context"
	"os"
	"os/signal"
	"syscall"

	"accord/server"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(server.Main(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}
