package api

import (
	"encoding/json"
	"slices"

	"accord/collections"
	"accord/schemas"
	"accord/stix"

	"github.com/labstack/echo/v4"
)

// The ids of the bundles of our extension definitions and of examples.
const (
	definitionsID = "bundle--5c3d0c4e-5a0b-4b0e-9a39-6f1f4fb4a1c7"
	examplesID    = "bundle--b0a7a0a4-6f0d-4d63-8a55-0d9f4be4c1d2"
)

// getExtensions serves GET /v1/extensions: our extension definitions, and the
// identity that made them, as a STIX bundle.
func (h *Handler) getExtensions(c echo.Context) error {
	return publishBundle(c, definitionsID, schemas.Definitions())
}

// getExamples serves GET /v1/extensions/examples: objects that use our
// extensions, as a STIX bundle.
func (h *Handler) getExamples(c echo.Context) error {
	return publishBundle(c, examplesID, schemas.Examples())
}

func publishBundle(c echo.Context, id string, objects []json.RawMessage) error {
	if err := checkParameters(c); err != nil {
		return err
	}
	return publishJSON(c, stixType, struct {
		Type    string            `json:"type"`
		ID      string            `json:"id"`
		Objects []json.RawMessage `json:"objects"`
	}{"bundle", id, objects})
}

// getExtension serves GET /v1/extensions/{id}: one object of that bundle.
func (h *Handler) getExtension(c echo.Context) error {
	if err := checkParameters(c); err != nil {
		return err
	}
	definitions := schemas.Definitions()
	i := slices.IndexFunc(definitions, func(raw json.RawMessage) bool {
		o, _ := stix.ReadObject(raw, stix.DefaultLimits)
		return string(o.ID) == c.Param("id")
	})
	if i < 0 {
		return collections.Errorf(collections.ErrNotFound, "there is no extension definition %.100q of ours; /v1/extensions lists them", c.Param("id"))
	}
	return publish(c, stixType, definitions[i])
}

// getRules serves GET /v1/rules: every rule, with its level under a profile and
// its words in a language.
func (h *Handler) getRules(c echo.Context) error {
	if err := checkParameters(c, "profile", "lang"); err != nil {
		return err
	}
	profile, err := choice(c, "profile", profiles...)
	if err != nil {
		return err
	}
	lang, err := choice(c, "lang", "en", "zh")
	if err != nil {
		return err
	}
	return publishJSON(c, jsonType, struct {
		Rules []schemas.Rule `json:"rules"`
	}{schemas.Rules(profile, lang)})
}

// getSchema serves GET /v1/schemas/{type}: our JSON Schema of a type, draft-07.
func (h *Handler) getSchema(c echo.Context) error {
	if err := checkParameters(c); err != nil {
		return err
	}
	schema := schemas.Schema(c.Param("type"))
	if schema == nil {
		return collections.Errorf(collections.ErrNotFound, "there is no schema of the type %.100q", c.Param("type"))
	}
	return publish(c, "application/schema+json", schema)
}
