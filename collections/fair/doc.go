// Package fair shares what is scarce among parties: processors, the writer of a
// store, its connections. Each party has a queue of its own, first come first
// served, and the parties take turns, whatever one of them asks for.
//
// A turn is short and is held only while the scarce thing is used: never while a
// client sends or receives. So one party's flood costs another at most the turn
// that is under way and one turn of each party that waits.
package fair
