// Package pattern reads the STIX patterning language (STIX 2.1 §9), the text in
// indicator.pattern when pattern_type is "stix".
//
// Parse turns a pattern into a tree with positions, or says which rule the first
// fault breaks and where. A Pattern prints itself in one normal spelling
// (String), lists what is allowed but doubtful (Problems), its START/STOP
// windows (Windows), and the values by which a search finds it (Terms).
//
// Patterns come from strangers. Parse takes time in proportion to the text: it
// goes deeper only with brackets, which Limits bound, and it compiles no regular
// expression.
package pattern
