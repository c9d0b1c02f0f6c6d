package outbox

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"zhizhu/offline/seal"
	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

func TestLodgeSealsAndNumbers(t *testing.T) {
	s := newStation(t)
	l := s.lodge(t, matter(1))
	if l.Number != FormatNumber("MX0427-1", "20261123", 1) || !l.At.Equal(noon) || l.At.Hour() != 20 {
		t.Fatalf("%+v", l)
	}
	w := s.pending(t, wire.LaneMatters)[0]
	b, plain, err := seal.OpenPacket(s.seal, w.Packet)
	want := seal.Binding{ID: l.ID, Terminal: "MX0427-1", Item: "soc-qualify", Version: "3fa1b2c3d4e5"}
	if err != nil || b != want || w.ID != l.ID || w.Damaged || w.Digest != seal.Digest(w.Packet) {
		t.Fatalf("%v, %+v, %+v", err, b, w)
	}
	var m wire.Matter
	if err := json.Unmarshal(plain, &m); err != nil {
		t.Fatal(err)
	}
	if m.ID != l.ID || m.Number != l.Number || m.Terminal != "MX0427-1" || m.Station != "MX0427" || m.Channel != "self-service" ||
		m.ClockTrust != "unknown" || !m.LodgedAt.Equal(l.At) || *m.Applicant != *persona(1) {
		t.Fatalf("%+v", m)
	}
}

func TestNumbersNeverRepeat(t *testing.T) {
	s := newStation(t)
	seen := map[string]bool{}
	lodge := func(wantSerial uint64, wantDate string) {
		t.Helper()
		l := s.lodge(t, matter(1))
		n, err := ParseNumber(l.Number)
		if err != nil || seen[l.Number] || n.Serial != wantSerial || n.Date != wantDate {
			t.Fatalf("%s: %v, want serial %d of %s, seen %v", l.Number, err, wantSerial, wantDate, seen[l.Number])
		}
		seen[l.Number] = true
	}
	lodge(1, "20261123")
	lodge(2, "20261123")
	s.clock = noon.Add(4 * time.Hour) // midnight in China
	lodge(1, "20261124")
	s.clock = noon // the clock is set back
	lodge(3, "20261123")
	s.reopen(t)
	lodge(4, "20261123")
	// The data file is damaged on the same day: the new one must not start at 1 again.
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.path, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	s.open(t)
	if s.opened.Renamed == "" {
		t.Fatalf("%+v", s.opened)
	}
	lodge(serialsPerGeneration+1, "20261123")
}

func TestFindByPersonAndNumber(t *testing.T) {
	s := newStation(t)
	first, other := s.lodge(t, matter(1)), s.lodge(t, matter(2))
	s.clock = noon.Add(-time.Hour) // the newest is the last lodged, whatever the clock says
	second := s.lodge(t, matter(1))
	nameless := matter(3)
	nameless.Applicant = nil
	fourth := s.lodge(t, nameless)
	check := func(idNumber, number string, want ...Lodged) {
		t.Helper()
		got, err := s.Find(t.Context(), idNumber, number)
		if err != nil || len(got) != len(want) {
			t.Fatalf("%d found, %v, want %d", len(got), err, len(want))
		}
		for i, r := range got {
			if r.ID != want[i].ID || r.Number != want[i].Number || !r.At.Equal(want[i].At) || r.ItemName != matter(0).ItemName || !r.Accepted {
				t.Errorf("%d: %+v, want %+v", i, r, want[i])
			}
		}
	}
	for range 2 {
		check(persona(1).IDNumber, "", second, first)
		check(" "+strings.ToLower(persona(1).IDNumber), "", second, first)
		check("", strings.ToLower(other.Number)+" ", other)
		check("", fourth.Number, fourth)
		check(persona(9).IDNumber, "")
		check("", "no number")
		check("", "")
		s.reopen(t)
	}
}

