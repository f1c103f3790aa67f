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

// maxGrowth is how many times as large as the largest body a report may become.
// Real objects take more room than what is said of them; {} takes a hundredth.
const maxGrowth = 8

// validate serves POST /v1/validate: it judges the objects of a body as a push
// would, and stores nothing. Whoever has a token may ask.
func (h *Handler) validate(c echo.Context) error {
	if err := h.authenticate(c); err != nil {
		return err
	}
	ctx := c.Request().Context()
	j, lang, err := h.judging(c)
	if err != nil {
		return err
	}
	leave, err := h.Service.Turns.Admit(ctx)
	if err != nil {
		return err
	}
	defer leave()
	body, wrapper, err := h.readBody(c)
	if err != nil {
		return err
	}
	defer body.Close()
	report := &Report{}
	defer report.Close()
	if err := h.judge(ctx, j, body, wrapper, func(m schemas.Member) error {
		if most := maxGrowth * h.MaxContentLength; report.verdicts.Size() > most {
			return collections.Errorf(collections.ErrTooLarge, "the verdicts have more than %d bytes; send the body in several parts", most)
		}
		return report.Add(NewVerdict("", m, lang))
	}); err != nil {
		return err
	}
	begin(c, http.StatusOK, jsonType, nobody)
	if _, err := report.WriteTo(c.Response()); err != nil {
		wire.Log(c, http.StatusInternalServerError, err, h.Log)
		panic(http.ErrAbortHandler) // lest the client takes a part for the whole
	}
	return nil
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
	profile, err := choice(c, "profile", profiles...)
	if err != nil {
		return nil, "", err
	}
	if !c.QueryParams().Has("collection") {
		judge, err := h.judges[profile]()
		return &judging{judge, profile, nil}, lang, err
	}
	if c.QueryParams().Has("profile") {
		return nil, "", collections.Errorf(collections.ErrInvalid, "a collection has its own profile; give collection or profile, not both")
	}
	j, err := h.judgingOf(c.Request().Context(), c.QueryParam("collection"))
	return j, lang, err
}

// judgingOf is how a collection, AGREEMENT/ALIAS, judges a push of the caller's.
// One in which he has no grant is not there; he must be able to read it or to
// write to it (P5).
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
	if view.RequireRead() != nil {
		if err := view.RequireWrite(); err != nil {
			return nil, err
		}
	}
	judge, err := view.Judge()
	if err != nil {
		return nil, err
	}
	return &judging{judge, view.Profile, view}, nil
}

// judge judges the objects of a body, in the caller's turns. The extension
// definitions that it brings are known, and those that the caller may read in the
// agreement.
func (h *Handler) judge(ctx context.Context, j *judging, body *wire.Spool, wrapper stix.Wrapper, yield func(schemas.Member) error) error {
	done, err := h.Service.Turns.Push(ctx)
	if err != nil {
		return err
	}
	defer done()
	worker := h.Service.Turns.Worker(ctx)
	definition, err := collections.Definitions(ctx, worker, j, func(do func([]byte) error) error {
		return schemas.Walk(worker.Reader(body.Reader()), wrapper, do)
	}, j.view)
	if err != nil {
		return err
	}
	stream := schemas.Stream{Judge: j, Profile: j.profile, Definition: definition, Turn: h.Service.Turns.Work}
	return stream.Each(ctx, body.Reader(), wrapper, yield)
}
