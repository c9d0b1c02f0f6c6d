package bolt

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	bbolt "go.etcd.io/bbolt"

	"zhizhu/offline/gateway/store"
	"zhizhu/offline/gateway/storetest"
	"zhizhu/offline/wire"
)

func TestContract(t *testing.T) {
	storetest.Run(t, func(t *testing.T) storetest.Place {
		path := filepath.Join(t.TempDir(), "gateway.db")
		return storetest.Place{Open: func() (store.Store, error) { return Open(path, 50*time.Millisecond) }}
	})
}

func TestFileIsPrivateAndAlone(t *testing.T) {
	dir := t.TempDir()
	db := mustOpen(t, filepath.Join(dir, "gateway.db"))
	defer mustClose(t, db)
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Fatalf("left beside the file: %v, %v", entries, err)
	}
	if info, err := entries[0].Info(); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("mode %v, %v", info.Mode(), err)
	}
}

func TestSecondOpenIsToldWhy(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gateway.db")
	db := mustOpen(t, path)
	defer mustClose(t, db)
	if _, err := Open(path, time.Millisecond); !errors.Is(err, ErrLocked) {
		t.Fatalf("second open: %v", err)
	}
}

func TestBadFileIsRefusedAndKept(t *testing.T) {
	newer := filepath.Join(t.TempDir(), "newer.db")
	db := mustOpen(t, newer)
	err := db.db.Update(func(tx *bbolt.Tx) error {
		return tx.Bucket([]byte(bucketMeta)).Put([]byte(keySchema), number(schema+1))
	})
	mustClose(t, db)
	if err != nil {
		t.Fatal(err)
	}
	newerBytes, err := os.ReadFile(newer)
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		content []byte
		say     string
	}{
		"garbage":        {bytes.Repeat([]byte("not a store "), 4000), "backup"},
		"one short line": {[]byte("x"), "backup"},
		"newer schema":   {newerBytes, "newer"},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "gateway.db")
			if err := os.WriteFile(path, c.content, 0o600); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(path, time.Millisecond); err == nil || !strings.Contains(err.Error(), c.say) {
				t.Fatalf("open: %v", err)
			}
			if kept, err := os.ReadFile(path); err != nil || len(kept) != len(c.content) {
				t.Fatalf("the file was changed: %d bytes, %v", len(kept), err)
			}
		})
	}
}

// TestDamagedFileIsNoCrash cuts a file short and overwrites its pages: opening and reading it is an error or goes well,
// but never ends the process.
func TestDamagedFileIsNoCrash(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gateway.db")
	db := mustOpen(t, path)
	for i := range 60 {
		if _, err := db.PutIfAbsent(t.Context(), storetest.Record(wire.LaneMatters, fmt.Sprint("id-", i), strings.Repeat("x", 3000))); err != nil {
			t.Fatal(err)
		}
	}
	mustClose(t, db)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	const page = 4096
	for cut := 0; cut < len(whole); cut += len(whole) / 20 {
		damaged(t, whole[:cut], fmt.Sprintf("cut to %d", cut))
	}
	for at := 0; at < len(whole); at += page {
		bad := bytes.Clone(whole)
		clear(bad[at : at+page])
		damaged(t, bad, fmt.Sprintf("page %d cleared", at/page))
	}
	for _, both := range []byte{0, 0xff} {
		bad := bytes.Clone(whole)
		copy(bad, bytes.Repeat([]byte{both}, 2*page))
		if damaged(t, bad, "both meta pages gone") {
			t.Error("a file without a meta page was opened")
		}
	}
}

// damaged opens a store with the given bytes, and reports whether it did.
func damaged(t *testing.T, content []byte, what string) bool {
	t.Helper()
	path := filepath.Join(t.TempDir(), "gateway.db")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := Open(path, time.Second)
	if kept, readErr := os.ReadFile(path); readErr != nil || len(content) != 0 && err != nil && !bytes.Equal(kept, content) {
		t.Errorf("%s: the file was changed, or %v", what, readErr)
	}
	if err != nil {
		return false
	}
	defer mustClose(t, db)
	if _, err := db.List(t.Context(), wire.LaneMatters, 0, 100); err != nil {
		t.Logf("%s: %v", what, err)
	}
	for _, id := range []string{"id-0", "id-30", "id-59", "new"} {
		r := storetest.Record(wire.LaneMatters, id, strings.Repeat("x", 3000))
		if put, err := db.PutIfAbsent(t.Context(), r); err == nil && put.Again {
			if _, err := db.Get(t.Context(), r.Lane, id); err != nil {
				t.Logf("%s: %v", what, err)
			}
		}
	}
	return true
}

