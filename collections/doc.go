// Package collections is the domain of the exchange: agreements, parties and
// their rights, collections and the records in them, versions, filters and
// pages, and the Store contract that every store keeps.
//
// Rights and markings are decided here and nowhere else. Every surface (TAXII,
// our own API, pages, commands) puts a Caller into the context, asks a Service
// for what that caller may see, and passes on the answer or the error.
//
// A store is an append-only log per collection. Whatever happens to a
// collection, an object added or deleted, is a record with the next sequence;
// what is written about agreements, keys and tokens is a record of the control
// log. Everything else, which version is the latest, what a clearance admits,
// which agreement is in force, follows from the records. Statuses of pushes, which
// expire, and the record of accesses are kept beside the logs.
//
// Check proves that a store is what its records say, and Mover copies one into another;
// Upkeep is what they need of a store.
//
// Turns share the server among parties, and a Recorder keeps who read and wrote
// what.
package collections
