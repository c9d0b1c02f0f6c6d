package postgres

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"

	"zhizhu/offline/gateway/store"
)

const (
	// maxGroup and maxGroupBytes are how much one transaction may hold.
	maxGroup      = 512
	maxGroupBytes = 8 << 20
)

var (
	errClosed   = errors.New("store is closed")
	errVanished = errors.New("the database has not what it has just stored")
)

// put is one PutIfAbsent on its way.
type put struct {
	record store.Record
	digest [digestSize]byte
	taken  atomic.Bool // by whoever comes first: the committer, or the caller who gives up
	result store.Put
	err    error
	done   chan struct{} // closed when result and err are set
}

// committer puts one lane's records, many in one transaction. There is one for each lane, so that none holds up another.
type committer struct {
	pool *pgxpool.Pool
	lane string
	puts chan *put
	stop chan struct{} // closed by close
	done chan struct{} // closed when the goroutine has ended
}

func startCommitter(ctx context.Context, pool *pgxpool.Pool, lane string) *committer {
	c := &committer{
		pool: pool, lane: lane, puts: make(chan *put, maxGroup), stop: make(chan struct{}), done: make(chan struct{}),
	}
	go c.serve(ctx)
	return c
}

func (c *committer) close() {
	close(c.stop)
	<-c.done
}

// PutIfAbsent is store.Records'.
func (d *DB) PutIfAbsent(ctx context.Context, r store.Record) (store.Put, error) {
	result, err := d.put(ctx, r)
	if err != nil {
		return store.Put{}, fmt.Errorf("put record: %w", err)
	}
	return result, nil
}

func (d *DB) put(ctx context.Context, r store.Record) (store.Put, error) {
	if err := store.CheckName(r.ID); err != nil {
		return store.Put{}, err
	}
	digest, err := decodeDigest(r.Digest)
	if err != nil {
		return store.Put{}, err
	}
	if err := d.checkLane(r.Lane); err != nil {
		return store.Put{}, err
	}
	c := d.lanes[r.Lane]
	if r.Packet == nil {
		r.Packet = []byte{} // NULL is what a purged one has
	}
	p := &put{record: r, digest: digest, done: make(chan struct{})}
	select {
	case c.puts <- p:
	case <-c.stop:
		return store.Put{}, errClosed
	case <-ctx.Done():
		return store.Put{}, ctx.Err()
	}
	return c.await(ctx, p)
}

// await waits for the answer. A caller who gives up is let go at once if nobody has looked at his record yet; else he
// waits on, since the bytes that he handed in are being read.
func (c *committer) await(ctx context.Context, p *put) (store.Put, error) {
	select {
	case <-p.done:
	case <-c.done:
		if p.taken.CompareAndSwap(false, true) {
			return store.Put{}, errClosed
		}
	case <-ctx.Done():
		if p.taken.CompareAndSwap(false, true) {
			return store.Put{}, ctx.Err()
		}
	}
	<-p.done
	return p.result, p.err
}

// serve commits what has come in since the last commit, until close.
func (c *committer) serve(ctx context.Context) {
	defer close(c.done)
	for {
		select {
		case first := <-c.puts:
			c.commit(ctx, c.gather(first))
		case <-c.stop:
			return
		}
	}
}

// gather takes what waits already, and waits for nothing.
func (c *committer) gather(first *put) []*put {
	runtime.Gosched() // those whom the last commit has just answered may have their next record ready
	var group []*put
	size := 0
	for p := first; ; {
		if p.taken.CompareAndSwap(false, true) {
			group = append(group, p)
			size += len(p.record.Packet)
		}
		if len(group) == maxGroup || size >= maxGroupBytes {
			return group
		}
		select {
		case p = <-c.puts:
		default:
			return group
		}
	}
}

// commit stores a group and answers it. Ids that occur twice in it are sent once: the first decides.
func (c *committer) commit(ctx context.Context, group []*put) {
	if len(group) == 0 {
		return
	}
	place := make(map[string]int, len(group))
	var once []*put
	for _, p := range group {
		if _, twice := place[p.record.ID]; !twice {
			place[p.record.ID] = len(once)
			once = append(once, p)
		}
	}
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	kept, err := putGroup(ctx, c.pool, c.lane, once)
	for _, p := range group {
		if err != nil {
			p.err = err
		} else {
			i := place[p.record.ID]
			p.result, p.err = kept[i].answer(p, p == once[i])
		}
		close(p.done)
	}
}

// kept is what the database has of an id.
type kept struct {
	digest   []byte
	storedAt time.Time
	fresh    bool // stored by this transaction
}

func (k kept) answer(p *put, first bool) (store.Put, error) {
	switch {
	case k.digest == nil:
		return store.Put{}, errVanished
	case [digestSize]byte(k.digest) != p.digest:
		return store.Put{}, store.ErrConflict
	}
	return store.Put{StoredAt: k.storedAt, Again: !k.fresh || !first}, nil
}
