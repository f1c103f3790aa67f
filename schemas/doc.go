// Package schemas judges STIX objects: our JSON Schemas, one flat file per
// type, and the rules that a schema cannot say.
//
// An object is decoded once. The schema of its type looks at it first, and each
// error becomes a violation of the rule that the schema names in a $comment, or
// that the kind of error stands for (translate.go, form.go). Then each row of
// the tables of rules looks at what the properties mean. Both report to the same
// subject; its verdict names each rule once, at the first place.
//
// To add a rule is to add one row to the table of its theme, with its words in
// English and Chinese, and its cases under its id in testdata/rules.
//
// The schemas in types are written by internal/generate from internal/facts,
// the property tables of STIX 2.1 and of our two extensions. Strings have forms
// of ours as their format, which run ten times faster than the patterns that
// stand beside them for other readers. There are no patternProperties, because
// gojsonschema compiles them anew for each object; names of dictionary keys are
// a matter of propertyNames, names of properties one of code.
package schemas
