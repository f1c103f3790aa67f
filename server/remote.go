package server

import (
	"context"
	"errors"
	"os"

	"accord/taxii/client"

	"github.com/spf13/cobra"
)

// A remote is a collection on a TAXII server, as the flags of a command name it.
type remote struct {
	server, token, user, collection string
}

// remoteFlags adds the flags that name a collection.
func remoteFlags(c *cobra.Command) *remote {
	r, f := new(remote), c.Flags()
	f.SortFlags = false
	f.StringVar(&r.server, "server", "", "`URL` of the TAXII server or of an API root (default ACCORD_SERVER)")
	f.StringVar(&r.token, "token", "", "`token` to show; better given as ACCORD_TOKEN, where other users cannot see it")
	f.StringVar(&r.user, "user", "", "`name` for servers that want HTTP Basic, with the token as the password")
	f.StringVar(&r.collection, "collection", "", "`AGREEMENT/ALIAS`, or an id in place of the alias")
	return r
}

// open finds the collection.
func (r *remote) open(ctx context.Context) (*client.Collection, error) {
	if r.server == "" {
		r.server = os.Getenv("ACCORD_SERVER")
	}
	if r.token == "" {
		r.token = os.Getenv("ACCORD_TOKEN")
	}
	switch {
	case r.server == "":
		return nil, usage(errors.New("which server? Give --server or ACCORD_SERVER"))
	case r.collection == "":
		return nil, usage(errors.New("which collection? Give --collection AGREEMENT/ALIAS"))
	}
	c, err := client.New(client.Config{Server: r.server, Token: r.token, User: r.user})
	if err != nil {
		return nil, usage(err)
	}
	return c.Collection(ctx, r.collection)
}
