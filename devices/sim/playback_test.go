package sim

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

const sample = `
# a note
> 10 04 01
< 12
@ two
< 41 42
= 1ms
> 10 04 01
< 1a
> 100401
= 2ms
< 12
> 1D 49 02
< 03
`

func parsed(t *testing.T, text string) Recording {
	t.Helper()
	rec, err := ParseRecording("sample", strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	return rec
}

func TestRecordingReadsAsItIsWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var rec Recording
		for i := range rapid.IntRange(1, 3).Draw(t, "scenes") {
			s := Scene{}
			if i > 0 {
				s.Name = rapid.StringMatching(`[a-z]{1,8}`).Draw(t, "name")
			}
			for range rapid.IntRange(1, 5).Draw(t, "entries") {
				e := Entry{Kind: rapid.SampledFrom([]EntryKind{FromHost, ToHost, Pause}).Draw(t, "kind")}
				if e.Kind == Pause {
					e.Pause = time.Duration(rapid.IntRange(0, 1e9).Draw(t, "pause"))
				} else {
					e.Bytes = rapid.SliceOfN(rapid.Byte(), 1, 20).Draw(t, "bytes")
				}
				s.Entries = append(s.Entries, e)
			}
			rec.Scenes = append(rec.Scenes, s)
		}
		var a, b bytes.Buffer
		if _, err := rec.WriteTo(&a); err != nil {
			t.Fatal(err)
		}
		text := a.String()
		again, err := ParseRecording("again", &a)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := again.WriteTo(&b); err != nil || b.String() != text {
			t.Fatalf("%v, read back as\n%s\nwritten as\n%s", err, b.String(), text)
		}
	})
}

func TestRecordingErrorsSayTheLine(t *testing.T) {
	for in, want := range map[string]string{"\n> zz": "sample:2", "x 12": "begins with", "= soon": "120ms", "<": "two a byte"} {
		if _, err := ParseRecording("sample", strings.NewReader(in)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", in, err)
		}
	}
}

func playRecording(t *testing.T, strict bool) (*Playback, *desk, <-chan error) {
	t.Helper()
	tty := openTTY(t, "", 0)
	p := NewPlayback(tty, parsed(t, sample))
	p.Strict = strict
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	ended := make(chan struct{})
	go func() { defer close(ended); done <- p.Serve(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	f := host(t, tty.Path())
	d := &desk{T: t, write: func(s string) { say(t, f, s) }, read: func(n int) []byte { t.Helper(); return readN(t, f, n) }}
	return p, d, done
}

func TestPlaybackAnswersWhatIsAsked(t *testing.T) {
	p, d, _ := playRecording(t, false)
	d.want("\x10\x04\x01", 0x12)
	d.want("text\x10\x04\x01", 0x12)
	d.want("\x1dI\x02", 0x03) // as in another scene
	if err := p.Scene("two"); err != nil {
		t.Fatal(err)
	}
	d.want("", 'A', 'B')
	d.want("\x10\x04\x01", 0x1a)
	d.want("\x10\x04\x01", 0x12)
	d.want("\x10\x04\x01", 0x12)
	if err := p.Scene("three"); err == nil {
		t.Error("there is no scene three")
	}
}

func TestPlaybackMayBeStrict(t *testing.T) {
	_, d, done := playRecording(t, true)
	d.want("\x10\x04\x01", 0x12, 'A', 'B')
	d.write("\x10\x04\x02")
	if err := <-done; err == nil || !strings.Contains(err.Error(), "byte 3") {
		t.Errorf("got %v", err)
	}
	_, d, done = playRecording(t, true)
	d.want("\x10\x04\x01", 0x12, 'A', 'B')
	d.want("\x10\x04\x01", 0x1a)
	d.want("\x10\x04\x01", 0x12)
	d.want("\x1dI\x02", 0x03)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

func FuzzParseRecording(f *testing.F) {
	f.Add(sample)
	f.Fuzz(func(t *testing.T, in string) {
		rec, err := ParseRecording("fuzz", strings.NewReader(in))
		if err != nil {
			return
		}
		var b strings.Builder
		if _, err := rec.WriteTo(&b); err != nil {
			t.Fatal(err)
		}
		if _, err := ParseRecording("again", strings.NewReader(b.String())); err != nil {
			t.Fatal(err)
		}
	})
}
