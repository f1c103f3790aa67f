//go:build !race

package schemas

const sampleEvery = 1
