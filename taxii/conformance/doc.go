// Package conformance tests any TAXII 2.1 server from outside, over HTTP, and
// tells for each requirement of the standard whether the server keeps it.
//
// Requirements are the rows of a list; each has an id such as TX-PAG-05, which
// tests, reports and documents share. CheckAnswer judges one answer by itself:
// its headers, its resource, its error. Run asks a server hundreds of questions,
// judges each answer so, and puts what came into a Report.
//
// The package is neutral: where the standard leaves room every outcome that it
// allows is a pass, and the report says which one the server chose. It depends
// on nothing else of this project, so that a mistake in the server cannot hide
// behind the same mistake in its test.
package conformance
