package postgres

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"zhizhu/offline/gateway/postgres/pgtest"
	"zhizhu/offline/gateway/store"
	"zhizhu/offline/gateway/storetest"
	"zhizhu/offline/wire"
)

func TestWithServer(t *testing.T) {
	server := pgtest.New(t)
	t.Run("contract", func(t *testing.T) { testContract(t, server) })
	t.Run("lanes are apart", func(t *testing.T) { testLanesApart(t, server) })
	t.Run("many open at once", func(t *testing.T) { testManyOpenAtOnce(t, server) })
	t.Run("open refuses", func(t *testing.T) { testOpenRefuses(t, server) })
	t.Run("unsafe server", func(t *testing.T) { testUnsafeServer(t, server) })
}

func testContract(t *testing.T, server *pgtest.Server) {
	storetest.Run(t, func(t *testing.T) storetest.Place {
		dsn := server.DSN(t)
		return storetest.Place{
			Open:   func() (store.Store, error) { return Open(t.Context(), Options{DSN: dsn}) },
			Shared: true,
		}
	})
}

// testLanesApart holds the matters' lane, as a gateway does that hangs in the middle of a put: ratings are stored
// meanwhile, a matter that nobody has looked at yet is let go when its sender gives up, and all goes on afterwards.
func testLanesApart(t *testing.T, server *pgtest.Server) {
	dsn := server.DSN(t)
	db := mustOpen(t, dsn)
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	hanging, err := conn.Begin(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := hanging.Exec(t.Context(), sqlLockLane, wire.LaneMatters); err != nil {
		t.Fatal(err)
	}
	first := make(chan error)
	go func() {
		_, err := db.PutIfAbsent(t.Context(), storetest.Record(wire.LaneMatters, "first", "x"))
		first <- err
	}()
	if _, err := db.PutIfAbsent(t.Context(), storetest.Record(wire.LaneRatings, "a", "x")); err != nil {
		t.Fatalf("put rating: %v", err)
	}
	waitFor(t, func() bool { // until the first is at the server
		var n int
		err := db.pool.QueryRow(t.Context(), "SELECT count(*) FROM pg_locks WHERE NOT granted").Scan(&n)
		return err == nil && n > 0
	})
	ctx, cancel := context.WithCancel(t.Context())
	second := make(chan error)
	go func() {
		_, err := db.PutIfAbsent(ctx, storetest.Record(wire.LaneMatters, "second", "x"))
		second <- err
	}()
	cancel()
	if err := <-second; !errors.Is(err, context.Canceled) {
		t.Fatalf("put of somebody who gave up: %v", err)
	}
	if err := errors.Join(hanging.Rollback(t.Context()), conn.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	if err := <-first; err != nil {
		t.Fatalf("put after the lane was let go: %v", err)
	}
	if n, err := db.Count(t.Context(), wire.LaneMatters); err != nil || n != 1 {
		t.Fatalf("count %d, %v", n, err)
	}
}
