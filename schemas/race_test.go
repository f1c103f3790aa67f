//go:build race

package schemas

// sampleEvery judges one of so many published objects. The race detector makes
// each ten times as slow, and finds in a tenth of them what there is to find.
const sampleEvery = 10
