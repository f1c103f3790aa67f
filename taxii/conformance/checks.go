package conformance

import "slices"

// checks are all of them, in the order in which they run: what reads before
// what writes, so that a server that breaks under writes has been read.
var checks = slices.Concat(
	transportChecks, urlChecks, negotiationChecks, methodChecks, authChecks, rightChecks,
	queryChecks, postChecks, bodyChecks, matchChecks, versionChecks, deleteChecks, pageChecks,
)
