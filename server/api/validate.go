package api

import (
	"context"
	"net/http"
	"strings"

	"accord/collections"
	"accord/schemas"
	"accord/stix"
	"accord/taxii/wire"

	"github.com/labstack/echo/v4"
)

// validate serves POST /v1/validate: it judges the objects of a body as a push
// would, and stores nothing. Whoever has a token may ask.
func (h *Handler) validate(c echo.Context) error {
	caller, err := h.Authenticate(c.Request())
	if err != nil {
		return err
	}
	ctx := collections.WithCaller(c.Request().Context(), caller)
	c.SetRequest(c.Request().WithContext(ctx))
	j, lang, err := h.judging(c)
	if err != nil {
		return err
	}
	body, wrapper, err := h.readBody(c)
	if err != nil {
		return err
	}
	defer body.Close()
	report := &Report{}
	defer report.Close()
	if err := j.judge(ctx, body, wrapper, func(m schemas.Member) error { return report.Add(NewVerdict("", m, lang)) }); err != nil {
		return err
	}
	header := c.Response().Header()
	header.Set(echo.HeaderContentType, jsonType)
	header.Set(echo.HeaderCacheControl, nobody)
	c.Response().WriteHeader(http.StatusOK)
	_, err = report.WriteTo(c.Response())
	return err
}

// A judging is by what a request wants its objects judged.
type judging struct {
	stix.Judge
	profile string
	view    *collections.View // nil without a collection
}

// judging reads the parameters of a request: profile, or collection, which has
// one, and lang.
func (h *Handler) judging(c echo.Context) (_ *judging, lang string, err error) {
	if err := checkParameters(c, "profile", "collection", "lang"); err != nil {
		return nil, "", err
	}
	if lang, err = choice(c, "lang", "en", "zh"); err != nil {
		return nil, "", err
	}
	profile, err := choice(c, "profile", "standard", "strict", "open")
	if err != nil {
		return nil, "", err
	}
	if !c.QueryParams().Has("collection") {
		judge, err := h.Validator.Judge(profile, nil)
		return &judging{judge, profile, nil}, lang, err
	}
	if c.QueryParams().Has("profile") {
		return nil, "", collections.Errorf(collections.ErrInvalid, "a collection has its own profile; give collection or profile, not both")
	}
	j, err := h.judgingOf(c.Request().Context(), c.QueryParam("collection"))
	return j, lang, err
}

// judgingOf is how a collection, AGREEMENT/ALIAS, judges a push of the caller's.
// One in which he has no grant is not there.
func (h *Handler) judgingOf(ctx context.Context, name string) (*judging, error) {
	agreement, alias, ok := strings.Cut(name, "/")
	if !ok {
		return nil, collections.Errorf(collections.ErrInvalid, "collection is %.100q; it has the form AGREEMENT/ALIAS", name)
	}
	root, err := h.Service.Root(ctx, agreement)
	if err != nil {
		return nil, err
	}
	view, err := root.View(alias)
	if err != nil {
		return nil, err
	}
	judge, err := view.Judge()
	if err != nil {
		return nil, err
	}
	return &judging{judge, view.Profile, view}, nil
}

// judge judges the objects of a body. The extension definitions that it brings
// are known, and those that the caller may read in the agreement.
func (j *judging) judge(ctx context.Context, body *wire.Spool, wrapper stix.Wrapper, yield func(schemas.Member) error) error {
	known := &schemas.Known{Judge: j}
	if err := known.Learn(body.Reader(), wrapper); err != nil {
		return err
	}
	stream := schemas.Stream{Judge: j, Profile: j.profile, Definition: known.Definition}
	if j.view == nil {
		return stream.Each(ctx, body.Reader(), wrapper, yield)
	}
	stored := j.view.Definitions(j, nothing{})
	stream.Definition = func(id stix.ID) []byte { return newer(stored.In(ctx)(id), known.Definition(id)) }
	if err := stream.Each(ctx, body.Reader(), wrapper, yield); err != nil {
		return err
	}
	return stored.Err()
}

// newer returns the newer version of a definition, the stored one of two that are
// equally new: the other would not take its place. Either may be nil.
func newer(stored, brought []byte) []byte {
	if stored == nil {
		return brought
	}
	a, _ := stix.ReadObject(stored, stix.Limits{})
	b, _ := stix.ReadObject(brought, stix.Limits{})
	if brought != nil && b.Version().Compare(a.Version()) > 0 {
		return brought
	}
	return stored
}

// nothing is a push without members: those of the body are known already.
type nothing struct{}

func (nothing) Len() int                   { return 0 }
func (nothing) Object(int) ([]byte, error) { return nil, nil }
