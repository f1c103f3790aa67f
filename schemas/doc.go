// Package schemas judges STIX objects: our JSON Schemas, one flat file per
// type, and the rules that a schema cannot say.
//
// An object is decoded once. The schema looks at the shapes of its properties,
// then each rule of the table in rule.go looks at what it means; both report to
// the same subject, under the rule ids of the project's checklist of STIX 2.1.
// To add a rule is to add one row to the table of its theme.
//
// The schemas are flat and have neither patternProperties nor propertyNames:
// the first are compiled anew for each object, the second cost twice what the
// rest of the common schema does (8 of 12 µs). Names are a rule in code.
package schemas
