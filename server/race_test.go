//go:build race

package server

// The race detector makes each cell of the matrix ten times as slow, and sees in
// some of those that end before the method what there is to see.
const cellsEvery = 5
