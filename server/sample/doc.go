// Package sample makes the data of the demo: indicators, sightings, reports and
// what they refer to, invented, in English and Chinese, with markings and the
// activity context extension. Addresses are those set aside for documentation
// and names end in .example, so that nothing in it can be reached.
//
// The same Publisher always makes the same objects.
package sample