func TestLifeOfARecord(t *testing.T) {
	s := newStation(t)
	l := s.lodge(t, matter(1))
	record := func() Record {
		t.Helper()
		all, err := s.Find(t.Context(), "", l.Number)
		if err != nil || len(all) != 1 {
			t.Fatalf("%v, %d found", err, len(all))
		}
		return all[0]
	}
	if c := s.Counts(); c != (Counts{Queued: 1, Oldest: noon}) && !c.Oldest.Equal(noon) {
		t.Fatalf("%+v", c)
	}
	if r := record(); r.Printed || r.Rated || r.State != Queued {
		t.Fatalf("%+v", r)
	}
	for range 2 {
		if err := s.MarkPrinted(t.Context(), l.Number); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.MarkPrinted(t.Context(), "MX0427-1-20261123-0099-0"); !errors.Is(err, ErrUnknown) {
		t.Fatalf("unknown number: %v", err)
	}
	if err := s.PutRating(t.Context(), wire.Rating{Matter: l.ID, Number: l.Number, Item: "soc-qualify", Level: 4}); err != nil {
		t.Fatal(err)
	}
	// A rating is never asked twice.
	if err := s.PutRating(t.Context(), wire.Rating{Matter: l.ID, Item: "soc-qualify", Level: 1}); !errors.Is(err, ErrRated) {
		t.Fatalf("second rating: %v", err)
	}
	if c := s.Counts(); c.Queued != 1 || c.Ratings != 1 {
		t.Fatalf("%+v", c)
	}
	packet := s.pending(t, wire.LaneMatters)[0].Packet
	s.acknowledge(t, s.pending(t, wire.LaneMatters)[0])
	s.reopen(t)
	if r := record(); !r.Printed || !r.Rated || r.State != Acknowledged {
		t.Fatalf("%+v", r)
	}
	// A reprint after the acknowledgement, and a rating too late for a second one.
	if err := s.MarkPrinted(t.Context(), l.Number); err != nil {
		t.Fatal(err)
	}
	if err := s.PutRating(t.Context(), wire.Rating{Matter: l.ID, Item: "soc-qualify", Level: 1}); !errors.Is(err, ErrRated) {
		t.Fatalf("second rating: %v", err)
	}
	s.acknowledge(t, s.pending(t, wire.LaneRatings)[0])
	if c := s.Counts(); c != (Counts{Acknowledged: 1}) {
		t.Fatalf("%+v", c)
	}
	var kept bool
	err := s.store.View(t.Context(), func(tx *store.Tx) error {
		for _, v := range tx.Scan(entryTable, nil) {
			kept = kept || bytes.Contains(v, packet[len(packet)-32:])
		}
		return nil
	})
	if err != nil || kept {
		t.Fatalf("%v, packet kept after its acknowledgement: %v", err, kept)
	}
}

func TestOnlyTheGatewaysSignatureCounts(t *testing.T) {
	s := newStation(t)
	s.lodge(t, matter(1))
	s.lodge(t, matter(2))
	all := s.pending(t, wire.LaneMatters)
	w, other := all[0], all[1]
	ack, sig := s.signed(t, w.ID, w.Digest)
	forged, err := seal.Sign(rand.Reader, s.seal, ack.Signed())
	if err != nil {
		t.Fatal(err)
	}
	later := ack
	later.StoredAt = later.StoredAt.Add(time.Second)
	otherAck, otherSig := s.signed(t, w.ID, other.Digest)
	for name, try := range map[string]struct {
		ack wire.Ack
		sig []byte
	}{
		"no signature":         {ack, nil},
		"another key":          {ack, forged},
		"altered":              {later, sig},
		"digest of another":    {otherAck, otherSig},
		"empty":                {wire.Ack{}, sig},
		"signature of another": {ack, otherSig},
	} {
		if err := s.Acknowledge(t.Context(), w.ID, try.ack, try.sig); !errors.Is(err, ErrAck) {
			t.Errorf("%s: %v, want ErrAck", name, err)
		}
	}
	if err := s.Acknowledge(t.Context(), other.ID, ack, sig); !errors.Is(err, ErrAck) {
		t.Errorf("for another record: %v, want ErrAck", err)
	}
	stranger := "0192f3c1-7d4e-7a55-8c11-3f2b9d10aa01"
	strange, strangeSig := s.signed(t, stranger, w.Digest)
	if err := s.Acknowledge(t.Context(), stranger, strange, strangeSig); !errors.Is(err, ErrUnknown) {
		t.Errorf("unknown record: %v, want ErrUnknown", err)
	}
	if c := s.Counts(); c.Queued != 2 || c.Acknowledged != 0 {
		t.Fatalf("%+v", c)
	}
	ack.Again = true // not part of the signature
	for range 2 {
		if err := s.Acknowledge(t.Context(), w.ID, ack, sig); err != nil {
			t.Fatal(err)
		}
	}
	if c := s.Counts(); c.Queued != 1 || c.Acknowledged != 1 {
		t.Fatalf("%+v", c)
	}
}

func TestQuarantineKeepsThePacketAndFreesTheQueue(t *testing.T) {
	s := newStation(t)
	bad := s.lodge(t, matter(1))
	good := s.lodge(t, matter(2))
	w := s.pending(t, wire.LaneMatters)[0]
	for range 2 {
		if err := s.Quarantine(t.Context(), bad.ID, "409 id-conflict"); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if p := s.pending(t, wire.LaneMatters); len(p) != 1 || p[0].ID != good.ID {
			t.Fatalf("%d pending", len(p))
		}
		if c := s.Counts(); c.Queued != 1 || c.Quarantined != 1 {
			t.Fatalf("%+v", c)
		}
		if r, err := s.Find(t.Context(), "", bad.Number); err != nil || len(r) != 1 || r[0].State != Quarantined || r[0].Reason != "409 id-conflict" {
			t.Fatalf("%v, %+v", err, r)
		}
		s.reopen(t)
	}
	if err := s.MarkPrinted(t.Context(), bad.Number); err != nil {
		t.Fatal(err)
	}
	// The gateway may still come round.
	s.acknowledge(t, w)
	if c := s.Counts(); c.Queued != 1 || c.Quarantined != 0 || c.Acknowledged != 1 {
		t.Fatalf("%+v", c)
	}
	if err := s.Quarantine(t.Context(), "0192f3c1-7d4e-7a55-8c11-3f2b9d10aa01", ""); !errors.Is(err, ErrUnknown) {
		t.Fatalf("%v, want ErrUnknown", err)
	}
}

func TestPendingSkipsAndLimits(t *testing.T) {
	s := newStation(t)
	var ids []string
	for i := range 10 {
		ids = append(ids, s.lodge(t, matter(i)).ID)
	}
	got, err := s.Pending(t.Context(), wire.LaneMatters, 3, func(id string) bool { return id == ids[1] })
	if err != nil || len(got) != 3 || got[0].ID != ids[0] || got[1].ID != ids[2] || got[2].ID != ids[3] {
		t.Fatalf("%v, %d", err, len(got))
	}
	if _, err := s.Pending(t.Context(), "no lane", 1, nil); err == nil {
		t.Fatal("a lane that doesn't exist is no error")
	}
}

// A byte of a packet that the disk changed is found before it is sent, and is set aside with what is left of it.
func TestPacketDamagedOnDisk(t *testing.T) {
	for name, at := range map[string]func(v []byte) int{
		"packet": func(v []byte) int { return len(v) - 5 },
		"entry":  func([]byte) int { return 7 },
		"length": func([]byte) int { return 0 },
	} {
		t.Run(name, func(t *testing.T) {
			s := newStation(t)
			l := s.lodge(t, matter(1))
			s.lodge(t, matter(2))
			err := s.store.Update(t.Context(), func(tx *store.Tx) error {
				table, key := place(Queued, wire.LaneMatters, 1)
				v := bytes.Clone(tx.Get(table, key))
				v[at(v)] ^= 0x40
				return tx.Put(table, key, v)
			})
			if err != nil {
				t.Fatal(err)
			}
			all := s.pending(t, wire.LaneMatters)
			if len(all) != 2 || !all[0].Damaged || all[1].Damaged {
				t.Fatalf("%d pending, damage not found", len(all))
			}
			if err := s.Quarantine(t.Context(), l.ID, "damaged on disk"); err != nil {
				t.Fatal(err)
			}
			if c := s.Counts(); c.Queued != 1 || c.Quarantined != 1 {
				t.Fatalf("%+v", c)
			}
			s.reopen(t) // it can still be opened and counted
			if c := s.Counts(); c.Queued != 1 || c.Quarantined != 1 {
				t.Fatalf("after restart: %+v", c)
			}
		})
	}
}

func TestNoRoomRefusesNewMattersOnly(t *testing.T) {
	full := &faulty{}
	s := newStation(t, full.wrap)
	s.lodge(t, matter(1))
	full.room = store.ErrFull
	if _, err := s.Lodge(t.Context(), matter(2)); !errors.Is(err, ErrDiskFull) {
		t.Fatalf("%v, want ErrDiskFull", err)
	}
	if err := s.PutRating(t.Context(), wire.Rating{Item: "x"}); !errors.Is(err, ErrDiskFull) {
		t.Fatalf("%v, want ErrDiskFull", err)
	}
	s.acknowledge(t, s.pending(t, wire.LaneMatters)[0])
}

func TestBindingThatIsNotPossibleTakesNothingIn(t *testing.T) {
	s := newStation(t)
	m := matter(1)
	m.Item = strings.Repeat("x", 80)
	if _, err := s.Lodge(t.Context(), m); !errors.Is(err, ErrStore) {
		t.Fatalf("%v, want ErrStore", err)
	}
	if c := s.Counts(); c != (Counts{}) {
		t.Fatalf("%+v", c)
	}
	// Its number was not used up.
	if l := s.lodge(t, matter(1)); l.Number != FormatNumber("MX0427-1", "20261123", 1) {
		t.Fatalf("%s", l.Number)
	}
}

// Nothing of a resident lies on the disk in clear: not in the queue, not in the records, not in the index.
func TestNothingReadableOnDisk(t *testing.T) {
	s := newStation(t)
	for i := range 5 {
		l := s.lodge(t, matter(i))
		if err := s.MarkPrinted(t.Context(), l.Number); err != nil {
			t.Fatal(err)
		}
	}
	s.acknowledge(t, s.pending(t, wire.LaneMatters)[0])
	content, err := os.ReadFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	p := persona(1)
	for _, secret := range []string{p.Name, p.IDNumber, p.IDNumber[6:14], p.Address, "13800138000", "138 0013", matter(0).ItemName} {
		if bytes.Contains(content, []byte(secret)) {
			t.Errorf("%q lies on the disk", secret)
		}
	}
}

func TestIDsReadBack(t *testing.T) {
	seen := map[id]bool{}
	for range 1000 {
		u, err := newID(rand.Reader, noon)
		back, err2 := parseID(u.String())
		if err != nil || err2 != nil || back != u || seen[u] || u[6]>>4 != 7 || u[8]>>6 != 2 {
			t.Fatalf("%v %v %s", err, err2, u)
		}
		seen[u] = true
	}
	for _, s := range []string{"", "x", strings.Repeat("0", 36), "0192f3c1-7d4e-7a55-8c11-3f2b9d10aa0g"} {
		if _, err := parseID(s); err == nil {
			t.Errorf("%q is an id", s)
		}
	}
}

func FuzzDecodeEntry(f *testing.F) {
	e := entry{ID: id{1}, Lane: wire.LaneMatters, Sequence: 7, At: noon, Digest: seal.Digest(nil), Person: []byte{1}, Record: []byte{2}}
	good, err := e.encode([]byte("packet"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add(good[:9])
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0})
	f.Add([]byte(fmt.Sprintf("\x00\x00\x00\x02%s", "{}")))
	f.Fuzz(func(t *testing.T, v []byte) {
		e, packet, err := decodeEntry(v)
		if err != nil {
			return
		}
		again, err := e.encode(packet)
		if err != nil {
			return // a year that JSON reads but does not write
		}
		e2, packet2, err := decodeEntry(again)
		if err != nil || e2.ID != e.ID || e2.Sequence != e.Sequence || !bytes.Equal(packet, packet2) {
			t.Fatalf("%v: %+v became %+v", err, e, e2)
		}
	})
}

func FuzzDecodeTomb(f *testing.F) {
	e := entry{ID: id{1}, Lane: LaneFeedback, Sequence: 7, Digest: seal.Digest(nil), Rated: true, StoredAt: noon, Receipt: []byte{0x30, 1}}
	long, err := tombOf(&e)
	if err != nil {
		f.Fatal(err)
	}
	for _, t := range []tomb{long, {lane: LaneBlobs, pointer: true, sequence: 1 << 40}} {
		v, err := t.encode()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(v)
		f.Add(v[:len(v)-1])
	}
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, v []byte) {
		row, err := decodeTomb(v)
		if err != nil {
			return
		}
		if again, err := row.encode(); err != nil || !bytes.Equal(again, v) {
			t.Fatalf("%v: %x became %x", err, v, again)
		}
	})
}
