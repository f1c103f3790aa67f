package sample

import _ "embed"

// EnergyCircle is the agreement file of a private circle of three parties. One
// of them, cert-us, is a party of the sample that `agreement init` writes too.
//
//go:embed energy-circle.yaml
var EnergyCircle []byte
