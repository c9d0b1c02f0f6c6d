package courier

import (
	"context"
	"errors"

	"zhizhu/offline/courier/stick"
	"zhizhu/offline/outbox"
)

// page is how many records are read from the outbox at once.
const page = 64

// records packs one lane.
func (e *export) records(ctx context.Context, lane string) error {
	seen := map[string]bool{}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		waiting, err := e.Outbox.Pending(ctx, lane, page, func(id string) bool { return seen[id] })
		if err != nil {
			return err
		}
		if len(waiting) == 0 {
			return nil
		}
		for _, w := range waiting {
			seen[w.ID] = true
			if w.Damaged {
				e.done.Damaged++
				continue
			}
			entry := stick.Entry{Lane: w.WireLane, ID: w.ID, Digest: w.Digest}
			if err := e.put(lane, entry, func() ([]byte, error) { return w.Packet, nil }); err != nil {
				return err
			}
		}
	}
}

// blobs packs attachments.
func (e *export) blobs(ctx context.Context) error {
	seen := map[string]bool{}
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		waiting, err := e.Outbox.PendingBlobs(ctx, page, func(digest string) bool { return seen[digest] })
		if err != nil {
			return err
		}
		if len(waiting) == 0 {
			return nil
		}
		for _, b := range waiting {
			seen[b.Digest] = true
			if b.Damaged || b.Size > stick.MaxPacket {
				e.done.Damaged++
				continue
			}
			entry := stick.Entry{Lane: stick.LaneBlobs, ID: b.Digest, Digest: b.Digest}
			err := e.put(outbox.LaneBlobs, entry, func() ([]byte, error) {
				return e.Outbox.BlobPart(ctx, b.Digest, 0, int(b.Size))
			})
			if err != nil {
				return err
			}
		}
	}
}

// put sees to it that a packet is on the stick, if there is room.
func (e *export) put(lane string, entry stick.Entry, packet func() ([]byte, error)) error {
	at, there := e.kept(entry.Digest)
	if !there {
		if !e.room {
			e.done.Missing[lane]++
			return nil
		}
		content, err := packet()
		switch {
		case errors.Is(err, outbox.ErrUnknown):
			return nil // acknowledged in the meantime
		case errors.Is(err, outbox.ErrDamaged):
			e.done.Damaged++
			return nil
		case err != nil:
			return err
		}
		if at, e.room, err = e.packer.Add(content); err != nil {
			return err
		}
		if !e.room {
			e.done.Missing[lane]++
			return nil
		}
	}
	entry.Place = at
	e.now.Entries = append(e.now.Entries, entry)
	e.now.Counts[entry.Lane]++
	e.done.Counts[lane]++
	e.done.Bytes += at.Size
	return nil
}

// kept finds a packet that an earlier export left whole.
func (e *export) kept(digest string) (stick.Place, bool) {
	at, there := e.there[digest]
	if !there {
		return at, false
	}
	_, err := e.reader.Packet(at, digest)
	return at, err == nil
}
