package postgres

import (
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"

	"zhizhu/offline/gateway/postgres/pgtest"
)

func testOpenRefuses(t *testing.T, server *pgtest.Server) {
	newer := server.DSN(t)
	db := mustOpen(t, newer)
	if _, err := db.pool.Exec(t.Context(), sqlSetMeta, "schema", "99"); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ dsn, say string }{
		"newer schema":        {newer, "newer"},
		"commits not waited":  {server.DSN(t) + " synchronous_commit=off", "synchronous_commit"},
		"no DSN":              {"postgres://%%%:secret@x", "postgres://user@host/database"},
		"nobody there":        {"host=/nonexistent user=x dbname=x", ""},
		"the wrong encoding":  {latin(t, server.DSN(t)), "UTF8"},
		"a database not made": {server.DSN(t) + " dbname=missing", "missing"},
	} {
		db, err := Open(t.Context(), Options{DSN: c.dsn})
		if err == nil {
			t.Errorf("%s: opened, close: %v", name, db.Close())
		} else if !strings.Contains(err.Error(), c.say) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// testUnsafeServer turns off what keeps commits through a power cut.
func testUnsafeServer(t *testing.T, server *pgtest.Server) {
	dsn := server.DSN(t)
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	for _, setting := range []string{"fsync", "full_page_writes"} {
		for _, to := range []string{"off", "on"} {
			for _, sql := range []string{"ALTER SYSTEM SET " + setting + " = " + to, "SELECT pg_reload_conf()"} {
				if _, err := conn.Exec(t.Context(), sql); err != nil {
					t.Fatal(err)
				}
			}
			waitFor(t, func() bool {
				var has string
				err := conn.QueryRow(t.Context(), "SELECT current_setting($1)", setting).Scan(&has)
				return err == nil && has == to
			})
			db, err := Open(t.Context(), Options{DSN: dsn})
			if err == nil {
				err = db.Close()
			}
			if safe := to == "on"; (err == nil) != safe || !safe && !errors.Is(err, ErrUnsafe) {
				t.Errorf("%s %s: %v", setting, to, err)
			}
		}
	}
	if err := conn.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

// latin makes a database of another encoding and returns how to connect to it.
func latin(t *testing.T, dsn string) string {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), dsn)
	if err != nil {
		t.Fatal(err)
	}
	_, err = conn.Exec(t.Context(), "CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0")
	if err := errors.Join(err, conn.Close(t.Context())); err != nil {
		t.Fatal(err)
	}
	return dsn + " dbname=latin"
}

// testManyOpenAtOnce lets gateways start together on an empty database.
func testManyOpenAtOnce(t *testing.T, server *pgtest.Server) {
	dsn := server.DSN(t)
	var all sync.WaitGroup
	for range 6 {
		all.Go(func() {
			db, err := Open(t.Context(), Options{DSN: dsn})
			if err != nil {
				t.Errorf("open: %v", err)
				return
			}
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
}
