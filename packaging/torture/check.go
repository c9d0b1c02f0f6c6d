package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	crand "crypto/rand"

	"zhizhu/offline/audit"
	"zhizhu/offline/gateway/bolt"
	"zhizhu/offline/gateway/store"
	"zhizhu/offline/outbox"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

// item is one record at the gateway.
type item struct {
	id, digest string
	blobs      []string
}

// stock is what the gateway has, opened.
type stock struct {
	items   map[string][]item // by lane and word
	numbers map[string]int    // receipt numbers
	count   map[string]int    // by lane
	corrupt []string
	blobs   int
	// delivered counts the reports of deliveries, by letter. One may be told again after a power cut.
	delivered map[string]int
	heads     []audit.Head // of the terminal's audit chain, as it reported them
}

// takeStock reads the gateway's store, all of it, and opens every packet with the gateway's key.
func takeStock(ctx context.Context, dir string) (_ *stock, err error) {
	text, err := os.ReadFile(filepath.Join(dir, "seal.key"))
	if err != nil {
		return nil, fmt.Errorf("take stock: %w", err)
	}
	private, err := seal.ParsePrivateKey(text)
	if err != nil {
		return nil, fmt.Errorf("take stock: %w", err)
	}
	db, err := bolt.Open(filepath.Join(dir, "gateway.db"), 5*time.Second)
	if err != nil {
		return nil, fmt.Errorf("take stock: %w", err)
	}
	defer func() { err = errors.Join(err, db.Close()) }()
	s := &stock{items: map[string][]item{}, numbers: map[string]int{}, count: map[string]int{}, delivered: map[string]int{}}
	for _, lane := range []string{wire.LaneMatters, wire.LaneRatings, wire.LaneEvents} {
		for after := uint64(0); ; {
			page, err := db.List(ctx, lane, after, 256)
			if err != nil {
				return nil, fmt.Errorf("take stock: %w", err)
			}
			if len(page) == 0 {
				break
			}
			for _, r := range page {
				s.take(ctx, db, private, r)
				after = r.Seq
			}
		}
	}
	return s, s.takeHeads(ctx, db)
}

// takeHeads reads what the terminal last reported of its audit chain.
func (s *stock) takeHeads(ctx context.Context, db store.Store) error {
	beats, err := db.Heartbeats(ctx)
	if err != nil {
		return fmt.Errorf("take stock: %w", err)
	}
	for _, b := range beats {
		var h wire.Heartbeat
		if json.Unmarshal(b.Body, &h) == nil && h.Audit.Seq > 0 {
			s.heads = append(s.heads, audit.Head{Seq: h.Audit.Seq, Hash: h.Audit.Hash, At: b.At})
		}
	}
	return nil
}

func (s *stock) spoilt(what, id string) { s.corrupt = append(s.corrupt, what+" "+id) }

// take opens one record.
func (s *stock) take(ctx context.Context, db store.Store, private *seal.PrivateKey, r store.Record) {
	s.count[r.Lane]++
	if seal.Digest(r.Packet) != r.Digest {
		s.spoilt("digest of", r.ID)
	}
	binding, plain, err := seal.OpenPacket(private, r.Packet)
	if err != nil || binding.ID != r.ID {
		s.spoilt("packet of", r.ID)
		return
	}
	word, it := "", item{id: r.ID, digest: r.Digest}
	switch r.Lane {
	case wire.LaneMatters:
		word, it.blobs = s.matter(ctx, db, private, r.ID, plain)
	case wire.LaneRatings:
		var v wire.Rating
		err = json.Unmarshal(plain, &v)
		word = v.Matter
	case wire.LaneEvents:
		var v wire.Event
		err = json.Unmarshal(plain, &v)
		if v.Kind == wire.EventDelivered {
			s.delivered[v.Letter]++
			return
		}
		for w := range v.Counts {
			word = w
		}
	}
	if err != nil || word == "" {
		s.spoilt("content of", r.ID)
	}
	s.items[key(r.Lane, word)] = append(s.items[key(r.Lane, word)], it)
}

// matter opens a matter and its attachments, and returns its word and those that are whole.
func (s *stock) matter(ctx context.Context, db store.Store, private *seal.PrivateKey, id string, plain []byte) (word string, blobs []string) {
	var m wire.Matter
	if json.Unmarshal(plain, &m) != nil || m.ID != id || m.Applicant == nil {
		return "", nil
	}
	s.numbers[m.Number]++
	for _, a := range m.Answers {
		if a.Field == wordField {
			word = a.Value
		}
	}
	for i, a := range m.Attachments {
		_, _, whole, err := db.BlobState(ctx, a.Blob)
		if err != nil || !whole {
			continue
		}
		packet, err := db.Blob(ctx, a.Blob)
		if err != nil {
			continue
		}
		s.blobs++
		_, data, err := seal.OpenPacket(private, packet)
		if err != nil || seal.Digest(packet) != a.Blob || !strings.HasPrefix(string(data), fmt.Sprintf("%s_%d ", word, i)) {
			s.spoilt("attachment of", id)
			continue
		}
		blobs = append(blobs, a.Blob)
	}
	return word, blobs
}

