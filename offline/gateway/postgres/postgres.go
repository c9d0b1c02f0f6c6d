package postgres

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"zhizhu/offline/gateway/store"
	"zhizhu/offline/wire"
)

// ErrUnsafe says that the server may forget what it has committed.
var ErrUnsafe = errors.New("the server is set up to lose data in a power cut")

const (
	// callTimeout ends every call, also where the caller has no end of his own: a cable that was pulled says nothing.
	callTimeout    = 20 * time.Second
	connectTimeout = 5 * time.Second
	defaultConns   = 12
	maxRetries     = 5
)

// Options of Open.
type Options struct {
	// DSN says where the database is, as a URL or in key=value form; pool_max_conns and the other settings of pgxpool and
	// libpq may be in it. The database's encoding must be UTF8.
	DSN string
}

// DB is the store. It is safe for concurrent use.
type DB struct {
	pool     *pgxpool.Pool
	wasEmpty bool
	lanes    map[string]*committer
	once     sync.Once
}

var _ store.Store = (*DB)(nil)

// Open connects, and makes or migrates the tables. Gateways that start at once wait for each other.
func Open(ctx context.Context, o Options) (*DB, error) {
	config, err := configure(o.DSN)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	pool, err := pgxpool.NewWithConfig(ctx, config)
	if err != nil {
		return nil, fmt.Errorf("open store: %w", err)
	}
	d := &DB{pool: pool}
	if err := d.prepare(ctx); err != nil {
		pool.Close()
		return nil, fmt.Errorf("open store: %w", err)
	}
	d.lanes = make(map[string]*committer)
	lasting := context.WithoutCancel(ctx) // ctx is about opening; Close ends the committers
	for _, lane := range []string{wire.LaneMatters, wire.LaneRatings, wire.LaneEvents} {
		d.lanes[lane] = startCommitter(lasting, pool, lane)
	}
	return d, nil
}

// configure reads the DSN. What it says itself is left as it says; a wrong one is not repeated in the error, since it may
// hold a password.
func configure(dsn string) (*pgxpool.Config, error) {
	config, err := pgxpool.ParseConfig(dsn)
	if err != nil {
		return nil, errors.New("the DSN can't be read: write postgres://user@host/database or \"host=... dbname=...\"")
	}
	if !strings.Contains(dsn, "pool_max_conns") {
		config.MaxConns = defaultConns
	}
	if config.ConnConfig.ConnectTimeout == 0 {
		config.ConnConfig.ConnectTimeout = connectTimeout
	}
	params := map[string]string{
		"application_name":   "zhizhu-gateway",
		"synchronous_commit": "on",
		"timezone":           "UTC",
		// A gateway that vanishes while it holds a lane's row must not hold up the others for long.
		"statement_timeout":                   "15s",
		"idle_in_transaction_session_timeout": "15s",
		"tcp_keepalives_idle":                 "10",
		"tcp_keepalives_interval":             "5",
		"tcp_keepalives_count":                "3",
		// Everything here is looked up by a key. A plan made while the tables were empty must not read them whole later.
		"enable_seqscan":   "off",
		"enable_hashjoin":  "off",
		"enable_mergejoin": "off",
		"jit":              "off",
	}
	maps.Copy(params, config.ConnConfig.RuntimeParams)
	config.ConnConfig.RuntimeParams = params
	return config, nil
}

func (d *DB) prepare(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	if err := d.checkServer(ctx); err != nil {
		return err
	}
	if err := migrate(ctx, d.pool); err != nil {
		return err
	}
	if err := d.pool.QueryRow(ctx, sqlIsEmpty).Scan(&d.wasEmpty); err != nil {
		return fmt.Errorf("look what is there: %w", err)
	}
	return nil
}

func (d *DB) checkServer(ctx context.Context) error {
	var fsync, pages, commit, encoding string
	if err := d.pool.QueryRow(ctx, sqlServer).Scan(&fsync, &pages, &commit, &encoding); err != nil {
		return fmt.Errorf("ask server: %w", err)
	}
	switch {
	case fsync != "on":
		return fmt.Errorf("%w: set fsync = on", ErrUnsafe)
	case pages != "on":
		return fmt.Errorf("%w: set full_page_writes = on", ErrUnsafe)
	case commit == "off":
		return fmt.Errorf("%w: leave synchronous_commit out of the DSN", ErrUnsafe)
	case encoding != "UTF8":
		return fmt.Errorf("the database's encoding is %s: create one with ENCODING 'UTF8'", encoding)
	}
	return nil
}

// Close waits for the puts under way and closes all connections.
func (d *DB) Close() error {
	d.once.Do(func() {
		for _, c := range d.lanes {
			c.close()
		}
		d.pool.Close()
	})
	return nil
}

// WasEmpty is store.Store's.
func (d *DB) WasEmpty() bool { return d.wasEmpty }

// KeepFingerprint is store.Store's.
func (d *DB) KeepFingerprint(ctx context.Context, own string) (kept string, err error) {
	err = d.change(ctx, func(ctx context.Context, tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, sqlAddMeta, "fingerprint", own); err != nil {
			return err
		}
		return tx.QueryRow(ctx, sqlGetMeta, "fingerprint").Scan(&kept)
	})
	if err != nil {
		return "", fmt.Errorf("keep fingerprint: %w", err)
	}
	return kept, nil
}

// change runs fn in a transaction, again where the server asks for that.
func (d *DB) change(ctx context.Context, fn func(context.Context, pgx.Tx) error) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	for try := 1; ; try++ {
		err := pgx.BeginFunc(ctx, d.pool, func(tx pgx.Tx) error { return fn(ctx, tx) })
		if err == nil || try == maxRetries || !mayRetry(err) {
			return err
		}
	}
}

// mayRetry reports whether the server undid a transaction because of another one.
func mayRetry(err error) bool {
	var said *pgconn.PgError
	return errors.As(err, &said) && (said.Code == "40001" || said.Code == "40P01") // serialization failure, deadlock
}

// read runs fn with a time limit.
func (d *DB) read(ctx context.Context, fn func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	return fn(ctx)
}

// found turns "no rows" into ErrNotFound.
func found(err error) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return store.ErrNotFound
	}
	return err
}

// orNull keeps a zero time as NULL.
func orNull(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

func orZero(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}
