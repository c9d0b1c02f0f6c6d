package gateway

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"zhizhu/offline/gateway/adapter"
	"zhizhu/offline/gateway/authority"
	"zhizhu/offline/gateway/bolt"
	"zhizhu/offline/gateway/internal/durable"
	"zhizhu/offline/gateway/store"
)

// Kinds of errors of Open.
var (
	// ErrInUse says that another process serves this directory; Connect reaches it.
	ErrInUse = errors.New("another gateway process uses this directory")
	// ErrNoGateway says that there is no gateway in the directory yet.
	ErrNoGateway = errors.New("there is no gateway in this directory")
)

const (
	storeFile   = "gateway.db"
	defaultWait = 2 * time.Second
)

// Options of Open.
type Options struct {
	Dir       string   // made if it isn't there, unless MustExist
	MustExist bool     // ErrNoGateway instead of making a new gateway
	Hosts     []string // further names and addresses under which terminals reach the gateway
	Now       func() time.Time
	Rand      io.Reader // safe for concurrent use; crypto/rand when nil
	Log       *slog.Logger
	// Wait is how long to wait for another process that uses Dir, before ErrInUse; two seconds if it is 0.
	Wait time.Duration
	// Store takes the place of the bbolt file in Dir. The gateway closes it.
	Store store.Store
	Rate  Rate // of each terminal
	// Adapter makes the adapter that hands matters on to the platform; none when nil.
	Adapter func(adapter.Signer) (adapter.Adapter, error)
	// Retain is how long packets are kept after they were handed on: id and digest stay for ever, the content goes. With
	// 0, and without an adapter, it stays, too.
	Retain time.Duration
}

// Gateway is one gateway. It is safe for concurrent use.
type Gateway struct {
	dir   string
	hosts []string
	now   func() time.Time
	rand  io.Reader
	wait  time.Duration
	log   *slog.Logger

	store store.Store
	ca    *authority.Authority
	keys  keys

	attempts *limiter
	rates    *rates
	heads    heads
	counts   counts
	relay    *relay
	retain   time.Duration
}

// Open opens the gateway in a directory, or makes it. Close it after use.
func Open(o Options) (*Gateway, error) {
	g := &Gateway{dir: o.Dir, hosts: o.Hosts, now: o.Now, rand: o.Rand, wait: o.Wait, log: o.Log, store: o.Store, retain: o.Retain}
	if g.now == nil || g.log == nil || g.dir == "" {
		return nil, errors.New("open gateway: Dir, Now and Log must be given")
	}
	if g.rand == nil {
		g.rand = rand.Reader
	}
	if g.wait == 0 {
		g.wait = defaultWait
	}
	if err := authority.CheckHosts(g.hosts); err != nil {
		return nil, fmt.Errorf("open gateway: %w", err)
	}
	g.attempts, g.rates = newLimiter(g.now), newRates(o.Rate, g.now)
	err := g.open(o.MustExist)
	if err == nil {
		g.relay, err = newRelay(g, o.Adapter)
	}
	if err != nil {
		if g.store != nil {
			err = errors.Join(err, g.store.Close())
		}
		return nil, fmt.Errorf("open gateway: %w", err)
	}
	return g, nil
}

func (g *Gateway) open(mustExist bool) error {
	dir, err := filepath.Abs(g.dir)
	if err != nil {
		return fmt.Errorf("find %s: %w", g.dir, err)
	}
	g.dir = dir
	if mustExist {
		if err := exists(dir, g.store != nil); err != nil {
			return err
		}
	}
	if err := durable.MakeDir(dir); err != nil {
		return err
	}
	if g.store == nil {
		// The file's lock is also what keeps a second process from making keys at the same time.
		db, err := bolt.Open(filepath.Join(dir, storeFile), g.wait)
		if errors.Is(err, bolt.ErrLocked) {
			return fmt.Errorf("%w: %w", ErrInUse, err)
		}
		if err != nil {
			return err
		}
		g.store = db
	}
	return g.openKeys()
}

// openKeys reads the keys, or makes them where there is nothing yet that could need the old ones.
func (g *Gateway) openKeys() (err error) {
	create := g.store.WasEmpty()
	if g.ca, err = authority.Open(authority.Options{Dir: g.dir, Create: create, Now: g.now, Rand: g.rand}); err != nil {
		return err
	}
	g.keys, err = openKeys(g.dir, create, g.rand)
	return err
}

func exists(dir string, elsewhere bool) error {
	file := storeFile
	if elsewhere { // the store is; the keys are here all the same
		file = ackKeyFile
	}
	switch _, err := os.Stat(filepath.Join(dir, file)); {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: %w: check --dir, or start one with \"zhizhu-gateway serve\"", dir, ErrNoGateway)
	case err != nil:
		return fmt.Errorf("look for gateway: %w", err)
	}
	return nil
}

// CAPath returns the path of the root certificate (PEM) that terminals pin.
func (g *Gateway) CAPath() string { return g.ca.Path() }

// Dir returns the gateway's directory, absolute.
func (g *Gateway) Dir() string { return g.dir }

// Close closes the store. Serve must have returned.
func (g *Gateway) Close() error {
	if err := g.store.Close(); err != nil {
		return fmt.Errorf("close gateway: %w", err)
	}
	return nil
}
