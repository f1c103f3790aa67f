package pattern

import "accord/stix"

// A Window is one START/STOP qualifier: every matched time is at or after Start
// and before Stop (STIX 2.1 §9.5.1).
type Window struct {
	Start, Stop             stix.Timestamp
	StartOffset, StopOffset int // of the two timestamps in the text, in bytes
}

// Windows returns the START/STOP qualifiers of the whole pattern in the order
// of the text. An indicator's own times should enclose each (PAT-SEM-15).
func (p *Pattern) Windows() []Window { return appendWindows(nil, &p.Root) }

func appendWindows(windows []Window, node *Observation) []Window {
	for i := range node.Operands {
		windows = appendWindows(windows, &node.Operands[i])
	}
	for _, q := range node.Qualifiers {
		if q.Kind == StartStop {
			windows = append(windows, q.window())
		}
	}
	return windows
}

func (q *Qualifier) window() Window {
	return Window{
		Start: stix.Timestamp(q.Value.Text), StartOffset: q.Value.Offset,
		Stop: stix.Timestamp(q.Stop.Text), StopOffset: q.Stop.Offset,
	}
}
