package server

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"time"

	"accord/taxii/client"

	"github.com/spf13/cobra"
)

// A remote is a TAXII server, as the flags of a command name it.
type remote struct {
	server, token, user string
	tls                 remoteTLS
	clear               func() // takes away what stands in the way on the terminal; may be nil
}

// remoteFlags adds the flags that name a server and who speaks with it.
func remoteFlags(c *cobra.Command) *remote {
	r, f := new(remote), c.Flags()
	f.SortFlags = false
	f.StringVar(&r.server, "server", "", "`URL` of the TAXII server or of an API root (default ACCORD_SERVER)")
	f.StringVar(&r.token, "token", "", "`token` to show; better given as ACCORD_TOKEN, where other users cannot see it")
	f.StringVar(&r.user, "user", "", "`name` for servers that want HTTP Basic, with the token as the password")
	r.tls.addFlags(f)
	return r
}

// connect makes a client of the server. It sends nothing yet. What a busy server
// makes it wait for is told on the command's stderr.
func (r *remote) connect(cmd *cobra.Command) (*client.Client, error) {
	server := cmp.Or(r.server, os.Getenv("ACCORD_SERVER"))
	if server == "" {
		return nil, usage(errors.New("which server? Give --server or ACCORD_SERVER"))
	}
	trust, err := r.tls.config(server)
	if err != nil {
		return nil, usage(err)
	}
	token := cmp.Or(r.token, os.Getenv("ACCORD_TOKEN"))
	errs := cmd.ErrOrStderr()
	c, err := client.New(client.Config{
		Server: server, Token: token, User: r.user, TLS: trust,
		Retrying: func(err error, wait time.Duration) {
			if r.clear != nil {
				r.clear()
			}
			fmt.Fprintf(errs, "accord: %s; trying again in %s\n", printable(err.Error()), wait.Round(100*time.Millisecond))
		},
	})
	if err != nil {
		return nil, usage(err)
	}
	if token != "" && isOpen(server) {
		fmt.Fprintf(errs, "accord: warning: the token goes to %s in the clear; use https\n", printable(server))
	}
	return c, nil
}

// open finds a collection of the server.
func (r *remote) open(cmd *cobra.Command, name string) (*client.Collection, error) {
	if name == "" {
		return nil, usage(errors.New("which collection? Give --collection AGREEMENT/ALIAS"))
	}
	c, err := r.connect(cmd)
	if err != nil {
		return nil, err
	}
	return c.Collection(cmd.Context(), name)
}

// isOpen reports whether what is sent to a server can be read on the way: it
// goes over plain HTTP and to another machine.
func isOpen(server string) bool {
	u, err := url.Parse(server)
	if err != nil || u.Scheme != "http" || u.Hostname() == "localhost" {
		return false
	}
	address := net.ParseIP(u.Hostname())
	return address == nil || !address.IsLoopback()
}
