package audit

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"zhizhu/offline/store"
)

// pruneStep is how many records one transaction lets go, so that a resident never waits for it.
const pruneStep = 500

// Prune lets the oldest records go: those from before a time, as far as the gateway has a head that covers them (reported
// is the seq of the newest head that it has taken). A signed checkpoint takes their place. Hand in a time from a clock
// that is known to be right: one that is years fast would let everything go.
func (l *Log) Prune(ctx context.Context, before time.Time, reported uint64) (int, error) {
	if l.o.Sign == nil {
		return 0, fmt.Errorf("prune audit log: %w", ErrNoKey)
	}
	total := 0
	for {
		n, err := l.pruneOnce(ctx, before, reported)
		total += n
		if err != nil {
			return total, fmt.Errorf("prune audit log: %w", err)
		}
		if n < pruneStep {
			return total, nil
		}
	}
}

func (l *Log) pruneOnce(ctx context.Context, before time.Time, reported uint64) (int, error) {
	n := 0
	err := l.o.Store.Update(ctx, func(tx *store.Tx) error {
		keys, end := prunable(tx, before, reported)
		if n = len(keys); n == 0 {
			return nil
		}
		for _, k := range keys {
			if err := tx.Delete(recordTable, k); err != nil {
				return err
			}
		}
		s, err := l.sign(end)
		if err != nil {
			return err
		}
		text, err := json.Marshal(s)
		if err != nil {
			return err
		}
		if err := tx.Put(stateTable, checkpointKey, text); err != nil {
			return err
		}
		return l.append(tx, l.dated(Record{Role: Machine, Act: ActPruned, Attrs: map[string]string{
			"through": strconv.FormatUint(end.seq, 10),
		}}))
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// prunable returns the keys of the records that may go, and the last of them. It stops at the first that can't be read:
// evidence is never let go.
func prunable(tx Tx, before time.Time, reported uint64) (keys [][]byte, end point) {
	head, _ := decodePoint(tx.Get(stateTable, headKey))
	for k, v := range tx.Scan(recordTable, nil) {
		l, err := decodeLink(v)
		if err != nil || len(k) != 8 || len(keys) == pruneStep {
			break
		}
		r, err := decodeRecord(l.body)
		seq := binary.BigEndian.Uint64(k)
		if err != nil || seq > reported || seq >= head.seq || !r.Time.Before(before) {
			break
		}
		keys, end = append(keys, append([]byte{}, k...)), point{seq, l.hash}
	}
	return keys, end
}
