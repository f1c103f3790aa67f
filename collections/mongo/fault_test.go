package mongo

import (
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// faultEnv says which fault the stores of a test have.
const faultEnv = "ACCORD_TEST_FAULT"

// injected is the fault that the stores of this process are to have.
func injected() fault {
	n, _ := strconv.Atoi(os.Getenv(faultEnv)) // none is 0, sound
	return fault(n)
}

// P8: the suite notices when something is missing on which the promises rest: each of
// these cases fails then, each time. Without a fault they pass, as tests of their own.
// The stress and the soak notice most of it, too, in the time that they take.
func TestFaultsAreNoticed(t *testing.T) {
	deployment(t)
	for _, tc := range []struct {
		name  string
		fault fault
		cases []string
	}{
		{"no fence", noFence, []string{
			"TestStore/P1/NothingToWriteIsDecidedOnTheNewestState",
		}},
		{"no watermark", noWatermark, []string{
			"TestWhatWasNotAppliedIsNotSeen",
		}},
		{"uncertain marks are not resolved", certain, []string{
			"TestStore/P1/PagesOfAHorizon",
		}},
		{"own token ignored", strangers, []string{
			"TestBrokenWire/several_entries/reply_lost",
			"TestBrokenWire/a_delete/reply_lost",
			"TestForeignRecordAtALaterPlace",
		}},
		{"unordered insert", unordered, []string{
			"TestForeignRecordAtTheFirstPlace",
			"TestForeignRecordAtALaterPlace",
		}},
		{"advance before apply", advanceFirst, []string{
			"TestBrokenWire/a_delete/killed_after",
			"TestBrokenWire/several_entries/killed_before",
			"TestSlowHelper/helper/update",
		}},
	} {
		for _, name := range tc.cases {
			t.Run(tc.name+"/"+strings.ReplaceAll(name, "/", " "), func(t *testing.T) {
				t.Parallel()
				cmd := exec.Command(os.Args[0], "-test.run=^"+strings.ReplaceAll(name, "/", "$/^")+"$", "-test.timeout=2m")
				cmd.Env = append(os.Environ(), faultEnv+"="+strconv.Itoa(int(tc.fault)))
				out, err := cmd.CombinedOutput()
				if err == nil || !strings.Contains(string(out), "--- FAIL: "+name+" (") {
					t.Errorf("%s does not fail with this fault: %v\n%s", name, err, out)
				}
			})
		}
	}
}
