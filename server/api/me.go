package api

import (
	"time"

	"accord/collections"
	"accord/stix"

	"github.com/labstack/echo/v4"
)

// Me is the answer of GET /v1/me: who asks, and what he may do. No list is null.
type Me struct {
	Party      myParty       `json:"party"`
	Token      myToken       `json:"token"`
	Agreements []myAgreement `json:"agreements"` // by id
}

type myParty struct {
	ID        string `json:"id"`
	Territory string `json:"territory"`
}

// myToken is what the token says.
type myToken struct {
	JTI     string `json:"jti"`
	Issuer  string `json:"issuer"` // server, or party for the party's own
	Expires string `json:"expires"`
	Scope   string `json:"scope"` // the words that mean something here
	Unit    string `json:"unit,omitempty"`
	Officer string `json:"officer,omitempty"`
	Admin   bool   `json:"admin"`
}

// myAgreement is an agreement in which the token speaks.
type myAgreement struct {
	ID          string            `json:"id"`
	Title       map[string]string `json:"title"` // by language
	Name        map[string]string `json:"name"`  // of the party, by language
	Clearance   string            `json:"clearance"`
	CanRequest  bool              `json:"can_request"`
	CanSearch   bool              `json:"can_search"`
	Collections []myCollection    `json:"collections"` // by collection id, as TAXII lists them
}

// myCollection is a collection in which the party has a grant.
type myCollection struct {
	ID        string              `json:"id"`
	Alias     string              `json:"alias"`
	Title     map[string]string   `json:"title"` // by language
	Closed    bool                `json:"closed"`
	CanRead   bool                `json:"can_read"`
	CanWrite  bool                `json:"can_write"`
	CanDelete bool                `json:"can_delete"` // what the party stored
	CanCurate bool                `json:"can_curate"` // delete what others stored
	CanSearch bool                `json:"can_search"`
	Grants    []collections.Right `json:"grants"` // what the agreement gives the party
	Scope     []string            `json:"scope"`  // what the token's scope leaves of read, write and search
	Ceiling   string              `json:"ceiling"`
	Withheld  []string            `json:"withheld"` // TLP levels above the clearance that it may hold
}

// getMe serves GET /v1/me: what the caller may do and see, which TAXII has no
// words for.
func (h *Handler) getMe(c echo.Context) error {
	if err := h.authenticate(c); err != nil {
		return err
	}
	if err := checkParameters(c); err != nil {
		return err
	}
	ctx := c.Request().Context()
	roots, err := h.Service.Roots(ctx)
	if err != nil {
		return err
	}
	caller, _ := collections.CallerFrom(ctx)
	me := Me{Party: myParty{ID: caller.Party}, Token: newMyToken(caller), Agreements: []myAgreement{}}
	for _, root := range roots {
		me.Party.Territory = root.Self().Territory // the same in all of them
		me.Agreements = append(me.Agreements, newMyAgreement(root))
	}
	return writeJSON(c, me)
}

func newMyToken(caller collections.Caller) myToken {
	issuer := "server"
	if caller.Agreements != nil {
		issuer = "party"
	}
	return myToken{
		JTI: caller.JTI, Issuer: issuer, Expires: caller.Expires.UTC().Format(time.RFC3339),
		Scope: caller.Scopes.String(), Unit: caller.Unit, Officer: caller.Officer,
		Admin: caller.Scopes.Allows("admin", "", ""),
	}
}

func newMyAgreement(root *collections.Root) myAgreement {
	a := myAgreement{
		ID: root.ID, Title: texts(root.Title), Name: texts(root.Self().Name), Clearance: root.Self().Clearance.String(),
		CanRequest: root.CanRequest(), CanSearch: root.CanSearch(), Collections: []myCollection{},
	}
	for _, v := range root.Views() {
		r := v.Rights()
		a.Collections = append(a.Collections, myCollection{
			ID: v.ID.String(), Alias: v.Alias, Title: texts(v.Title), Closed: v.Closed,
			CanRead: r.Read, CanWrite: r.Write, CanDelete: r.Delete, CanCurate: r.Curate, CanSearch: r.Search,
			Grants: r.Grants, Scope: append([]string{}, r.Scope...),
			Ceiling: v.Ceiling.String(), Withheld: levels(r.Withheld),
		})
	}
	return a
}

func texts(t collections.Text) map[string]string {
	byLang := make(map[string]string, len(t))
	for _, said := range t {
		byLang[said.Lang] = said.Text
	}
	return byLang
}

func levels(ranks []stix.TLP) []string {
	names := make([]string, len(ranks))
	for i, rank := range ranks {
		names[i] = rank.String()
	}
	return names
}
