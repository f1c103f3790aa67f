package pattern

// Limits bound what Parse reads. A pattern beyond them may be a good pattern; it
// is refused as "LIMIT" and not under a rule of the standard. The zero value of
// a field means no limit there.
type Limits struct {
	Bytes       int // the whole pattern, in UTF-8
	Comparisons int // comparisons; each constant of a set counts as one
	Depth       int // parentheses and square brackets that are open at once
}

// DefaultLimits leave room above what is published: the longest pattern seen in
// 14,752 indicators has 57 kB, 1,020 comparisons and depth 7. Depth must never
// be without a limit for text from outside, as the stack grows with it.
var DefaultLimits = Limits{Bytes: 256 << 10, Comparisons: 10_000, Depth: 100}

// maxSteps is the greatest number of steps of an object path, several times the
// depth that an object may have.
const maxSteps = 100

// maxExpression is the greatest length of a MATCHES constant, in bytes.
const maxExpression = 8 << 10
