package courier

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"reflect"

	"zhizhu/offline/courier/stick"
	"zhizhu/offline/outbox"
)

// Exported says what is on the stick now.
type Exported struct {
	Serial  uint64         // of the manifest, 0 where none could be written
	Counts  map[string]int // packets on the stick, by the outbox's lanes
	Missing map[string]int // packets that there was no room for, likewise
	Damaged int            // packets left out because the machine's disk damaged them
	Bytes   int64          // of the packets on the stick
}

// Total is how many packets are on the stick.
func (e Exported) Total() int { return sum(e.Counts) }

// Left is how many packets there was no room for.
func (e Exported) Left() int { return sum(e.Missing) }

func sum(counts map[string]int) (n int) {
	for _, c := range counts {
		n += c
	}
	return n
}

// Export writes all that waits to a stick mounted at dir, the most urgent first. Nothing leaves the outbox by it.
//
// With ErrFull the stick holds what Exported says, or what it held before if that is nothing; the rest is in
// Exported.Missing. With any other error it holds what it held before, or all
// of the new. The kinds of errors are package stick's.
func Export(ctx context.Context, dir string, o Options) (Exported, error) {
	o, err := o.ready()
	if err != nil {
		return Exported{}, fmt.Errorf("export to stick: %w", err)
	}
	disk, err := o.open(dir)
	if err != nil {
		return Exported{}, fmt.Errorf("export to stick: %w", err)
	}
	defer func() { _ = disk.Close() }() // what was written is synced
	e := &export{Options: o, disk: disk}
	if err := e.prepare(); err != nil {
		return Exported{}, fmt.Errorf("export to stick: %w", err)
	}
	done, err := e.run(ctx)
	if err != nil {
		err = fmt.Errorf("export to stick: %w", err)
	}
	o.Log.LogAttrs(ctx, slog.LevelInfo, "Outbox was exported", slog.Uint64("serial", done.Serial), slog.Int("packets", done.Total()),
		slog.Int("missing", done.Left()), slog.Int("damaged", done.Damaged), slog.Any("error", err))
	return done, err
}

// export is one run of Export.
type export struct {
	Options
	disk   *stick.Disk
	folder *stick.Folder
	old    stick.Export // what the stick held before
	there  map[string]stick.Place

	reader *stick.Reader
	packer *stick.Packer
	room   bool // there is some for further packets
	now    stick.Export
	done   Exported
}

// prepare finds out what is on the stick.
func (e *export) prepare() (err error) {
	if e.folder, err = e.disk.Folder(e.Terminal, stick.KindExport); err != nil {
		return err
	}
	if err := e.folder.Make(); err != nil {
		return err
	}
	if err := e.reread(); err != nil {
		return err
	}
	_, err = e.folder.Sweep(e.old.Serial, packs(e.old)) // what an export that was cut off left
	return err
}

// reread reads the manifest that is on the stick. One that nobody can read any more is replaced; what others signed is
// left alone.
func (e *export) reread() error {
	e.old, e.there = stick.Export{}, map[string]stick.Place{}
	found, wrong, err := e.folder.Newest(e.SignKey.Public())
	for _, bad := range append(wrong, err) {
		if errors.Is(bad, stick.ErrForeign) || errors.Is(bad, stick.ErrNewer) || errors.Is(bad, stick.ErrMedium) {
			return bad
		}
	}
	if err == nil {
		e.old, err = stick.DecodeExport(found.Body)
	}
	if err != nil {
		e.old = stick.Export{}
		return nil //nolint:nilerr // torn or altered: it is made anew from the outbox
	}
	for _, entry := range e.old.Entries {
		e.there[entry.Digest] = entry.Place
	}
	return nil
}

// run writes what there is room for. What an earlier export left without need gives way, and room that this makes is
// used.
func (e *export) run(ctx context.Context) (Exported, error) {
	for again := true; ; again = false {
		err := e.write(ctx)
		if err != nil {
			return e.done, err
		}
		freed, err := e.folder.Sweep(e.now.Serial, packs(e.now))
		if err != nil || e.done.Left() == 0 {
			return e.done, err
		}
		if freed == 0 || !again {
			return e.done, fmt.Errorf("%d of %d packets have no room: %w", e.done.Left(), e.done.Left()+e.done.Total(), stick.ErrFull)
		}
		if err := e.reread(); err != nil {
			return e.done, err
		}
	}
}

// packs are those that a manifest names.
func packs(e stick.Export) map[string]bool {
	named := map[string]bool{}
	for _, entry := range e.Entries {
		named[entry.File] = true
	}
	return named
}

// write writes packets and the manifest that names them.
func (e *export) write(ctx context.Context) error {
	e.room, e.done = true, Exported{Counts: map[string]int{}, Missing: map[string]int{}}
	e.reader, e.packer = e.folder.Read(), e.folder.Pack(e.Rand)
	defer func() { _ = e.reader.Close() }() // only read
	changed, err := e.draft(ctx)
	if err != nil {
		e.packer.Drop()
		return err
	}
	if changed {
		if err := e.folder.Publish(e.now.Serial); err != nil {
			return err
		}
	}
	e.done.Serial = e.now.Serial
	return nil
}

// draft writes all but the name that counts, and says whether there is anything new.
func (e *export) draft(ctx context.Context) (bool, error) {
	if err := e.begin(ctx); err != nil {
		return false, err
	}
	for _, lane := range []string{outbox.LaneRatings, outbox.LaneFeedback, outbox.LaneMatters} {
		if err := e.records(ctx, lane); err != nil {
			return false, err
		}
	}
	if err := e.blobs(ctx); err != nil {
		return false, err
	}
	if err := e.records(ctx, outbox.LaneEvents); err != nil {
		return false, err
	}
	if err := e.packer.Finish(); err != nil {
		return false, err
	}
	if e.old.Serial != 0 && e.old.Cursor == e.now.Cursor && reflect.DeepEqual(e.old.Entries, e.now.Entries) {
		e.now = e.old
		return false, nil
	}
	body, err := json.Marshal(e.now)
	if err != nil {
		return false, fmt.Errorf("write manifest: %w", err)
	}
	return true, e.folder.Draft(e.now.Serial, body, e.sign)
}

// bytesPerEntry is what an entry of a manifest and its acknowledgement on the way back take, and some.
const bytesPerEntry = 320 + 400

// begin names the manifest and keeps room for it, and for the gateway's answer: a stick that is full to the brim would
// come back without one.
func (e *export) begin(ctx context.Context) error {
	serial, err := e.folder.NextSerial()
	if err != nil {
		return err
	}
	e.now = stick.Export{
		Serial: serial, Terminal: e.Terminal, Station: e.Station, MadeAt: e.Now().UTC(), ClockTrust: e.ClockTrust(),
		Counts: map[string]int{}, Entries: []stick.Entry{},
	}
	if e.Mailbox != nil {
		if e.now.Cursor, err = e.Mailbox.Reached(ctx); err != nil {
			return err
		}
	}
	c := e.Outbox.Counts()
	free, err := e.disk.Free()
	if err != nil {
		return err
	}
	need := 32<<10 + bytesPerEntry*int64(c.Queued+c.Ratings+c.Events+c.Blobs)
	return e.folder.Reserve(min(need, free/2)) // half is enough for as many as fit into the other half
}
