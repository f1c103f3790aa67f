package server

import "errors"

// A usageError is wrong use: exit code 2.
type usageError struct{ error }

func usage(err error) error { return usageError{err} }

func (e usageError) Unwrap() error { return e.error }

// Exit codes that scripts may rely on.
const (
	exitDone    = 0
	exitRefused = 1 // refused, or failed in part
	exitUsage   = 2 // wrong use
)

func exitCode(err error) int {
	if err == nil {
		return exitDone
	}
	if _, ok := errors.AsType[usageError](err); ok {
		return exitUsage
	}
	return exitRefused
}
