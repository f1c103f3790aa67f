// Package stix holds what every other room needs to know of STIX 2.1:
// identifiers, timestamps, the header of an object beside its untouched bytes,
// bundles and envelopes as streams, TLP markings, findings and verdicts.
//
// The bytes of an object are never changed here. A Header is read from them in
// one pass and stands beside them; what the header does not name stays raw.
package stix
