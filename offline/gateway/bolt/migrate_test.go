package bolt

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"zhizhu/offline/gateway/store"
	"zhizhu/offline/gateway/storetest"
	"zhizhu/offline/wire"
)

// TestSchema1 opens a file that a gateway of schema 1 wrote: three matters, a rating, two terminals of which the second
// is revoked, and a code that nobody used.
func TestSchema1(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gateway.db")
	old, err := os.ReadFile("testdata/schema1.db")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, old, 0o600); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the second time it is a file of today
		db := mustOpen(t, path)
		if db.WasEmpty() {
			t.Error("it was not empty")
		}
		for _, id := range []string{"a", "b", "c"} {
			if put, err := db.PutIfAbsent(t.Context(), storetest.Record(wire.LaneMatters, id, "one")); err != nil || !put.Again {
				t.Errorf("put %s again: %+v, %v", id, put, err)
			}
		}
		list, err := db.List(t.Context(), wire.LaneMatters, 0, 9)
		if err != nil || len(list) != 3 || list[2].Seq != 3 || list[0].Purged || len(list[0].Packet) == 0 {
			t.Errorf("listed %+v, %v", list, err)
		}
		terminals, err := db.Terminals(t.Context(), "MX0427")
		if err != nil || len(terminals) != 2 || !terminals[0].RevokedAt.IsZero() || terminals[1].RevokedAt.IsZero() {
			t.Errorf("terminals %+v, %v", terminals, err)
		}
		mustClose(t, db)
	}
	grown(t, path)
}

// grown uses what schema 1 had not.
func grown(t *testing.T, path string) {
	t.Helper()
	db := mustOpen(t, path)
	defer mustClose(t, db)
	c := store.Claim{MAC: "unused", Key: "third", At: time.Date(2026, time.November, 23, 8, 0, 0, 0, time.UTC)}
	terminal, err := db.Redeem(t.Context(), c, func(station string, number int) (store.Terminal, error) {
		return store.Terminal{ID: station + "-3", Station: station, Number: number, Key: c.Key}, nil
	})
	if err != nil || terminal.Number != 3 {
		t.Errorf("next terminal: %+v, %v", terminal, err)
	}
	if put, err := db.PutIfAbsent(t.Context(), storetest.Record(wire.LaneEvents, "a", "x")); err != nil || put.Again {
		t.Errorf("put event: %+v, %v", put, err)
	}
	if err := db.Renew(t.Context(), "MX0427-1", "new", "post", "certificate", c.At); err != nil {
		t.Errorf("renew: %v", err)
	}
	due, err := db.Due(t.Context(), "folder", wire.LaneMatters, c.At, time.Minute, 9)
	if err != nil || len(due) != 3 {
		t.Errorf("due: %+v, %v", due, err)
	}
}
