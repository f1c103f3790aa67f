// Package storetest proves of a store that it keeps the contract written on
// collections.Store. The test of a store is a few lines around Run:
//
//	func TestStore(t *testing.T) {
//		storetest.Run(t, func(t *testing.T, dir string, now func() time.Time) collections.Store {
//			s, err := sqlite.Open(t.Context(), filepath.Join(dir, "accord.db"), sqlite.Options{Now: now})
//			if err != nil {
//				t.Fatal(err)
//			}
//			return s
//		})
//	}
//
// Whatever a case is about, its log is audited at its end: every record, every
// leaf, and for each clearance every kind of page against the whole log, of large
// logs the commonest kinds; and collections.Check finds no fault in the store.
//
// Faulty is for the tests of those who call a store.
package storetest

import (
	"testing"
	"time"

	"accord/collections"
)

// An Opener opens the store that lives in dir, an existing empty folder the
// first time, and makes it take its time from now, which may be called from
// many goroutines. The same dir opened again is the same store, on which
// another clock may run; two may be open on one dir at once. An engine that
// does not live in a folder takes dir as the name of a database. The suite
// closes what it opened.
type Opener func(t *testing.T, dir string, now func() time.Time) collections.Store

// Run checks that the stores of open keep the contract. Each case has a store
// of its own; cases run in parallel.
func Run(t *testing.T, open Opener) {
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, open)
			tc.run(f)
			f.audit()
			f.wantSound()
		})
	}
}

var cases = []struct {
	name string
	run  func(*fixture)
}{
	{"P1/DatesRiseWhileTheClockStandsStill", datesRiseWhileTheClockStandsStill},
	{"P1/DatesRiseWhenTheClockStepsBack", datesRiseWhenTheClockStepsBack},
	{"P1/DatesRiseAcrossReopening", datesRiseAcrossReopening},
	{"P1/VisibilityFollowsOrder", visibilityFollowsOrder},
	{"P1/TwoOpenStoresAreOne", twoOpenStoresAreOne},
	{"P1/LastKnowsEveryAppend", lastKnowsEveryAppend},
	{"P1/PagesOfAHorizon", pagesOfAHorizon},

	{"P3/BytesInBytesOut", bytesInBytesOut},
	{"P3/TextsComeBackAsTheyWere", textsComeBackAsTheyWere},
	{"P3/BuffersStayTheCallers", buffersStayTheCallers},
	{"PagesBringTheirFirstObjects", pagesBringTheirFirstObjects},
	{"ObjectsKeepToABudget", objectsKeepToABudget},
	{"ObjectsLeaveOutWhatIsNotThere", objectsLeaveOutWhatIsNotThere},
	{"ManifestLeavesOutWhatIsNoVersion", manifestLeavesOutWhatIsNoVersion},
	{"VersionsOfManyObjects", versionsOfManyObjects},
	{"FollowGivesWholeRecords", followGivesWholeRecords},

	{"DecideSeesTheState", decideSeesTheState},
	{"DecideRunsOnTheNewestState", decideRunsOnTheNewestState},
	{"P1/NothingToWriteIsDecidedOnTheNewestState", nothingToWriteIsDecidedOnTheNewestState},
	{"P1/ForeignRecordsInBetween", foreignRecordsInBetween},
	{"DecideErrorWritesNothing", decideErrorWritesNothing},
	{"DecisionIsOneStep", decisionIsOneStep},
	{"DecisionWithoutEntries", decisionWithoutEntries},
	{"DecisionMarksItsOwnVersions", decisionMarksItsOwnVersions},

	{"P6/VersionsInAnyOrder", versionsInAnyOrder},
	{"P6/HiddenVersionSupersedesNothing", hiddenVersionSupersedesNothing},
	{"P6/HiddenRecordIsNotTheLast", hiddenRecordIsNotTheLast},
	{"LatestSpecVersion", latestSpecVersion},
	{"VersionsByInstant", versionsByInstant},

	{"WalksGiveTheSame", walksGiveTheSame},
	{"LastPageHasNoMore", lastPageHasNoMore},
	{"AddedDuringAWalkComesLast", addedDuringAWalkComesLast},
	{"AddedAfterIsStrict", addedAfterIsStrict},
	{"AddedAfterShowsNoOlderVersion", addedAfterShowsNoOlderVersion},
	{"PagesByType", pagesByType},
	{"PagesByID", pagesByID},
	{"PagesOfRareRecordsAreFull", pagesOfRareRecordsAreFull},
	{"EmptyLog", emptyLog},

	{"DeleteTakesBytesAndSeed", deleteTakesBytesAndSeed},
	{"DeleteUncoversTheOlderVersion", deleteUncoversTheOlderVersion},
	{"DeletedAndAddedAgain", deletedAndAddedAgain},
	{"DeleteOfWhatIsGoneIsAConflict", deleteOfWhatIsGoneIsAConflict},
	{"DeleteHasALeafForEachVersion", deleteHasALeafForEachVersion},

	{"P7/LeafVector", leafVector},
	{"P7/LeafOutlivesTheBytes", leafOutlivesTheBytes},
	{"P7/LeavesOfTheControlLog", leavesOfTheControlLog},

	{"StatusIsSavedWithTheAppend", statusIsSavedWithTheAppend},
	{"StatusExpires", statusExpires},

	{"TX-AUTH-14/AccessesComeBackAsTheyWere", accessesComeBackAsTheyWere},
	{"AccessTimesRise", accessTimesRise},
	{"AccessesInPages", accessesInPages},
	{"AccessesByKind", accessesByKind},
	{"ForgetAccesses", forgetAccesses},
	{"P8/AccessesOfManyWriters", accessesOfManyWriters},

	{"LogsAreWorldsOfTheirOwn", logsAreWorldsOfTheirOwn},
	{"P5/PositionsStayInTheirLog", positionsStayInTheirLog},
	{"CancelledContext", cancelledContext},
	{"CancelledAppendHurtsNobodyElse", cancelledAppendHurtsNobodyElse},
	{"PartiesTakeTurns", partiesTakeTurns},
	{"CloseWaitsForAppends", closeWaitsForAppends},
	{"ClosedStoreIsUnavailable", closedStoreIsUnavailable},
	{"ReadyWritesNoRecord", readyWritesNoRecord},
	{"P2/ReopeningKeepsEverything", reopeningKeepsEverything},

	{"RepeatedAppendEndsUpRight", repeatedAppendEndsUpRight},
	{"RandomLogsAgreeWithTheModel", randomLogsAgreeWithTheModel},
	{"StressAgreesWithTheModel", stressAgreesWithTheModel},
}
