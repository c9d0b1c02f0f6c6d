package outbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"testing"
	"testing/iotest"

	"zhizhu/offline/seal"
	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

func (s *station) lodgeWith(t testing.TB, m wire.Matter, files ...File) Lodged {
	t.Helper()
	l, err := s.LodgeWith(t.Context(), m, files)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (s *station) blobs(t testing.TB) []Blob {
	t.Helper()
	all, err := s.PendingBlobs(t.Context(), 1<<20, nil)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// carried reads a packet as sync does, in pieces.
func (s *station) carried(t testing.TB, b Blob, piece int) []byte {
	t.Helper()
	var packet []byte
	for {
		part, err := s.BlobPart(t.Context(), b.Digest, int64(len(packet)), piece)
		if err != nil {
			t.Fatal(err)
		}
		if len(part) == 0 {
			return packet
		}
		packet = append(packet, part...)
	}
}

func (s *station) settleBlob(t testing.TB, b Blob) {
	t.Helper()
	ack, sig := s.signed(t, b.Digest, b.Digest)
	p, err := s.Verify(b.Digest, b.Digest, ack, sig)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.SettleBlob(t.Context(), p); err != nil {
		t.Fatal(err)
	}
}

func (s *station) record(t testing.TB, number string) Record {
	t.Helper()
	all, err := s.Find(t.Context(), "", number)
	if err != nil || len(all) != 1 {
		t.Fatalf("%v, %d found", err, len(all))
	}
	return all[0]
}

// rows counts what lies in a table.
func (s *station) rows(t testing.TB, table store.Table) int {
	t.Helper()
	n := 0
	err := s.store.View(t.Context(), func(tx *store.Tx) error {
		n = len(keys(tx, table, nil))
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// Each file arrives at the gateway as it was lodged, bound to its matter and its place in it; the matter names the packets.
func TestLodgeWithSealsEachFile(t *testing.T) {
	s := newStation(t)
	s.lodge(t, matter(2)) // which has none of it
	files := []File{file(1), file(partSize), file(MaxFile), file(3*partSize + 7)}
	l := s.lodgeWith(t, matter(1), files...)
	_, plain, err := seal.OpenPacket(s.seal, s.pending(t, LaneMatters)[1].Packet)
	if err != nil {
		t.Fatal(err)
	}
	var m wire.Matter
	if err := json.Unmarshal(plain, &m); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		blobs := s.blobs(t)
		if len(blobs) != len(files) || len(m.Attachments) != len(files) {
			t.Fatalf("%d blobs, %d attachments", len(blobs), len(m.Attachments))
		}
		for i, b := range blobs {
			f := files[i]
			if want := (wire.Attachment{Material: f.Material, Name: f.Name, Media: f.Media, Blob: b.Digest, Size: b.Size}); m.Attachments[i] != want {
				t.Errorf("%+v, want %+v", m.Attachments[i], want)
			}
			packet := s.carried(t, b, 64<<10-1)
			bound, data, err := seal.OpenPacket(s.seal, packet)
			want := seal.Binding{ID: fmt.Sprintf("%s_%d", l.ID, i), Terminal: "MX0427-1", Item: "soc-qualify", Version: "3fa1b2c3d4e5"}
			if err != nil || bound != want || !bytes.Equal(data, f.Data) || b.Matter != l.ID || b.Damaged || seal.Digest(packet) != b.Digest {
				t.Errorf("file %d: %v, %+v", i, err, bound)
			}
		}
		s.reopen(t)
	}
}

// A matter may be signed for before its attachments; they leave the disk one by one, each with its own signature.
func TestAttachmentsAreSettledOneByOne(t *testing.T) {
	s := newStation(t)
	l := s.lodgeWith(t, matter(1), file(100), file(2*partSize))
	s.acknowledge(t, s.pending(t, LaneMatters)[0])
	if r := s.record(t, l.Number); r.State != Acknowledged || r.Blobs != 2 {
		t.Fatalf("%+v", r)
	}
	all := s.blobs(t)
	if one, err := s.PendingBlobs(t.Context(), 1, func(d string) bool { return d == all[0].Digest }); err != nil || len(one) != 1 || one[0] != all[1] {
		t.Fatalf("%v, %+v", err, one)
	}
	ack, sig := s.signed(t, all[0].Digest, all[0].Digest)
	if _, err := s.Verify(all[1].Digest, all[1].Digest, ack, sig); !errors.Is(err, ErrAck) {
		t.Fatalf("signature of another: %v", err)
	}
	if _, err := s.Verify(all[0].Digest, all[1].Digest, ack, sig); !errors.Is(err, ErrAck) {
		t.Fatalf("digest of another: %v", err)
	}
	for i, b := range all {
		s.settleBlob(t, b)
		s.settleBlob(t, b)
		if _, err := s.BlobPart(t.Context(), b.Digest, 0, 1); !errors.Is(err, ErrUnknown) {
			t.Fatalf("%v, want ErrUnknown", err)
		}
		if r := s.record(t, l.Number); r.Blobs != len(all)-1-i {
			t.Fatalf("%+v", r)
		}
		s.reopen(t)
	}
	if c := s.Counts(); c != (Counts{Acknowledged: 1}) || s.rows(t, blobTable) != 0 {
		t.Fatalf("%+v, %d rows", c, s.rows(t, blobTable))
	}
}

func TestFilesThatCannotBeTaken(t *testing.T) {
	s := newStation(t)
	many := make([]File, MaxCount+1)
	for i := range many {
		many[i] = file(1)
	}
	for name, try := range map[string]struct {
		files []File
		want  error
	}{
		"too large": {[]File{file(MaxFile + 1)}, ErrTooLarge},
		"together":  {[]File{file(MaxFile), file(MaxFile), file(MaxFile), file(MaxFile), file(1)}, ErrTooLarge},
		"too many":  {many, ErrTooLarge},
		"empty":     {[]File{file(1), {}}, ErrEmpty},
	} {
		if _, err := s.LodgeWith(t.Context(), matter(1), try.files); !errors.Is(err, try.want) {
			t.Errorf("%s: %v, want %v", name, err, try.want)
		}
	}
	if c := s.Counts(); c != (Counts{}) {
		t.Fatalf("%+v", c)
	}
	if l := s.lodgeWith(t, matter(1), file(MaxFile), file(MaxFile), file(MaxFile), file(MaxFile)); l.Number != FormatNumber("MX0427-1", "20261123", 1) {
		t.Fatalf("%s", l.Number)
	}
}

// Attachments are refused while matters still have room, by the disk and by how many wait already; a disk that can't be
// asked takes nothing.
func TestAttachmentsGiveWayToMatters(t *testing.T) {
	free, broken := int64(blobReserve+2*1000), error(nil)
	s := newStation(t, func(o *Options) {
		o.Free = func() (int64, error) { return free, broken }
		o.MaxBlobs = 3000
	})
	s.lodgeWith(t, matter(1), file(1000))
	refused := func(why string) {
		t.Helper()
		if _, err := s.LodgeWith(t.Context(), matter(1), []File{file(1000)}); !errors.Is(err, ErrAttachmentRoom) || !errors.Is(err, ErrDiskFull) || errors.Is(err, ErrStore) {
			t.Fatalf("%s: %v, want ErrAttachmentRoom and ErrDiskFull", why, err)
		}
		s.lodge(t, matter(1))
	}
	free--
	refused("disk is short")
	free++
	s.lodgeWith(t, matter(1), file(1000))
	refused("too many wait")
	s.settleBlob(t, s.blobs(t)[0])
	broken = iotest.ErrTimeout
	if _, err := s.LodgeWith(t.Context(), matter(1), []File{file(1)}); !errors.Is(err, ErrStore) {
		t.Fatalf("%v, want ErrStore", err)
	}
	broken = nil
	s.lodgeWith(t, matter(1), file(1000))
	if c := s.Counts(); c.Queued != 5 || c.Blobs != 2 {
		t.Fatalf("%+v", c)
	}
}

// The file's greatest size is reached by an attachment: nothing of the matter is taken in, and it goes without.
func TestAttachmentThatFillsTheFile(t *testing.T) {
	s := &station{path: t.TempDir() + "/zhizhu.db", seal: key(t), ack: key(t), clock: noon, maxSize: 8 << 20}
	s.open(t)
	var full error
	for range 8 {
		if _, full = s.LodgeWith(t.Context(), matter(1), []File{file(MaxFile)}); full != nil {
			break
		}
	}
	if !errors.Is(full, ErrDiskFull) {
		t.Fatalf("%v, want ErrDiskFull", full)
	}
	before := s.Counts()
	if before.Blobs == 0 || before.Blobs != before.Queued {
		t.Fatalf("%+v", before)
	}
	for _, b := range s.blobs(t) {
		s.settleBlob(t, b)
	}
	s.lodge(t, matter(2))
}

// A byte of an attachment that the disk changed, or a part that it lost, is found before it is sent and named; the others
// go on, and what is left is kept for staff.
func TestAttachmentDamagedOnDisk(t *testing.T) {
	part := func(change func(tx *store.Tx, key []byte) error) func(tx *store.Tx) error {
		return func(tx *store.Tx) error { return change(tx, partKey(2, 1)) }
	}
	for name, harm := range map[string]func(tx *store.Tx) error{
		"byte": part(func(tx *store.Tx, key []byte) error {
			v := bytes.Clone(tx.Get(blobTable, key))
			v[77] ^= 2
			return tx.Put(blobTable, key, v)
		}),
		"part lost": part(func(tx *store.Tx, key []byte) error { return tx.Delete(blobTable, key) }),
		"part cut":  part(func(tx *store.Tx, key []byte) error { return tx.Put(blobTable, key, tx.Get(blobTable, key)[:5]) }),
	} {
		t.Run(name, func(t *testing.T) {
			s := newStation(t)
			l := s.lodgeWith(t, matter(1), file(3*partSize), file(10))
			if err := s.store.Update(t.Context(), harm); err != nil {
				t.Fatal(err)
			}
			all := s.blobs(t)
			if len(all) != 2 || !all[0].Damaged || all[1].Damaged {
				t.Fatalf("%+v", all)
			}
			if _, err := s.BlobPart(t.Context(), all[0].Digest, partSize, 6); name != "byte" && !errors.Is(err, ErrDamaged) {
				t.Fatalf("%v, want ErrDamaged", err)
			}
			if err := s.Quarantine(t.Context(), all[0].Digest, "damaged on disk"); err != nil {
				t.Fatal(err)
			}
			if err := s.Requeue(t.Context(), all[0].Digest); !errors.Is(err, ErrDamaged) {
				t.Fatalf("%v, want ErrDamaged", err)
			}
			s.settleBlob(t, all[1])
			s.acknowledge(t, s.pending(t, LaneMatters)[0])
			for range 2 {
				if c := s.Counts(); c.Quarantined != 1 || c.Blobs != 0 || c.Queued != 0 {
					t.Fatalf("%+v", c)
				}
				if r := s.record(t, l.Number); r.Blobs != 1 {
					t.Fatalf("%+v", r)
				}
				s.reopen(t)
			}
		})
	}
}

// The entry of an attachment is damaged while the program runs: it is quarantined with what memory knows, sent again
// since its packet is whole, and settled.
func TestAttachmentWhoseEntryIsDamaged(t *testing.T) {
	s := newStation(t)
	l := s.lodgeWith(t, matter(1), file(3*partSize))
	b := s.blobs(t)[0]
	err := s.store.Update(t.Context(), func(tx *store.Tx) error {
		_, key := place(Queued, LaneBlobs, 2)
		return tx.Put(queueTable, key, []byte("damaged"))
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Quarantine(t.Context(), b.Digest, "damaged"); err != nil {
		t.Fatal(err)
	}
	s.reopen(t)
	if err := s.Requeue(t.Context(), b.Digest); err != nil {
		t.Fatal(err)
	}
	if again := s.blobs(t); len(again) != 1 || again[0] != b {
		t.Fatalf("%+v, want %+v", again, b)
	}
	s.settleBlob(t, b)
	if r := s.record(t, l.Number); r.Blobs != 0 || s.rows(t, blobTable) != 0 {
		t.Fatalf("%+v", r)
	}
}

func TestBlobPartOutOfBounds(t *testing.T) {
	s := newStation(t)
	s.lodgeWith(t, matter(1), file(10))
	b := s.blobs(t)[0]
	for _, try := range []struct {
		digest string
		offset int64
		n      int
	}{{b.Digest, -1, 1}, {b.Digest, b.Size + 1, 1}, {b.Digest, 0, -1}, {"x", 0, 1}, {seal.Digest(nil), 0, 1}, {b.Digest[:63] + "G", 0, 1}} {
		if p, err := s.BlobPart(t.Context(), try.digest, try.offset, try.n); err == nil {
			t.Errorf("%+v: %d bytes", try, len(p))
		}
	}
	if p, err := s.BlobPart(t.Context(), b.Digest, b.Size, 9); err != nil || len(p) != 0 {
		t.Fatalf("%v, %d bytes at the end", err, len(p))
	}
}

// Nothing of an attachment, nor of why a matter was refused, lies on the disk in clear.
func TestNoAttachmentReadableOnDisk(t *testing.T) {
	s := newStation(t)
	f := File{Material: "household", Name: "测试甲的户口簿", Media: "image/jpeg", Data: bytes.Repeat([]byte("户主测试甲，测试村七号。"), 5000)}
	l := s.lodgeWith(t, matter(1), f)
	if err := s.Conclude(t.Context(), l.ID, Refused, "测试甲的户口簿不清楚"); err != nil {
		t.Fatal(err)
	}
	content, err := os.ReadFile(s.path)
	if err != nil {
		t.Fatal(err)
	}
	for _, secret := range []string{f.Name, "户主", "测试村", "不清楚"} {
		if bytes.Contains(content, []byte(secret)) {
			t.Errorf("%q lies on the disk", secret)
		}
	}
}