// TestFullStoreLosesNothing fills a store up to a limit: what can't be stored is an error, what was stored stays, and
// ids that are known are still acknowledged as soon as there is room again.
func TestFullStoreLosesNothing(t *testing.T) {
	path := filepath.Join(t.TempDir(), "gateway.db")
	mustClose(t, mustOpen(t, path))
	small, err := bbolt.Open(path, 0o600, &bbolt.Options{MaxSize: 256 << 10})
	if err != nil {
		t.Fatal(err)
	}
	db := start(small)
	var stored []store.Record
	for i := range 1000 {
		r := storetest.Record(wire.LaneMatters, strings.Repeat("x", i%50+1)+"-"+string(rune('a'+i%26))+string(rune('a'+i/26%26)), "x")
		r.Packet = bytes.Repeat([]byte{7}, 4000)
		if _, err = db.PutIfAbsent(t.Context(), r); err != nil {
			break
		}
		stored = append(stored, r)
	}
	if err == nil || errors.Is(err, store.ErrConflict) || len(stored) == 0 {
		t.Fatalf("after %d records: %v", len(stored), err)
	}
	mustClose(t, db)
	db = mustOpen(t, path)
	defer mustClose(t, db)
	for _, r := range stored {
		if put, err := db.PutIfAbsent(t.Context(), r); err != nil || !put.Again {
			t.Fatalf("put again: %+v, %v", put, err)
		}
	}
	if n, err := db.Count(t.Context(), wire.LaneMatters); err != nil || n != uint64(len(stored)) {
		t.Fatalf("count %d of %d, %v", n, len(stored), err)
	}
}

// TestKnownIDsAreCommittedToo holds what group.go relies on: answering "again" goes through a commit that writes and
// syncs, so that a record whose own commit failed halfway is not acknowledged from the page cache alone.
func TestKnownIDsAreCommittedToo(t *testing.T) {
	db := mustOpen(t, filepath.Join(t.TempDir(), "gateway.db"))
	defer mustClose(t, db)
	r := storetest.Record(wire.LaneMatters, "a", "x")
	if _, err := db.PutIfAbsent(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	stats := db.db.Stats()
	before := stats.TxStats.GetWrite()
	if _, err := db.PutIfAbsent(t.Context(), r); err != nil {
		t.Fatal(err)
	}
	stats = db.db.Stats()
	if stats.TxStats.GetWrite() == before {
		t.Fatal("nothing was written")
	}
}

func FuzzDecodeRecord(f *testing.F) {
	r := storetest.Record(wire.LaneMatters, "a", "x")
	digest, err := decodeDigest(r.Digest)
	if err != nil {
		f.Fatal(err)
	}
	good := encodeRecord(r, digest)
	f.Add(good)
	f.Add(good[:len(good)-1])
	f.Add(good[:50])
	f.Add([]byte{})
	f.Add(append(bytes.Clone(good[:41]), 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1))
	f.Fuzz(func(t *testing.T, p []byte) {
		r, err := decodeRecord(p)
		if err != nil {
			if !errors.Is(err, errDamaged) {
				t.Fatalf("kind of error: %v", err)
			}
			return
		}
		digest, err := decodeDigest(r.Digest)
		if err != nil {
			t.Fatal(err)
		}
		again, err := decodeRecord(encodeRecord(r, digest))
		if err != nil || again.ID != r.ID || !bytes.Equal(again.Packet, r.Packet) || !again.StoredAt.Equal(r.StoredAt) {
			t.Fatalf("%+v became %+v, %v", r, again, err)
		}
	})
}

func FuzzDecodeKnown(f *testing.F) {
	f.Add(make([]byte, knownSize))
	f.Add([]byte("short"))
	f.Fuzz(func(t *testing.T, p []byte) {
		k, err := decodeKnown(p)
		if err == nil && !bytes.Equal(k.encode(), p) {
			t.Fatalf("%x became %x", p, k.encode())
		}
	})
}

func FuzzDecodePost(f *testing.F) {
	good, err := encodePost(store.Post{Seq: 1, ID: "a", Terminal: "MX0427-1", Packet: []byte("packet"), Expires: time.Unix(1, 0)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:20])
	f.Add([]byte{})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1})
	f.Fuzz(func(t *testing.T, value []byte) {
		p, err := decodePost(value)
		if err != nil {
			return
		}
		text, err := encodePost(p)
		if err != nil {
			return // a time that JSON reads but doesn't write
		}
		if again, err := decodePost(text); err != nil || again.ID != p.ID || !bytes.Equal(again.Packet, p.Packet) {
			t.Fatalf("%+v became %+v, %v", p, again, err)
		}
	})
}

func mustOpen(t testing.TB, path string) *DB {
	t.Helper()
	db, err := Open(path, time.Second)
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func mustClose(t testing.TB, db *DB) {
	t.Helper()
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}
