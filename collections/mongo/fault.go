package mongo

// A fault breaks one thing on which the promises of the store rest, so that a test
// can prove that the suite would notice.
type fault int

const (
	sound        fault = iota
	noFence            // a decision that writes nothing is not proved to be on the newest state
	noWatermark        // readers go to the end of the records
	certain            // a mark of a later record than the watermark counts as that of the watermark
	strangers          // what this store wrote before a reply was lost is taken for somebody else's
	unordered          // records of a batch are inserted in any order
	advanceFirst       // the watermark moves before what follows from the records is written
)
