package bolt

import (
	"context"
	"errors"
	"fmt"
	"runtime"

	bbolt "go.etcd.io/bbolt"

	"zhizhu/offline/gateway/store"
)

// maxGroup is how many puts one commit may hold.
const maxGroup = 256

var errClosed = errors.New("store is closed")

// put is one PutIfAbsent on its way.
type put struct {
	record store.Record
	digest [digestSize]byte
	result store.Put
	err    error         // of this put alone, or of the commit
	done   chan struct{} // closed when result and err are set
}

// PutIfAbsent is store.Store's.
func (d *DB) PutIfAbsent(ctx context.Context, r store.Record) (store.Put, error) {
	digest, err := decodeDigest(r.Digest)
	if err != nil {
		return store.Put{}, fmt.Errorf("put record: %w", err)
	}
	p := &put{record: r, digest: digest, done: make(chan struct{})}
	select {
	case d.puts <- p:
	case <-d.stop:
		return store.Put{}, fmt.Errorf("put record: %w", errClosed)
	case <-ctx.Done():
		return store.Put{}, fmt.Errorf("put record: %w", ctx.Err())
	}
	// Once it is handed over, it is waited for: the answer must say what became of it. Only a close that overtook it
	// leaves it unanswered.
	select {
	case <-p.done:
	case <-d.done:
		select {
		case <-p.done:
		default:
			return store.Put{}, fmt.Errorf("put record: %w", errClosed)
		}
	}
	if p.err != nil {
		return store.Put{}, fmt.Errorf("put record: %w", p.err)
	}
	return p.result, nil
}

// commitPuts commits what has come in since the last commit, until Close.
func (d *DB) commitPuts() {
	defer close(d.done)
	for {
		select {
		case first := <-d.puts:
			d.commit(d.gather(first))
		case <-d.stop:
			return
		}
	}
}

// gather takes what waits already, and waits for nothing.
func (d *DB) gather(first *put) []*put {
	runtime.Gosched() // those whom the last commit has just answered may have their next record ready
	group := []*put{first}
	for len(group) < maxGroup {
		select {
		case p := <-d.puts:
			group = append(group, p)
		default:
			return group
		}
	}
	return group
}

// commit answers a group. Also a group of known ids alone goes through a commit: bbolt's always writes and syncs, and
// if an earlier commit failed between its two syncs (its records are visible then, but perhaps not on disk), it is this
// one that makes them so before they are acknowledged.
func (d *DB) commit(group []*put) {
	err := guarded(func() error {
		return d.db.Update(func(tx *bbolt.Tx) error {
			for _, p := range group {
				if err := p.apply(tx); err != nil {
					return err
				}
			}
			return nil
		})
	})
	for _, p := range group {
		if err != nil {
			p.err = err // also a conflict is not reported as one: it may rest on a put that was rolled back
		}
		close(p.done)
	}
}

// apply stores one record in the group's transaction. What is wrong with this record alone goes to p.err; the returned
// error ends the whole group.
func (p *put) apply(tx *bbolt.Tx) error {
	p.result, p.err = store.Put{}, nil
	ids, log, err := laneBuckets(tx, p.record.Lane)
	if err != nil {
		p.err = err
		return nil
	}
	key := []byte(p.record.ID)
	if value := ids.Get(key); value != nil {
		p.result, p.err = p.compare(value)
		return nil
	}
	seq, err := ids.NextSequence()
	if err != nil {
		return fmt.Errorf("number record: %w", err)
	}
	entry := known{digest: p.digest, stored: p.record.StoredAt, seq: seq}
	if err := ids.Put(key, entry.encode()); err != nil {
		return fmt.Errorf("keep id: %w", err)
	}
	log.FillPercent = 1 // it only grows at its end
	if err := log.Put(number(seq), encodeRecord(p.record, p.digest)); err != nil {
		return fmt.Errorf("keep packet: %w", err)
	}
	p.result = store.Put{StoredAt: p.record.StoredAt}
	return nil
}

func (p *put) compare(value []byte) (store.Put, error) {
	k, err := decodeKnown(value)
	if err != nil {
		return store.Put{}, err
	}
	if k.digest != p.digest {
		return store.Put{}, store.ErrConflict
	}
	return store.Put{StoredAt: k.stored, Again: true}, nil
}
