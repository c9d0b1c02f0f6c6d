package audit

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"iter"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"zhizhu/offline/seal"
	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

// Tables of the chain.
const (
	recordTable store.Table = "audit"
	stateTable  store.Table = "audit.state"
)

var (
	headKey       = []byte("head")
	checkpointKey = []byte("checkpoint")
)

// Tables lists the tables that a store must have for a log.
func Tables() []store.Table { return []store.Table{recordTable, stateTable} }

// Tx is what a record needs of a transaction: *store.Tx has it.
type Tx interface {
	Get(t store.Table, key []byte) []byte
	Put(t store.Table, key, value []byte) error
	Delete(t store.Table, key []byte) error
	Scan(t store.Table, prefix []byte) iter.Seq2[[]byte, []byte]
}

// Store is the data file: *store.Store, whose contract it has.
type Store interface {
	Update(ctx context.Context, fn func(*store.Tx) error) error
	View(ctx context.Context, fn func(*store.Tx) error) error
}

// Options say whose chain it is. Store, Box, Terminal, Now, Rand and Log are needed.
type Options struct {
	Store      Store
	Box        *seal.Box        // its station key is the chain's
	Sign       *seal.PrivateKey // signs checkpoints and exports; without it Prune and Export are refused
	Terminal   string
	Generation int // of the data file: store.Opened
	Session    string
	Now        func() time.Time
	ClockTrust func() string // "unknown" if nil
	Rand       io.Reader
	Log        *slog.Logger
	Delay      time.Duration // how long a Note may wait; 5 s if 0
}

// maxNotes is how many acts wait in memory at most. One more has them all written.
const maxNotes = 64

// Log writes a chain. It is safe for concurrent use; the store serialises writers.
type Log struct {
	o   Options
	key macKey

	mu    sync.Mutex
	notes []Record
	full  chan struct{}
}

// New makes a log over a store that has Tables. It writes nothing.
func New(o Options) (*Log, error) {
	if o.Store == nil || o.Box == nil || o.Terminal == "" || o.Now == nil || o.Rand == nil || o.Log == nil {
		return nil, errors.New("make audit log: store, box, terminal id, clock, randomness and logger are needed")
	}
	if o.ClockTrust == nil {
		o.ClockTrust = func() string { return "unknown" }
	}
	if o.Delay == 0 {
		o.Delay = 5 * time.Second
	}
	if o.Session == "" {
		id, err := random(o.Rand, "s")
		if err != nil {
			return nil, fmt.Errorf("make audit log: %w", err)
		}
		o.Session = id
	}
	return &Log{o: o, key: newMACKey(o.Box), full: make(chan struct{}, 1)}, nil
}

// random makes a word. It begins with a letter, lest it look like somebody's number.
func random(rand io.Reader, letter string) (string, error) {
	raw := make([]byte, 8)
	if _, err := io.ReadFull(rand, raw); err != nil {
		return "", fmt.Errorf("read randomness: %w", err)
	}
	return letter + hex.EncodeToString(raw), nil
}

// Actor is the pseudonym of a person by his number: the same at this station every time, and not to be tried out without
// the station key.
func (l *Log) Actor(number string) string {
	if number = strings.ToUpper(strings.TrimSpace(number)); number == "" {
		return ""
	}
	return "p" + hex.EncodeToString(l.o.Box.KeyedHash("audit actor " + number)[:8])
}

// Append writes a record in a transaction of its own, after what waited: when it returns nil, it is on disk.
func (l *Log) Append(ctx context.Context, r Record) error {
	return l.write(ctx, []Record{l.dated(r)})
}

// AppendTx writes a record as part of the caller's transaction, and is on disk once that is.
func (l *Log) AppendTx(tx Tx, r Record) error {
	r = l.dated(r)
	if err := l.append(tx, r); err != nil {
		return fmt.Errorf("append audit record: %w", err)
	}
	return nil
}

// Note keeps a record of little worth in memory, until others are written or Delay is over. A power cut loses it.
func (l *Log) Note(r Record) {
	r = l.dated(r)
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.notes) < 4*maxNotes { // more only if nothing can be written
		l.notes = append(l.notes, r)
	}
	if len(l.notes) >= maxNotes {
		select {
		case l.full <- struct{}{}:
		default:
		}
	}
}

// Flush writes what waits.
func (l *Log) Flush(ctx context.Context) error { return l.write(ctx, nil) }

