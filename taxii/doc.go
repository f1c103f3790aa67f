// Package taxii serves the TAXII 2.1 protocol (OASIS Standard, 10 June 2021)
// on echo. It turns requests into questions to collections.Service and the
// answers into TAXII resources, and decides nothing about rights by itself.
//
// A request is judged in one order, whatever the endpoint: path, credentials,
// API root and collection, method, rights, Accept, Content-Type, size of the
// body, query, body, object (see request.go). The first failure answers.
//
// Objects are never decoded here. A page of them is streamed as the bytes that
// were posted; what is posted is read to its end before anything is stored.
package taxii
