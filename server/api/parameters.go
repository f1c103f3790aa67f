package api

import (
	"maps"
	"slices"
	"strings"

	"accord/collections"
	"accord/taxii/wire"

	"github.com/labstack/echo/v4"
)

// checkParameters refuses a query that cannot be read, parameters that the
// endpoint does not have, and one that is given twice.
func checkParameters(c echo.Context, defined ...string) error {
	query, err := wire.ParseQuery(c.Request().URL.RawQuery)
	if err != nil {
		return err
	}
	for _, name := range slices.Sorted(maps.Keys(query)) {
		switch {
		case !slices.Contains(defined, name) && len(defined) == 0:
			return collections.Errorf(collections.ErrInvalid, "there is no parameter %.100q here, nor any other", name)
		case !slices.Contains(defined, name):
			return collections.Errorf(collections.ErrInvalid, "there is no parameter %.100q here, only %s", name, strings.Join(defined, ", "))
		case len(query[name]) > 1:
			return collections.Errorf(collections.ErrInvalid, "the parameter %s is given %d times", name, len(query[name]))
		}
	}
	return nil
}

// choice returns the value of a parameter, which is one of those given; the
// first of them if there is none.
func choice(c echo.Context, name string, values ...string) (string, error) {
	value := c.QueryParam(name)
	switch {
	case !c.QueryParams().Has(name):
		return values[0], nil
	case !slices.Contains(values, value):
		return "", collections.Errorf(collections.ErrInvalid, "%s is %.100q; it is one of %s", name, value, strings.Join(values, ", "))
	}
	return value, nil
}
