package audit

import (
	"context"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"iter"
	"slices"

	"zhizhu/offline/seal"
	"zhizhu/offline/store"
)

// VerifyOptions say what a chain is compared with. The more there is, the more is proved; see the package comment.
type VerifyOptions struct {
	Box    *seal.Box       // proves records by their MACs
	Signer *seal.PublicKey // the terminal's: proves the heads and checkpoints that it signed
	Heads  []Head          // that the gateway has
}

// piece is one record as it lies in the store or in a file. With bad set, nothing else but seq can be trusted to be there.
type piece struct {
	seq  uint64 // where it claims to stand; 0: where it is
	link link
	bad  error
}

// walk is the state of verification. It is pure: pieces in, report out.
type walk struct {
	report Report
	key    *macKey
	at     point             // the last record that is right
	proven uint64            // up to here, whatever proves it
	heads  map[uint64][]hash // reported ones, still to be met
	order  []uint64          // their seqs, sorted
	met    uint64            // the last reported head that was right
}

func newWalk(o VerifyOptions, begin point) (*walk, error) {
	w := &walk{at: begin, proven: begin.seq, met: begin.seq, heads: map[uint64][]hash{}}
	w.report.After, w.report.Last = begin.seq, begin.seq
	if o.Box != nil {
		key := newMACKey(o.Box)
		w.key = &key
	}
	for _, h := range o.Heads {
		sum, ok := parseHash(h.Hash)
		switch {
		case h.Seq == 0: // reported by an empty chain
		case !ok:
			return nil, fmt.Errorf("reported head %d: its hash is not 64 hex digits", h.Seq)
		case h.Seq < begin.seq:
			w.report.TooOld++
		default:
			w.heads[h.Seq] = append(w.heads[h.Seq], sum)
			w.order = append(w.order, h.Seq)
		}
	}
	slices.Sort(w.order)
	w.meet()
	return w, nil
}

// run checks the pieces in order and stops at the first fault.
func (w *walk) run(pieces iter.Seq2[piece, error]) error {
	next, stop := iter.Pull2(pieces)
	defer stop()
	now, err, ok := next()
	for ok && err == nil && w.report.First == nil {
		var after piece
		var more bool
		after, err, more = next()
		if !more || err != nil {
			w.take(now, nil)
		} else {
			w.take(now, &after)
		}
		now, ok = after, more
	}
	return err
}

func (w *walk) fault(kind Kind, seq, through uint64, why string) {
	if w.report.First == nil {
		w.report.First = &Fault{Kind: kind, Seq: seq, Through: max(seq, through), Why: why}
	}
}

// take checks the next piece, with a look at the one after it.
func (w *walk) take(p piece, after *piece) {
	want := w.at.seq + 1
	if p.seq == 0 {
		p.seq = want
	}
	switch {
	case p.seq > want:
		w.fault(Removed, want, p.seq-1, fmt.Sprintf("the next record there is %d", p.seq))
		return
	case p.seq < want:
		w.fault(Inserted, want, want, fmt.Sprintf("record %d stands where %d should", p.seq, want))
		return
	}
	proven, why := w.check(p)
	if why != "" {
		kind := Altered
		if after != nil && w.wasHere(*after) {
			kind = Inserted
		}
		w.fault(kind, want, want, why)
		return
	}
	w.at = point{want, p.link.hash}
	w.report.Last, w.report.Records = want, w.report.Records+1
	if proven {
		w.proven = want
	}
	w.note(p.link.body)
	w.meet()
}

// check says whether a piece is the next record, and whether its MAC proves it.
func (w *walk) check(p piece) (proven bool, why string) {
	if p.bad != nil {
		return false, "it can't be read"
	}
	r, err := decodeRecord(p.link.body)
	switch {
	case err != nil:
		return false, "it can't be read"
	case r.Seq != p.seq:
		return false, fmt.Sprintf("it says of itself that it is record %d", r.Seq)
	case follow(w.at.hash, p.link.body) != p.link.hash:
		return false, "its hash doesn't fit its content and the record before it"
	case w.key == nil || w.key.id != p.link.kid:
		return false, ""
	case !w.key.good(p.link.hash, p.link.mac):
		return false, "it was not written with this station's key"
	}
	return true, ""
}

