package outbox

import (
	"compress/gzip"
	"encoding/json"
	"io"
	"os"
	"path/filepath"
	"testing"

	"zhizhu/offline/seal"
	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

// firstVersion is an outbox on a file that the program's first version wrote (testdata/v1): six matters of four persons,
// the first, second and sixth acknowledged, the fourth quarantined, the second and third printed and rated, the second's
// rating acknowledged.
func firstVersion(t *testing.T) (*station, []Lodged) {
	t.Helper()
	s := &station{path: filepath.Join(t.TempDir(), "zhizhu.db"), clock: noon}
	in, err := os.Open("testdata/v1/zhizhu.db.gz")
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	z, err := gzip.NewReader(in)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.path, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	for name, k := range map[string]**seal.PrivateKey{"seal.key": &s.seal, "ack.key": &s.ack} {
		text, err := os.ReadFile(filepath.Join("testdata/v1", name))
		if err != nil {
			t.Fatal(err)
		}
		if *k, err = seal.ParsePrivateKey(text); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile("testdata/v1/lodged.json")
	if err != nil {
		t.Fatal(err)
	}
	var lodged []Lodged
	if err := json.Unmarshal(text, &lodged); err != nil {
		t.Fatal(err)
	}
	s.open(t, func(o *Options) { o.ClockTrust = func() string { return "synced" } })
	return s, lodged
}

// A file of the first version opens, all of it is there, and goes on from where it was.
func TestFileOfTheFirstVersion(t *testing.T) {
	s, l := firstVersion(t)
	states := []State{Acknowledged, Acknowledged, Queued, Quarantined, Queued, Acknowledged}
	check := func() {
		t.Helper()
		for i, want := range states {
			r, err := s.Find(t.Context(), "", l[i].Number)
			if err != nil || len(r) != 1 || r[0].ID != l[i].ID || r[0].State != want || r[0].Sent != (want == Acknowledged) ||
				r[0].Printed != (i == 1 || i == 2) || r[0].Rated != (i == 1 || i == 2) {
				t.Fatalf("matter %d: %v, %+v, want %s", i, err, r, want)
			}
		}
		if r, err := s.Find(t.Context(), persona(1).IDNumber, ""); err != nil || len(r) != 2 || r[0].ID != l[5].ID || r[1].ID != l[1].ID {
			t.Fatalf("%v, %+v", err, r)
		}
		if c := s.Counts(); c.Queued != 2 || c.Ratings != 1 || c.Acknowledged != 3 || c.Quarantined != 1 {
			t.Fatalf("%+v", c)
		}
	}
	for range 2 {
		check()
		s.reopen(t, func(o *Options) { o.ClockTrust = func() string { return "synced" } })
	}
	for _, w := range append(s.pending(t, LaneMatters), s.pending(t, LaneRatings)...) {
		if _, _, err := seal.OpenPacket(s.seal, w.Packet); err != nil || w.Damaged {
			t.Fatalf("%v, damaged %v", err, w.Damaged)
		}
		s.acknowledge(t, w)
	}
	if n, err := s.Sweep(t.Context(), noon.Add(1e12), 0); err != nil || n != 5 {
		t.Fatalf("%v, %d swept, want 5", err, n)
	}
	if r, err := s.Find(t.Context(), persona(1).IDNumber, ""); err != nil || len(r) != 0 {
		t.Fatalf("%v, %+v found after the sweep", err, r)
	}
	if next := s.lodge(t, matter(1)); next.Number != FormatNumber("MX0427-1", "20261123", 7) {
		t.Fatalf("%s", next.Number)
	}
}

// The first version is put back for a while and acknowledges, which writes entries without look-up rows: they are found
// again afterwards, and a rating that it acknowledged is counted once.
func TestFirstVersionInBetween(t *testing.T) {
	s := newStation(t)
	l := s.lodge(t, matter(1))
	if err := s.PutRating(t.Context(), wire.Rating{Matter: l.ID, Item: "soc-qualify", Level: 5}); err != nil {
		t.Fatal(err)
	}
	s.acknowledge(t, s.pending(t, LaneRatings)[0])
	other := s.lodge(t, matter(2))
	if err := s.PutRating(t.Context(), wire.Rating{Matter: other.ID, Item: "soc-qualify", Level: 1}); err != nil {
		t.Fatal(err)
	}
	err := s.store.Update(t.Context(), func(tx *store.Tx) error {
		for _, key := range keys(tx, queueTable, nil) {
			e, _, err := decodeEntry(tx.Get(queueTable, key))
			if err != nil {
				return err
			}
			e.StoredAt, e.Receipt = noon, []byte("signature")
			value, err := e.encode(nil)
			if err != nil {
				return err
			}
			if err := tx.Put(entryTable, sequenceKey(e.Sequence), value); err != nil {
				return err
			}
			if err := tx.Delete(queueTable, key); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		s.reopen(t)
		for person, want := range map[int]string{1: l.ID, 2: other.ID} {
			r, err := s.Find(t.Context(), persona(person).IDNumber, "")
			if err != nil || len(r) != 1 || r[0].ID != want || r[0].State != Acknowledged {
				t.Fatalf("%v, %+v, want %s", err, r, want)
			}
		}
		if c := s.Counts(); c != (Counts{Acknowledged: 2}) {
			t.Fatalf("%+v", c)
		}
	}
}
