package sim

import (
	"bufio"
	"encoding/hex"
	"fmt"
	"io"
	"strings"
	"time"
)

// Recording is what went over a line, as text that people can read and write:
//
//	# a card is found
//	@ card
//	> AA AA AA 96 69 00 03 20 01 22
//	= 12ms
//	< AA AA AA 96 69 00 08 00 00 9F 00 00 00 00 97
//
// ">" is what the host wrote, "<" what the device did, "=" a pause before what follows, "@" begins a scene with a name of
// its own, "#" is a note. What stands before the first scene is a scene without a name.
type Recording struct{ Scenes []Scene }

// Scene is a part of a recording.
type Scene struct {
	Name    string
	Entries []Entry
}

// Entry is one line of a recording.
type Entry struct {
	Kind  EntryKind
	Bytes []byte
	Pause time.Duration
	Line  int // in the text that was read
}

// EntryKind says what an entry is.
type EntryKind byte

// Kinds of entries.
const (
	FromHost EntryKind = '>'
	ToHost   EntryKind = '<'
	Pause    EntryKind = '='
)

// String is the entry's line.
func (e Entry) String() string {
	if e.Kind == Pause {
		return "= " + e.Pause.String()
	}
	return fmt.Sprintf("%c % X", e.Kind, e.Bytes)
}

// WriteTo writes the recording as text.
func (r Recording) WriteTo(w io.Writer) (int64, error) {
	var b strings.Builder
	for i, s := range r.Scenes {
		if s.Name != "" || i > 0 {
			fmt.Fprintf(&b, "@ %s\n", s.Name)
		}
		for _, e := range s.Entries {
			b.WriteString(e.String() + "\n")
		}
	}
	n, err := io.WriteString(w, b.String())
	return int64(n), err
}

// maxEntry is the longest line of a recording.
const maxEntry = 1 << 20

// ParseRecording reads a recording. name is for errors, which say in which line what is wrong; they hold no bytes of it.
func ParseRecording(name string, r io.Reader) (Recording, error) {
	var rec Recording
	in := bufio.NewScanner(r)
	in.Buffer(nil, maxEntry)
	for n := 1; in.Scan(); n++ {
		text := strings.TrimSpace(in.Text())
		if text == "" || text[0] == '#' {
			continue
		}
		rest := strings.TrimSpace(text[1:])
		if text[0] == '@' {
			rec.Scenes = append(rec.Scenes, Scene{Name: rest})
			continue
		}
		e, err := parseEntry(EntryKind(text[0]), rest)
		if err != nil {
			return Recording{}, fmt.Errorf("%s:%d: %w", name, n, err)
		}
		e.Line = n
		if len(rec.Scenes) == 0 {
			rec.Scenes = []Scene{{}}
		}
		last := &rec.Scenes[len(rec.Scenes)-1]
		last.Entries = append(last.Entries, e)
	}
	if err := in.Err(); err != nil {
		return Recording{}, fmt.Errorf("read recording: %w", err)
	}
	return rec, nil
}

func parseEntry(kind EntryKind, rest string) (Entry, error) {
	switch kind {
	case FromHost, ToHost:
		b, err := hex.DecodeString(strings.Join(strings.Fields(rest), ""))
		if err != nil || len(b) == 0 {
			return Entry{}, fmt.Errorf("write hex digits behind %c, two a byte", kind)
		}
		return Entry{Kind: kind, Bytes: b}, nil
	case Pause:
		d, err := time.ParseDuration(rest)
		if err != nil || d < 0 {
			return Entry{}, fmt.Errorf("write a time like 120ms behind =")
		}
		return Entry{Kind: kind, Pause: d}, nil
	default:
		return Entry{}, fmt.Errorf("a line begins with > (from the host), < (to the host), = (pause), @ (scene) or # (note)")
	}
}
