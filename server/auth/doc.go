// Package auth knows who asks. It reads the credentials of a request, verifies
// the token in them, and names the party that it speaks for; what that party
// may do is decided in collections.
//
// A token is a JWT. Those of the server are signed by keys in a folder whose
// public halves stand in the control log, so that every server on the store
// verifies them; those of a party come from an issuer that the party declares
// in an agreement, and speak for that party in that agreement only. Where a JWT
// is too long, a handle of 40 characters stands for one; only its hash is kept.
// A client certificate can stand for one too: by its own hash, or by a name in
// it where an authority vouches for that. It counts where a request has no
// Authorization header.
//
// Whatever is wrong with a token, the client learns "expired" or "not valid"
// and nothing else; the reason is the cause of the error, for the log.
//
//	a := auth.New(auth.Config{KeyDir: filepath.Join(data, "keys")})
//	control, err := collections.OpenControl(ctx, store, a.Fold)
//	…
//	err = a.Start(ctx, control)
//	go a.Watch(ctx)
//	caller, err := a.Authenticate(request)
package auth