// wasHere says whether a piece is the one that once stood at the next place, with or without a new number since: then
// what stands there now was put in before it.
func (w *walk) wasHere(p piece) bool {
	if p.bad != nil {
		return false
	}
	r, err := decodeRecord(p.link.body)
	if err != nil {
		return false
	}
	r.Seq = w.at.seq + 1
	body, err := r.encode()
	if err != nil {
		return false
	}
	h := follow(w.at.hash, body)
	if w.key == nil || w.key.id != p.link.kid {
		return h == p.link.hash
	}
	return w.key.good(h, p.link.mac)
}

// note keeps what a record says of the chain itself.
func (w *walk) note(body []byte) {
	r, err := decodeRecord(body)
	if err != nil {
		return
	}
	switch r.Act {
	case ActBegin:
		w.report.Terminal = r.Attrs["terminal"]
	case ActRestored:
		w.report.Restored = r.Seq
	}
}

// meet compares the record that was just taken with what the gateway was told of it.
func (w *walk) meet() {
	for _, h := range w.heads[w.at.seq] {
		if h != w.at.hash {
			w.fault(Rewritten, w.met+1, w.at.seq, fmt.Sprintf("the gateway was told another hash of record %d", w.at.seq))
			return
		}
		w.report.Heads++
		w.met, w.proven = w.at.seq, max(w.proven, w.at.seq)
	}
	delete(w.heads, w.at.seq)
}

// end says that the chain should end here, as far as its own head tells (nil: it doesn't).
func (w *walk) end(head *point) Report {
	r := &w.report
	if head != nil && r.First == nil {
		switch {
		case head.seq > w.at.seq:
			w.fault(Removed, w.at.seq+1, head.seq, "the chain's end was cut off")
		case head.seq < w.at.seq:
			w.fault(Inserted, head.seq+1, w.at.seq, "the chain's head says that it ends before")
		case head.hash != w.at.hash:
			w.fault(Altered, w.at.seq, w.at.seq, "the chain's head has another hash")
		}
	}
	if last := len(w.order) - 1; last >= 0 && r.First == nil && w.order[last] > w.at.seq {
		w.fault(Removed, w.at.seq+1, w.order[last], "the gateway was told of them")
	}
	r.Hash = hex.EncodeToString(w.at.hash[:])
	r.Unproven = w.at.seq - min(w.proven, w.at.seq)
	return *r
}

// VerifyStore checks the chain in a data file.
func VerifyStore(ctx context.Context, s Store, o VerifyOptions) (Report, error) {
	var report Report
	err := s.View(ctx, func(tx *store.Tx) error {
		var err error
		report, err = verifyTx(ctx, tx, o)
		return err
	})
	if err != nil {
		return report, fmt.Errorf("verify audit log: %w", err)
	}
	return report, nil
}

func verifyTx(ctx context.Context, tx Tx, o VerifyOptions) (Report, error) {
	begin, terminal, fault := readCheckpoint(tx.Get(stateTable, checkpointKey), o)
	w, err := newWalk(o, begin)
	if err != nil {
		return Report{}, err
	}
	w.report.Terminal = terminal
	if fault != "" {
		w.fault(Altered, begin.seq, begin.seq, fault)
		return w.end(nil), nil
	}
	err = w.run(func(yield func(piece, error) bool) {
		for k, v := range tx.Scan(recordTable, nil) {
			p := piece{bad: ErrRecord}
			if len(k) == 8 {
				p.seq = binary.BigEndian.Uint64(k)
				p.link, p.bad = decodeLink(v)
			}
			if !yield(p, ctx.Err()) {
				return
			}
		}
	})
	if err != nil {
		return w.report, err
	}
	if head, ok := decodePoint(tx.Get(stateTable, headKey)); ok {
		return w.end(&head), nil
	}
	if w.at.seq != 0 {
		w.fault(Removed, w.at.seq+1, w.at.seq+1, "the chain's head is missing, so what came after is not known")
	}
	return w.end(nil), nil
}
