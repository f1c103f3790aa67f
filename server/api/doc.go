// Package api is our JSON API under /v1/: what users of the exchange do that
// TAXII has no words for. So far it judges objects without storing them, tells
// what they are judged by (rules, schemas, extension definitions), what the
// caller may do, and who read and wrote what.
//
// openapi.json describes exactly what Mount mounts; a test compares the two.
// Every failure is a problem document (RFC 9457).
package api
