package sim

import (
	"bytes"
	"testing"
	"time"

	"pgregory.net/rapid"

	"zhizhu/devices/idcard/sam"
)

func sent(steps []step) (out []byte) {
	for _, s := range steps {
		out = append(out, s.bytes...)
	}
	return out
}

func TestPlan(t *testing.T) {
	frame := sam.AppendReply(nil, sam.Reply{Status: sam.NoCard})
	n := len(frame)
	for _, tc := range []struct {
		name   string
		faults []Fault
		check  func(steps []step) bool
	}{
		{"none", nil, func(s []step) bool { return len(s) == 1 && bytes.Equal(s[0].bytes, frame) }},
		{"silence", []Fault{{Kind: Silence}}, func(s []step) bool { return len(s) == 0 }},
		{"late half", []Fault{{Kind: Late, Pause: time.Second}}, func(s []step) bool {
			return len(s) == 2 && len(s[0].bytes) == n/2 && s[1].pause == time.Second && bytes.Equal(sent(s), frame)
		}},
		{"late after one byte", []Fault{{Kind: Late, At: 1, Pause: time.Second}}, func(s []step) bool { return len(s[0].bytes) == 1 }},
		{"byte by byte", []Fault{{Kind: ByteByByte, Pause: time.Millisecond}}, func(s []step) bool {
			return len(s) == n && s[0].pause == 0 && s[n-1].pause == time.Millisecond && bytes.Equal(sent(s), frame)
		}},
		{"extra AA", []Fault{{Kind: ExtraPreamble, At: 2}}, func(s []step) bool {
			return bytes.Equal(sent(s), append([]byte{0xAA, 0xAA}, frame...))
		}},
		{"truncated", []Fault{{Kind: Truncated, At: 3}}, func(s []step) bool { return bytes.Equal(sent(s), frame[:3]) }},
		{"twice", []Fault{{Kind: Twice}}, func(s []step) bool { return bytes.Equal(sent(s), append(bytes.Clone(frame), frame...)) }},
		{"noise around", []Fault{{Kind: NoiseBefore, Bytes: []byte("<")}, {Kind: NoiseAfter, Bytes: []byte(">")}}, func(s []step) bool {
			return string(sent(s)) == "<"+string(frame)+">"
		}},
		{"unplugged", []Fault{{Kind: Unplugged, At: 4}}, func(s []step) bool {
			return len(s) == 1 && s[0].unplug && bytes.Equal(s[0].bytes, frame[:4])
		}},
		{"unplugged in a late half", []Fault{{Kind: Late, At: 2, Pause: 1}, {Kind: Unplugged, At: 5}}, func(s []step) bool {
			return len(s) == 2 && s[1].unplug && s[1].pause == 1 && len(sent(s)) == 5
		}},
		{"wrong checksum", []Fault{{Kind: WrongChecksum}}, func(s []step) bool {
			d := sam.Decoder{}
			d.Write(sent(s))
			_, ok := d.Next()
			return !ok && d.Dropped == 1
		}},
		{"wrong length", []Fault{{Kind: WrongLength, At: 9}}, func(s []step) bool {
			d := sam.Decoder{}
			d.Write(sent(s))
			_, ok := d.Next()
			return !ok && d.Partial() && d.Dropped == 0
		}},
	} {
		if got := plan(tc.faults, frame); !tc.check(got) {
			t.Errorf("%s: %v", tc.name, got)
		}
	}
}

func TestPlanNeverTouchesTheReply(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		reply := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "reply")
		kept := bytes.Clone(reply)
		var faults []Fault
		for range rapid.IntRange(0, 4).Draw(t, "faults") {
			faults = append(faults, Fault{
				Kind: FaultKind(rapid.IntRange(0, int(Unplugged)).Draw(t, "kind")), At: rapid.IntRange(-3, 60).Draw(t, "at"), Pause: 1,
			})
		}
		steps := plan(faults, reply)
		if !bytes.Equal(reply, kept) {
			t.Fatal("the reply was changed in place")
		}
		for i, s := range steps {
			if s.unplug && i != len(steps)-1 {
				t.Fatal("something is sent over a pulled cable")
			}
		}
	})
}

func TestFaultsHappenAsOftenAsTheyShould(t *testing.T) {
	w := newWire(nil)
	w.Inject(Fault{Kind: Late})
	w.Inject(Fault{Kind: Twice, Times: 3})
	w.Inject(Fault{Kind: NoiseBefore, Times: -1, At: 4})
	var seen [3]int
	for range 10 {
		for _, f := range w.faults() {
			switch f.Kind {
			case Late:
				seen[0]++
			case Twice:
				seen[1]++
			case NoiseBefore:
				if seen[2]++; len(f.Bytes) != 4 {
					t.Errorf("%d bytes of noise", len(f.Bytes))
				}
			}
		}
	}
	if seen != [3]int{1, 3, 10} {
		t.Errorf("they happened %v times", seen)
	}
	w.Mend()
	if len(w.faults()) != 0 {
		t.Error("a mended wire has faults")
	}
}
