package scanner

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"zhizhu/devices/scanner/frame"
	"zhizhu/devices/scanner/profile"
)

func known(t testing.TB, name string) profile.Profile {
	t.Helper()
	p, err := profile.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// said names the frames that are to be sent, and takes them away.
func said(tk *talk) (out []string) {
	p := tk.p
	for _, c := range tk.out {
		name := fmt.Sprintf("% X", c.frame)
		for _, k := range []struct {
			name  string
			frame []byte
		}{{"on", p.On}, {"off", p.Off}, {"command", p.Command}, {"continuous", p.Continuous}} {
			if bytes.Equal(c.frame, k.frame) {
				name = k.name
			}
		}
		if p.Zone != nil && bytes.Equal(c.frame, p.Zone.Read()) {
			name = "read"
		}
		for _, continuous := range []bool{false, true} {
			if p.Zone != nil && bytes.Equal(c.frame, p.Zone.Write(0xD6, continuous)) {
				name = map[bool]string{false: "write", true: "write continuous"}[continuous]
			}
		}
		out = append(out, name)
	}
	tk.out = nil
	return out
}

// act is one thing that happens to a talk.
type act string

// Acts.
const (
	yes  act = "answered"
	zone act = "answered with the zone"
	no   act = "refused"
	late act = "not answered"
	on   act = "codes are wanted"
	off  act = "codes are not wanted"
	code act = "a code has come"
)

func (a act) on(t *talk) {
	switch a {
	case yes:
		t.answered(frame.Frame{Kind: frame.Ack, Data: []byte{0}})
	case zone:
		t.answered(frame.Frame{Kind: frame.Ack, Data: []byte{0xD6}})
	case no:
		t.answered(frame.Frame{Kind: frame.Nak})
	case late:
		if t.wait > 0 {
			t.expired()
		}
	case on:
		t.trigger(true)
	case off:
		t.trigger(false)
	case code:
		t.coded()
	}
}

func TestTalk(t *testing.T) {
	type turn struct {
		act  act
		said []string
		wait time.Duration
	}
	wake := answerWait + 50*time.Millisecond
	for _, tc := range []struct {
		name, profile string
		first         []string
		turns         []turn
		lost          bool
	}{
		{"plain says nothing", "plain", nil, []turn{{on, nil, 0}, {code, nil, 0}, {yes, nil, 0}, {off, nil, 0}}, false},
		{"GM", "gm65", []string{"read"}, []turn{
			{zone, []string{"write"}, answerWait},
			{yes, nil, 0},
			{on, []string{"read"}, answerWait},
			{zone, []string{"write"}, answerWait},
			{yes, []string{"on"}, answerWait},
			{yes, nil, 5 * time.Second},
			{code, nil, codePause},
			{late, []string{"on"}, answerWait}, // it reads on
			{yes, nil, 5 * time.Second},
			{late, []string{"on"}, answerWait},
			{yes, nil, 5 * time.Second},
			{off, []string{"off"}, answerWait},
			{yes, nil, 0},
		}, false},
		{"SSI keeps its mode", "ssi", []string{"command"}, []turn{
			{yes, nil, 0},
			{on, []string{"on"}, wake},
			{yes, nil, 5 * time.Second},
			{off, []string{"off"}, wake},
			{yes, nil, 0},
			{on, []string{"on"}, wake},
		}, false},
		{"one answer is lost", "ssi", []string{"command"}, []turn{
			{late, []string{"command"}, wake},
			{yes, nil, 0},
			{on, []string{"on"}, wake},
			{late, []string{"on"}, wake},
			{yes, nil, 5 * time.Second},
		}, false},
		{"refused: continuous, and another try when codes are wanted anew", "ssi", []string{"command"}, []turn{
			{yes, nil, 0},
			{on, []string{"on"}, wake},
			{no, []string{"on"}, wake},
			{no, []string{"continuous"}, 0},
			{code, nil, 0},
			{yes, nil, 0},
			{off, nil, 0},
			{on, []string{"command"}, wake},
			{late, []string{"command"}, wake},
			{late, []string{"continuous"}, 0},
		}, true},
		{"GM is silent from the beginning", "gm65", []string{"read"}, []turn{
			{late, []string{"read"}, answerWait}, {late, nil, 0}, {late, nil, 0},
		}, true},
		{"GM refuses the trigger", "gm65", []string{"read"}, []turn{
			{zone, []string{"write"}, answerWait},
			{yes, nil, 0},
			{on, []string{"read"}, answerWait},
			{zone, []string{"write"}, answerWait},
			{yes, []string{"on"}, answerWait},
			{late, []string{"on"}, answerWait},
			{late, []string{"write continuous"}, 0},
		}, true},
		{"Honeywell doesn't answer its trigger", "honeywell", []string{"command"}, []turn{
			{yes, nil, 0}, {on, []string{"command"}, answerWait}, {yes, []string{"on"}, 5 * time.Second}, {off, []string{"off"}, 0},
		}, false},
		{"wanted and not wanted while it answers", "newland", []string{"command"}, []turn{
			{on, nil, answerWait}, {off, nil, answerWait}, {on, nil, answerWait}, {yes, []string{"on"}, answerWait}, {off, nil, answerWait}, {yes, []string{"off"}, answerWait}, {yes, nil, 0},
		}, false},
	} {
		t.Run(tc.name, func(t *testing.T) {
			tk := newTalk(known(t, tc.profile), false)
			if got := said(tk); !slices.Equal(got, tc.first) {
				t.Fatalf("at first %q, want %q", got, tc.first)
			}
			for i, turn := range tc.turns {
				turn.act.on(tk)
				if got := said(tk); !slices.Equal(got, turn.said) || tk.wait != turn.wait {
					t.Fatalf("%d, %s: %q, wait %v; want %q, %v", i, turn.act, got, tk.wait, turn.said, turn.wait)
				}
			}
			if tk.lost != tc.lost {
				t.Errorf("lost %v, want %v", tk.lost, tc.lost)
			}
		})
	}
}

func TestAfterReconnectTheScannerReadsOn(t *testing.T) {
	tk := newTalk(known(t, "ssi"), true)
	yes.on(tk)
	if got := said(tk); !slices.Equal(got, []string{"command", "on"}) {
		t.Errorf("%q", got)
	}
}

// Whatever happens, nothing is said without end, something that waits has a time, and when codes are wanted the scanner
// is told to read or left alone.
func TestTalkNeverHangs(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, err := profile.Find(rapid.SampledFrom(profile.Names()).Draw(t, "profile"))
		if err != nil {
			t.Fatal(err)
		}
		tk := newTalk(p, rapid.Bool().Draw(t, "wanted"))
		for range rapid.IntRange(0, 30).Draw(t, "acts") {
			tk.out = nil
			rapid.SampledFrom([]act{yes, zone, no, late, on, off, code}).Draw(t, "act").on(tk)
			switch {
			case len(tk.out) > 2:
				t.Fatalf("%q at once", said(tk))
			case tk.doing != idle && tk.wait == 0:
				t.Fatal("it waits for an answer for ever")
			case !p.Commands() && (len(tk.out) > 0 || tk.wait > 0):
				t.Fatal("a scanner is spoken to that must not be")
			case p.Commands() && tk.want && tk.doing == idle && !tk.lost && !tk.lit:
				t.Fatal("codes are wanted and nobody told the scanner")
			}
		}
	})
}
