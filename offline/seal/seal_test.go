package seal

import (
	"bytes"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func testKey(t testing.TB) *PrivateKey {
	t.Helper()
	key, err := GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

var someBinding = Binding{ID: "0192f3c1-7d4e-7a55-8c11-3f2b9d10aa01", Terminal: "MX0427-1", Item: "soc-qualify", Version: "3fa1"}

func TestPacketOpensOnlyWithItsKey(t *testing.T) {
	key, other := testKey(t), testKey(t)
	plain := []byte(`{"answers":["二零二六"]}`)
	packet, err := SealPacket(rand.Reader, key.Public(), someBinding, plain)
	if err != nil {
		t.Fatal(err)
	}
	if bytes.Contains(packet, []byte("二零")) {
		t.Fatal("the packet shows its content")
	}
	b, got, err := OpenPacket(key, packet)
	if err != nil || b != someBinding || !bytes.Equal(got, plain) {
		t.Fatalf("open: %v, %+v, %q", err, b, got)
	}
	if b, err := PacketBinding(packet); err != nil || b != someBinding {
		t.Fatalf("binding: %v, %+v", err, b)
	}
	if _, _, err := OpenPacket(other, packet); !errors.Is(err, ErrRecipient) {
		t.Fatalf("another key: %v, want ErrRecipient", err)
	}
}

func TestPacketsOfTheSameContentDiffer(t *testing.T) {
	to := testKey(t).Public()
	one, err1 := SealPacket(rand.Reader, to, someBinding, []byte("x"))
	two, err2 := SealPacket(rand.Reader, to, someBinding, []byte("x"))
	if err1 != nil || err2 != nil || bytes.Equal(one[len(one)-17:], two[len(two)-17:]) {
		t.Fatalf("%v, %v, or the same ciphertext twice", err1, err2)
	}
}

// Every single byte of a packet matters: header, binding, wrapped key, nonce, content and tag.
func TestAnyAlteredByteIsRefused(t *testing.T) {
	key := testKey(t)
	packet, err := SealPacket(rand.Reader, key.Public(), someBinding, []byte("content"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range packet {
		bad := bytes.Clone(packet)
		bad[i] ^= 0x10
		if _, _, err := OpenPacket(key, bad); err == nil {
			t.Errorf("byte %d of %d altered: opened", i, len(packet))
		}
	}
	for n := range packet {
		if _, _, err := OpenPacket(key, packet[:n]); err == nil {
			t.Errorf("cut to %d bytes: opened", n)
		}
	}
}

func TestSealPacketRefusesBadBindings(t *testing.T) {
	to := testKey(t).Public()
	for name, change := range map[string]func(*Binding){
		"no id":        func(b *Binding) { b.ID = "" },
		"no terminal":  func(b *Binding) { b.Terminal = "" },
		"no item":      func(b *Binding) { b.Item = "" },
		"long version": func(b *Binding) { b.Version = strings.Repeat("v", 65) },
		"not UTF-8":    func(b *Binding) { b.Item = "\xff" },
	} {
		b := someBinding
		change(&b)
		if _, err := SealPacket(rand.Reader, to, b, nil); !errors.Is(err, ErrFormat) {
			t.Errorf("%s: %v, want ErrFormat", name, err)
		}
	}
}

func TestPacketOfAnotherSuite(t *testing.T) {
	key := testKey(t)
	packet, err := SealPacket(rand.Reader, key.Public(), someBinding, nil)
	if err != nil {
		t.Fatal(err)
	}
	packet[5] = 9
	if _, _, err := OpenPacket(key, packet); !errors.Is(err, ErrSuite) {
		t.Fatalf("%v, want ErrSuite", err)
	}
}

func TestKeysSurviveText(t *testing.T) {
	key := testKey(t)
	text, err := key.PEM()
	if err != nil {
		t.Fatal(err)
	}
	again, err := ParsePrivateKey(text)
	if err != nil || !again.Public().Equal(key.Public()) {
		t.Fatalf("private key: %v", err)
	}
	pub, err := ParsePublicKey(key.Public().Hex())
	if err != nil || !pub.Equal(key.Public()) || len(pub.Hex()) != 130 {
		t.Fatalf("public key: %v", err)
	}
	msg := []byte("message")
	sig, err := Sign(rand.Reader, again, msg)
	if err != nil {
		t.Fatal(err)
	}
	if err := Verify(pub, msg, sig); err != nil {
		t.Fatal(err)
	}
	if err := Verify(pub, []byte("massage"), sig); !errors.Is(err, ErrSignature) {
		t.Fatalf("other message: %v", err)
	}
	if err := Verify(testKey(t).Public(), msg, sig); !errors.Is(err, ErrSignature) {
		t.Fatalf("other key: %v", err)
	}
	if err := Verify(pub, msg, nil); !errors.Is(err, ErrSignature) {
		t.Fatalf("no signature: %v", err)
	}
}

func TestBadKeysAreRefused(t *testing.T) {
	for _, text := range []string{"", "zz", "04", strings.Repeat("00", 65), "04" + strings.Repeat("11", 64)} {
		if _, err := ParsePublicKey(text); !errors.Is(err, ErrKey) {
			t.Errorf("public %.10q: %v, want ErrKey", text, err)
		}
	}
	for _, text := range []string{"", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"} {
		if _, err := ParsePrivateKey([]byte(text)); !errors.Is(err, ErrKey) {
			t.Errorf("private %.10q: %v, want ErrKey", text, err)
		}
	}
	if _, err := NewBox(make([]byte, 16)); !errors.Is(err, ErrKey) {
		t.Errorf("short station key: %v, want ErrKey", err)
	}
}

func TestKeysDoNotShowThemselves(t *testing.T) {
	key := testKey(t)
	secret := hex.EncodeToString(key.key.D.Bytes())
	for _, shown := range []string{fmt.Sprint(key), fmt.Sprintf("%+v %#v", key, key), key.LogValue().String()} {
		if strings.Contains(shown, secret) || strings.Contains(shown, key.key.D.String()) {
			t.Errorf("the key shows itself: %s", shown)
		}
	}
}

// The digest is SM3: GB/T 32905-2016 A.1.
func TestDigestIsSM3(t *testing.T) {
	const want = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
	if got := Digest([]byte("abc")); got != want {
		t.Fatalf("Digest(abc) = %s, want %s", got, want)
	}
}

func TestBoxProperties(t *testing.T) {
	key := bytes.Repeat([]byte{7}, StationKeySize)
	box, err := NewBox(key)
	if err != nil {
		t.Fatal(err)
	}
	other, err := NewBox(bytes.Repeat([]byte{8}, StationKeySize))
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		plain := rapid.SliceOf(rapid.Byte()).Draw(t, "plain")
		ad := rapid.SliceOfN(rapid.Byte(), 0, 40).Draw(t, "ad")
		sealed, err := box.Seal(rand.Reader, ad, plain)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := box.Open(ad, sealed); err != nil || !bytes.Equal(got, plain) {
			t.Fatalf("open: %v", err)
		}
		if _, err := box.Open(append(ad, 0), sealed); !errors.Is(err, ErrOpen) {
			t.Fatalf("bound to something else: %v", err)
		}
		if _, err := other.Open(ad, sealed); !errors.Is(err, ErrOpen) {
			t.Fatalf("another station: %v", err)
		}
		i := rapid.IntRange(0, len(sealed)-1).Draw(t, "altered")
		sealed[i] ^= 1
		if _, err := box.Open(ad, sealed); err == nil {
			t.Fatalf("altered at %d: opened", i)
		}
	})
	if bytes.Equal(box.KeyedHash("a"), other.KeyedHash("a")) || bytes.Equal(box.KeyedHash("a"), box.KeyedHash("b")) {
		t.Fatal("keyed hashes don't depend on key and value")
	}
}

func TestSealerUsesEachPreparedKeyOnce(t *testing.T) {
	key := testKey(t)
	s := NewSealer(rand.Reader, key.Public(), 2)
	for range 3 {
		if err := s.Prepare(); err != nil {
			t.Fatal(err)
		}
	}
	if s.Prepared() != 2 {
		t.Fatalf("%d prepared, want 2", s.Prepared())
	}
	seen := map[string]bool{}
	for i := range 4 { // two prepared, two made on the spot
		packet, err := s.Seal(someBinding, []byte{byte(i)})
		if err != nil {
			t.Fatal(err)
		}
		h, _, err := decodeHeader(packet)
		if err != nil || seen[string(h.wrapped)] {
			t.Fatalf("packet %d: %v, or a wrapped key used twice", i, err)
		}
		seen[string(h.wrapped)] = true
		if _, plain, err := OpenPacket(key, packet); err != nil || plain[0] != byte(i) {
			t.Fatalf("packet %d: %v", i, err)
		}
	}
}

func TestRandomnessThatEndsIsAnError(t *testing.T) {
	key := testKey(t)
	for n := range 24 {
		_, err := SealPacket(io.LimitReader(rand.Reader, int64(n)), key.Public(), someBinding, nil)
		if err == nil {
			t.Fatalf("sealed with %d random bytes", n)
		}
	}
}

func FuzzOpenPacket(f *testing.F) {
	key := testKey(f)
	good, err := SealPacket(rand.Reader, key.Public(), someBinding, []byte("content"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte(magic))
	f.Add(good[:40])
	f.Fuzz(func(t *testing.T, packet []byte) {
		h, sealed, err := decodeHeader(packet)
		if err == nil {
			again, err := h.encode(nil)
			if err != nil {
				t.Fatalf("decoded header can't be encoded: %v", err)
			}
			if !bytes.Equal(append(again, sealed...), packet) {
				t.Fatal("a header has two spellings")
			}
		}
		if _, _, err := OpenPacket(key, packet); err == nil && !bytes.Equal(packet, good) {
			t.Fatal("opened a packet that nobody sealed")
		}
	})
}

func FuzzBoxOpen(f *testing.F) {
	box, err := NewBox(bytes.Repeat([]byte{7}, StationKeySize))
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte{1})
	f.Add(make([]byte, boxOverhead))
	f.Fuzz(func(t *testing.T, sealed []byte) {
		if _, err := box.Open([]byte("ad"), sealed); err == nil {
			t.Fatal("opened a record that nobody sealed")
		}
	})
}

func BenchmarkSealPacket2K(b *testing.B) {
	key := testKey(b)
	plain := make([]byte, 2048)
	for b.Loop() {
		if _, err := SealPacket(rand.Reader, key.Public(), someBinding, plain); err != nil {
			b.Fatal(err)
		}
	}
}
