// Package wire is what every HTTP surface of the server does alike: it reads the
// body of a request within limits, and finds the status for a failure and what a
// client may read of it. How an answer looks is for the surface to say.
package wire
