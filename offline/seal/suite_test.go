package seal

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"testing"

	"github.com/emmansun/gmsm/sm2"
)

// testSuite is a suite of other algorithms, for tests only: AES-256-GCM, SHA-256, and keys wrapped in another form.
type testSuite struct{}

func (testSuite) id() byte           { return 0xf0 }
func (testSuite) keySize() int       { return 32 }
func (testSuite) newHash() hash.Hash { return sha256.New() }

func (testSuite) wrap(rand io.Reader, to *PublicKey, key []byte) ([]byte, error) {
	return sm2.EncryptASN1(rand, to.key, key)
}

func (testSuite) unwrap(key *PrivateKey, wrapped []byte) ([]byte, error) {
	return key.key.Decrypt(nil, wrapped, sm2.ASN1DecrypterOpts)
}

func (testSuite) aead(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}

// Another suite takes over: everything new is of it, everything old still opens, and a program that doesn't know it says so.
func TestAnotherSuiteTakesOver(t *testing.T) {
	later := suites{testSuite{}, smSuite{}}
	key := testKey(t)
	plain := []byte("content")
	older, err1 := SealPacket(rand.Reader, key.Public(), someBinding, plain)
	newer, err2 := later.sealPacket(rand.Reader, key.Public(), someBinding, plain)
	if err := errors.Join(err1, err2); err != nil || older[5] != 1 || newer[5] != 0xf0 {
		t.Fatalf("%v, suites %d and %d", err, older[5], newer[5])
	}
	for _, packet := range [][]byte{older, newer} {
		if b, got, err := later.openPacket(key, packet); err != nil || b != someBinding || !bytes.Equal(got, plain) {
			t.Fatalf("suite %d: %v", packet[5], err)
		}
	}
	if _, _, err := OpenPacket(key, newer); !errors.Is(err, ErrSuite) {
		t.Fatalf("%v, want ErrSuite", err)
	}
	for _, packet := range [][]byte{older, newer} { // the other suite's id over it
		bad := bytes.Clone(packet)
		bad[5] ^= 0xf1
		if _, _, err := later.openPacket(key, bad); !errors.Is(err, ErrOpen) {
			t.Fatalf("%v, want ErrOpen", err)
		}
	}

	station := bytes.Repeat([]byte{7}, StationKeySize)
	now, err1 := NewBox(station)
	box, err2 := later.newBox(station)
	if err := errors.Join(err1, err2); err != nil {
		t.Fatal(err)
	}
	olderRecord, err1 := now.Seal(rand.Reader, []byte("ad"), plain)
	newerRecord, err2 := box.Seal(rand.Reader, []byte("ad"), plain)
	if err := errors.Join(err1, err2); err != nil || olderRecord[0] != 1 || newerRecord[0] != 0xf0 {
		t.Fatalf("%v, suites %d and %d", err, olderRecord[0], newerRecord[0])
	}
	for _, record := range [][]byte{olderRecord, newerRecord} {
		if got, err := box.Open([]byte("ad"), record); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("suite %d: %v", record[0], err)
		}
	}
	if _, err := now.Open([]byte("ad"), newerRecord); !errors.Is(err, ErrSuite) {
		t.Fatalf("%v, want ErrSuite", err)
	}
	if !bytes.Equal(now.KeyedHash("x"), box.KeyedHash("x")) {
		t.Fatal("look-ups must go on finding what was put in before")
	}
}

func TestSealerHasItsFirstKeyAtOnce(t *testing.T) {
	key := testKey(t)
	if n := NewSealer(rand.Reader, key.Public(), 2).Prepared(); n != 1 {
		t.Fatalf("%d prepared, want 1", n)
	}
	s := NewSealer(bytes.NewReader(nil), key.Public(), 2)
	if _, err := s.Seal(someBinding, nil); s.Prepared() != 0 || err == nil {
		t.Fatal("sealed without randomness")
	}
}

func TestStretchRefusesAbsurdCosts(t *testing.T) {
	salt := make([]byte, 16)
	for _, c := range []Cost{{}, {Time: 1, Memory: 8, Threads: 1}, {Time: 1, Memory: 1 << 31, Threads: 1}, {Time: 1 << 30, Memory: 8 << 10, Threads: 1}} {
		if _, err := Stretch([]byte("p"), salt, c); !errors.Is(err, ErrFormat) {
			t.Errorf("%+v: %v, want ErrFormat", c, err)
		}
	}
	if _, err := Stretch([]byte("p"), salt[:8], DefaultCost()); !errors.Is(err, ErrFormat) {
		t.Errorf("short salt: %v, want ErrFormat", err)
	}
	one, err1 := Stretch([]byte("p"), salt, Cost{1, 8 << 10, 1})
	two, err2 := Stretch([]byte("q"), salt, Cost{1, 8 << 10, 1})
	if err1 != nil || err2 != nil || len(one) != StationKeySize || bytes.Equal(one, two) {
		t.Fatalf("%v, %v, or the same key", err1, err2)
	}
}

func BenchmarkWrap(b *testing.B) {
	key := testKey(b)
	own := make([]byte, smSuite{}.keySize())
	for b.Loop() {
		if _, err := (smSuite{}).wrap(rand.Reader, key.Public(), own); err != nil {
			b.Fatal(err)
		}
	}
}
