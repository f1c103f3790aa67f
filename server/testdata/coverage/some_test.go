// Package some is read by TestHTTPTests and never built.
package some

import (
	"net/http"
	"testing"
)

// TX-DT-01: asks by itself.
func TestDirect(t *testing.T) { http.Get("http://192.0.2.1/") }

// TX-DT-02: asks through two others.
func TestThroughOthers(t *testing.T) { one(t) }

func one(t *testing.T) { two() }

func two() { http.DefaultClient.Do(nil) }

// TX-DT-03: asks nobody.
func TestAlone(t *testing.T) { t.Log("TX-DT-04") }

func TestWithoutComment(t *testing.T) { http.Get("http://192.0.2.1/") }
