package outbox

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"testing"
	"time"

	"zhizhu/offline/seal"
	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

func TestMain(m *testing.M) {
	if handled, exit := store.RunChild(os.Args); handled {
		os.Exit(exit)
	}
	if handled, exit := runLodger(os.Args); handled {
		os.Exit(exit)
	}
	os.Exit(m.Run())
}

// station is an outbox on a real file, with the gateway's keys at hand.
type station struct {
	*Outbox
	store     *store.Store
	opened    store.Opened
	path      string
	seal, ack *seal.PrivateKey
	clock     time.Time
	maxSize   int64 // of the data file
	options   Options
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC) // 20:00 in China

func newStation(t testing.TB, change ...func(*Options)) *station {
	t.Helper()
	return newStationIn(t, t.TempDir(), change...)
}

func newStationIn(t testing.TB, dir string, change ...func(*Options)) *station {
	t.Helper()
	s := &station{path: filepath.Join(dir, "zhizhu.db"), seal: key(t), ack: key(t), clock: noon}
	s.open(t, change...)
	return s
}

// memory returns a folder where a sync costs nothing, for tests that make thousands of commits and cut none of them.
func memory(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("/dev/shm", "outbox") //nolint:usetesting // t.TempDir is on a disk
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

func (s *station) open(t testing.TB, change ...func(*Options)) {
	t.Helper()
	var err error
	s.store, s.opened, err = store.Open(t.Context(), store.Options{
		Path: s.path, Schema: store.Schema{Tables: Tables()}, Now: func() time.Time { return s.clock }, Log: slog.New(slog.DiscardHandler),
		MaxSize: s.maxSize,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.store.Close() })
	box, err := seal.NewBox(bytes.Repeat([]byte{3}, seal.StationKeySize))
	if err != nil {
		t.Fatal(err)
	}
	o := Options{
		Store: s.store, Generation: s.opened.Generation, Terminal: "MX0427-1", Station: "MX0427",
		SealKey: s.seal.Public(), AckKey: s.ack.Public(), Box: box,
		Now: func() time.Time { return s.clock }, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
	}
	for _, c := range change {
		c(&o)
	}
	s.options = o
	if s.Outbox, err = New(t.Context(), o); err != nil {
		t.Fatal(err)
	}
}

func (s *station) reopen(t testing.TB, change ...func(*Options)) {
	t.Helper()
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	s.open(t, change...)
}

// signed is the gateway's acknowledgement of a record.
func (s *station) signed(t testing.TB, id, digest string) (wire.Ack, []byte) {
	t.Helper()
	ack := wire.Ack{ID: id, Digest: digest, StoredAt: noon.Add(time.Minute)}
	sig, err := seal.Sign(rand.Reader, s.ack, ack.Signed())
	if err != nil {
		t.Fatal(err)
	}
	return ack, sig
}

func (s *station) acknowledge(t testing.TB, w Waiting) {
	t.Helper()
	ack, sig := s.signed(t, w.ID, w.Digest)
	if err := s.Acknowledge(context.Background(), w.ID, ack, sig); err != nil {
		t.Fatal(err)
	}
}

func (s *station) lodge(t testing.TB, m wire.Matter) Lodged {
	t.Helper()
	l, err := s.Lodge(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func (s *station) pending(t testing.TB, lane string) []Waiting {
	t.Helper()
	all, err := s.Pending(t.Context(), lane, 1<<20, nil)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func key(t testing.TB) *seal.PrivateKey {
	t.Helper()
	k, err := seal.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// persona is a made-up applicant; nothing of it may ever lie on the disk in clear.
func persona(i int) *wire.Applicant {
	return &wire.Applicant{
		Name: "测试甲", IDType: "111", IDNumber: fmt.Sprintf("44140319500101%03dX", i), Address: "广东省梅州市测试村七号",
	}
}

func matter(i int) wire.Matter {
	strokes := make([][][2]int16, 6)
	for s := range strokes {
		for p := range 20 {
			strokes[s] = append(strokes[s], [2]int16{int16(100 + 31*p%190), int16(200 + 17*p%150)})
		}
	}
	return wire.Matter{
		Item: "soc-qualify", ItemName: "社会保险待遇领取资格认证", ItemVer: "3fa1b2c3d4e5", Catalog: "2026.11.23-1",
		Kind: "apply", Accepted: true, StationAs: "测试村便民服务站", Applicant: persona(i),
		Answers: []wire.Answer{
			{Field: "phone", Label: "联系电话", Value: "13800138000", Text: "138 0013 8000"},
			{Field: "place", Label: "居住地", Value: "home", Text: "一直住在本村"},
		},
		Statement: []string{"我承诺以上内容真实"},
		Signature: &wire.Signature{W: 900, H: 400, Strokes: strokes, Over: seal.Digest(nil)},
	}
}

// file is an attachment of so many bytes, no two alike.
func file(size int) File {
	data := make([]byte, size)
	_, _ = rand.Read(data) // it never fails
	return File{Material: "household", Name: "户口簿", Media: "image/jpeg", Data: data}
}