// Serve writes what waits, every Delay and at the end, until ctx ends.
func (l *Log) Serve(ctx context.Context) error {
	ticker := time.NewTicker(l.o.Delay)
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), l.Flush(context.WithoutCancel(ctx)))
		case <-ticker.C:
		case <-l.full:
		}
		if err := l.Flush(ctx); err != nil && ctx.Err() == nil {
			l.o.Log.LogAttrs(ctx, slog.LevelError, "Audit records can't be written: they wait", slog.Any("error", err))
		}
	}
}

// Head returns the newest record's place, for a heartbeat. Seq is 0 for an empty chain.
func (l *Log) Head(ctx context.Context) (wire.AuditHead, error) {
	var head wire.AuditHead
	err := l.o.Store.View(ctx, func(tx *store.Tx) error {
		if p, ok := decodePoint(tx.Get(stateTable, headKey)); ok {
			head = wire.AuditHead{Seq: p.seq, Hash: hex.EncodeToString(p.hash[:])}
		}
		return nil
	})
	if err != nil {
		return head, fmt.Errorf("read audit head: %w", err)
	}
	return head, nil
}

// dated fills in what the log knows, at the time of the act rather than of its writing.
func (l *Log) dated(r Record) Record {
	if r.Time.IsZero() {
		r.Time = l.o.Now()
	}
	if r.Trust == "" {
		r.Trust = l.o.ClockTrust()
	}
	if r.Session == "" {
		r.Session = l.o.Session
	}
	return r
}

// write writes what waits, then more.
func (l *Log) write(ctx context.Context, more []Record) error {
	l.mu.Lock()
	waiting := l.notes
	l.notes = nil
	l.mu.Unlock()
	if len(waiting)+len(more) == 0 {
		return nil
	}
	err := l.o.Store.Update(ctx, func(tx *store.Tx) error {
		for _, r := range waiting {
			if err := l.append(tx, r); err != nil {
				return err
			}
		}
		for _, r := range more {
			if err := l.append(tx, r); err != nil {
				return err
			}
		}
		return nil
	})
	if err == nil {
		return nil
	}
	// A write in doubt may be there: a note that stands twice is better than one that is missing.
	l.mu.Lock()
	l.notes = append(waiting, l.notes...)
	l.mu.Unlock()
	return fmt.Errorf("append audit record: %w", err)
}

// append puts one record at the end of the chain, which it begins if need be.
func (l *Log) append(tx Tx, r Record) error {
	head, err := l.head(tx)
	if err != nil {
		return err
	}
	if held := r.clean(); held != nil {
		l.o.Log.Error("Audit record holds what it must not: withheld", slog.String("act", r.Act), slog.Any("values", held))
	}
	_, err = l.put(tx, head, r)
	return err
}

func (l *Log) put(tx Tx, head point, r Record) (point, error) {
	r.Seq = head.seq + 1
	body, err := r.encode()
	if err != nil {
		return head, err
	}
	next := point{seq: r.Seq, hash: follow(head.hash, body)}
	value := link{kid: l.key.id, hash: next.hash, mac: l.key.mac(next.hash), body: body}.encode()
	if err := tx.Put(recordTable, seqKey(next.seq), value); err != nil {
		return head, err
	}
	return next, tx.Put(stateTable, headKey, next.encode())
}

// head returns the chain's end, and begins a chain where there is none. A head that was taken away is put back from the
// last record: the chain must go on, and verification tells.
func (l *Log) head(tx Tx) (point, error) {
	if p, ok := decodePoint(tx.Get(stateTable, headKey)); ok {
		return p, nil
	}
	var last point
	for k, v := range tx.Scan(recordTable, nil) {
		if found, err := decodeLink(v); err == nil && len(k) == 8 {
			last, _ = decodePoint(append(append([]byte{}, k...), found.hash[:]...))
		}
	}
	if last.seq != 0 {
		l.o.Log.Error("Head of the audit chain is missing: going on after its last record")
		return last, nil
	}
	nonce, err := random(l.o.Rand, "n")
	if err != nil {
		return last, err
	}
	begin := l.dated(Record{Role: Machine, Act: ActBegin, Attrs: map[string]string{
		"terminal": l.o.Terminal, "generation": strconv.Itoa(l.o.Generation), "nonce": nonce,
	}})
	begin.clean()
	return l.put(tx, last, begin)
}