// verdict compares.
type verdict struct {
	lodged, acknowledged, stored, duplicates, lost, quarantined int
	ratings, events, blobs, letters, deliveries, records, heads int
	inDoubt, inDoubtStored, ghosts, strangers, unreceipted      int
	corrupt                                                     []string
	words                                                       []string // what is wrong, for people
}

func (v *verdict) wrong(format string, args ...any) {
	if len(v.words) < 20 {
		v.words = append(v.words, fmt.Sprintf(format, args...))
	}
}

// compare holds what the terminal said against what the gateway has.
func compare(l *ledger, s *stock) *verdict {
	v := &verdict{
		stored: s.count[wire.LaneMatters], ratings: s.count[wire.LaneRatings], events: s.count[wire.LaneEvents], blobs: s.blobs,
		corrupt: append(append([]string{}, s.corrupt...), l.damaged...),
	}
	for k, t := range l.tries {
		v.try(k, t, s.items[k])
	}
	for k, items := range s.items {
		if l.tries[k] == nil {
			v.strangers += len(items)
			v.wrong("stored, but nobody tried to lodge it: %s", k)
		}
	}
	for n, times := range s.numbers {
		if times > 1 {
			v.duplicates += times - 1
			v.wrong("receipt number %s was given %d times", n, times)
		}
	}
	return v
}

func (v *verdict) try(k string, t *said, items []item) {
	if len(items) > 1 {
		v.duplicates += len(items) - 1
		v.wrong("stored %d times: %s", len(items), k)
	}
	switch t.Say {
	case sayKept:
		v.kept(k, t, items)
	case sayFailed:
		v.ghosts += len(items)
		if len(items) > 0 {
			v.wrong("said to have failed, but stored: %s (%s)", k, t.Cause)
		}
	default: // killed in the middle, or said so
		v.inDoubt++
		v.inDoubtStored += len(items)
	}
}

func (v *verdict) kept(k string, t *said, items []item) {
	if t.Lane == wire.LaneMatters {
		v.lodged++
	}
	switch {
	case len(items) == 0:
		v.lost++
		v.wrong("lost: %s %s", k, t.ID)
	case t.ID != "" && t.ID != items[0].id, t.Digest != "" && t.Digest != items[0].digest:
		v.lost++
		v.wrong("stored, but not what was lodged: %s %s", k, t.ID)
	case len(items[0].blobs) != t.Files:
		v.lost += t.Files - len(items[0].blobs)
		v.wrong("%d of %d attachments lost: %s", t.Files-len(items[0].blobs), t.Files, k)
	}
}

// checkTerminal looks at the terminal's folder: the file must be sound, and hold the gateway's signature for each matter,
// the letters, and the acts.
func (h *harness) checkTerminal(ctx context.Context, v *verdict, s *stock) (err error) {
	r, err := openRooms(ctx, world{dir: h.termDir(), now: h.now, rand: crand.Reader, log: h.log})
	if err != nil {
		return fmt.Errorf("check terminal: %w", err)
	}
	defer func() { err = errors.Join(err, r.file.Close()) }()
	if r.opened.Cause != "" {
		v.corrupt = append(v.corrupt, r.opened.Cause)
	}
	v.quarantined = r.box.Counts().Quarantined
	if err := h.checkReceipts(ctx, v, r.box); err != nil {
		return err
	}
	v.checkDeliveries(h.ledger, s)
	return errors.Join(v.checkLetters(ctx, r, h.ledger), v.checkTrail(ctx, r, h.ledger, s))
}

// checkReceipts verifies the gateway's signatures that the terminal has kept.
func (h *harness) checkReceipts(ctx context.Context, v *verdict, box *outbox.Outbox) error {
	gate, err := ackKey(h.gateDir())
	if err != nil {
		return err
	}
	for _, m := range h.ledger.matters {
		ack, signature, err := box.Receipt(ctx, m.ID)
		if err == nil && (ack.ID != m.ID || m.Digest != "" && ack.Digest != m.Digest) {
			err = errors.New("receipt is for something else")
		}
		if err == nil {
			err = seal.Verify(gate, ack.Signed(), signature)
		}
		if err != nil {
			v.unreceipted++
			v.wrong("no receipt for %s: %v", m.ID, err)
			continue
		}
		v.acknowledged++
	}
	return nil
}

func ackKey(gateDir string) (*seal.PublicKey, error) {
	text, err := os.ReadFile(filepath.Join(gateDir, "ack.key"))
	if err != nil {
		return nil, fmt.Errorf("read the gateway's key: %w", err)
	}
	private, err := seal.ParsePrivateKey(text)
	if err != nil {
		return nil, fmt.Errorf("read the gateway's key: %w", err)
	}
	return private.Public(), nil
}

// dataSize is how large the terminal's data file is.
func (h *harness) dataSize() int64 {
	info, err := os.Stat(filepath.Join(h.termDir(), storeFile))
	if err != nil {
		return 0
	}
	return info.Size()
}
