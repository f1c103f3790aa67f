package auth

import (
	"context"
	"crypto/x509"
	"slices"

	"accord/collections"
)

// An Inspection is what the operator is told of a token, the reason of a
// refusal included. It is not for clients.
type Inspection struct {
	Good   bool     `json:"good"`
	Reason string   `json:"reason,omitempty"` // why it is not good
	Claims *Claims  `json:"claims,omitempty"` // proven only if Good; nil if they cannot be read
	Rights []Rights `json:"rights,omitempty"` // of a good token, by agreement
}

// Rights are what a token can do in one agreement: grant ∩ scope (P5).
type Rights struct {
	Agreement string   `json:"agreement"`
	Read      []string `json:"read,omitempty"`  // aliases of collections
	Write     []string `json:"write,omitempty"` // aliases of collections
	Request   bool     `json:"request,omitempty"`
	Search    bool     `json:"search,omitempty"`
}

// Inspect says whether a token or handle is good now, else why not, and what it
// can do. One that is bound to certificates has no other name than its jti.
func (a *Authenticator) Inspect(ctx context.Context, token string) Inspection {
	if record, known := a.log.byJTI(token); known && record.isSet() {
		claims := a.claims(record)
		caller, err := a.admitOwn(claims)
		return a.inspection(ctx, claims, caller, err)
	}
	caller, err := a.verify(ctx, token)
	return a.inspection(ctx, a.claimsIn(ctx, token), caller, err)
}

// InspectCertificate says so of a certificate, followed by those that lead to
// its authority, that a client could show.
func (a *Authenticator) InspectCertificate(ctx context.Context, chain []*x509.Certificate) Inspection {
	caller, err := a.verifyCertificate(ctx, chain)
	var claims *Claims
	if record, known := a.log.byJTI(caller.JTI); known {
		claims = a.claims(record)
	}
	return a.inspection(ctx, claims, caller, err)
}

func (a *Authenticator) inspection(ctx context.Context, claims *Claims, caller collections.Caller, err error) Inspection {
	result := Inspection{Claims: claims}
	if err == nil {
		result.Rights, err = a.rights(ctx, caller)
	}
	if err != nil {
		result.Reason = err.Error()
		return result
	}
	result.Good = true
	return result
}

// claimsIn returns what a token or handle says, nil if that cannot be read.
func (a *Authenticator) claimsIn(ctx context.Context, token string) *Claims {
	if isHandle(token) {
		claims, _ := a.claimsOf(ctx, token)
		return claims
	}
	t, err := readToken(token)
	if err != nil {
		return nil
	}
	return &t.Claims
}

// rights asks collections what every surface asks.
func (a *Authenticator) rights(ctx context.Context, caller collections.Caller) ([]Rights, error) {
	service := collections.Service{Control: a.control, Log: a.Log, Now: a.Now}
	roots, err := service.Roots(collections.WithCaller(ctx, caller))
	if err != nil {
		return nil, err
	}
	var all []Rights
	for _, root := range roots {
		r := Rights{
			Agreement: root.ID,
			Request:   root.CanRequest(),
			Search:    root.CanSearch(),
		}
		for _, view := range root.Views() {
			may := view.Rights()
			if may.Read {
				r.Read = append(r.Read, view.Alias)
			}
			if may.Write {
				r.Write = append(r.Write, view.Alias)
			}
		}
		slices.Sort(r.Read)
		slices.Sort(r.Write)
		all = append(all, r)
	}
	return all, nil
}
