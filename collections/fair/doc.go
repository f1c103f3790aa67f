// Package fair shares what is scarce among parties: processors, the writer of a
// store, its connections. Each party has a queue of its own, first come first
// served, and the parties take turns, whatever one of them asks for.
//
// Where there is a bound for all parties together, a turn must be short and is held
// only while the scarce thing is used: never while a client sends or receives. So
// one party's flood costs another at most the turn that is under way and one turn
// of each party that waits. A Gate with Each alone bounds each party by itself, and
// its turns may be long.
package fair
