package auth

import (
	"fmt"
	"slices"
	"strings"

	"accord/collections"
)

// wider returns a warning for each scope that says more than the party's grants
// give. Such a scope does no harm: it has no effect beyond them (P5).
func wider(agreements []*collections.Agreement, party string, scopes collections.Scopes) []string {
	var warnings []string
	for _, scope := range scopes {
		reached, beyond := reach(agreements, party, scope)
		switch {
		case scope.Verb == "admin":
			continue // is not given by grants
		case !reached && beyond == nil:
			warnings = append(warnings, fmt.Sprintf("scope %q reaches nothing that the party %q takes part in", scope, party))
		case beyond != nil:
			warnings = append(warnings, fmt.Sprintf("scope %q is wider than the grants of %q, which give no %s in %s", scope, party, scope.Verb, few(beyond)))
		}
	}
	return warnings
}

// reach reports whether a scope has an effect in the agreements of a party, and
// names the places that it covers without one.
func reach(agreements []*collections.Agreement, party string, scope collections.Scope) (reached bool, beyond []string) {
	note := func(place string, granted bool) {
		if granted {
			reached = true
		} else {
			beyond = append(beyond, place)
		}
	}
	only := collections.Scopes{scope}
	for _, a := range agreements {
		if a.Party(party) == nil {
			continue
		}
		if only.Allows("request", a.ID, "") {
			note(a.ID, a.MayRequest(party))
		}
		if only.Allows("search", a.ID, "") {
			note(a.ID, a.MaySearch(party))
		}
		for _, c := range a.Collections {
			grants := c.Grants[party]
			if only.Allows("read", a.ID, c.Alias) {
				note(a.ID+"/"+c.Alias, slices.Contains(grants, collections.Read))
			}
			if only.Allows("write", a.ID, c.Alias) {
				note(a.ID+"/"+c.Alias, slices.Contains(grants, collections.Write) || slices.Contains(grants, collections.Curate))
			}
		}
	}
	return reached, beyond
}

// few names places, the first of them if they are many.
func few(places []string) string {
	const most = 5
	if len(places) <= most {
		return strings.Join(places, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(places[:most], ", "), len(places)-most)
}
