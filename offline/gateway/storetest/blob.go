package storetest

import (
	"bytes"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"zhizhu/offline/gateway/store"
	"zhizhu/offline/seal"
)

func blobTests() map[string]func(*testing.T, Engine) {
	return map[string]func(*testing.T, Engine){
		"BlobResumes":       testBlobResumes,
		"BlobsInterleaved":  testBlobsInterleaved,
		"BlobBadChunk":      testBlobBadChunk,
		"BlobWrongDigest":   testBlobWrongDigest,
		"BlobFinishAgain":   testBlobFinishAgain,
		"BlobPieceOnce":     testBlobPieceOnce,
		"BlobDropped":       testBlobDropped,
		"BlobHalvesDropped": testBlobHalvesDropped,
	}
}

// picture is a blob of n bytes and its digest.
func picture(n int, of byte) (digest string, data []byte) {
	data = bytes.Repeat([]byte{of, 0, 0xff, '\n'}, (n+3)/4)[:n]
	return seal.Digest(data), data
}

func chunk(digest string, data []byte, from, to int) store.Chunk {
	return store.Chunk{
		Digest: digest, Terminal: "MX0427-1", Offset: int64(from), Size: int64(len(data)), Data: data[from:to], At: at(from % 60),
	}
}

func mustAppend(t *testing.T, s store.Store, c store.Chunk) {
	t.Helper()
	if have, err := s.AppendBlob(t.Context(), c); err != nil || have != c.Offset+int64(len(c.Data)) {
		t.Fatalf("append at %d: %d, %v", c.Offset, have, err)
	}
}

func mustBe(t *testing.T, s store.Store, digest string, have, size int, whole bool) {
	t.Helper()
	gotHave, gotSize, gotWhole, err := s.BlobState(t.Context(), digest)
	if err != nil || gotHave != int64(have) || gotSize != int64(size) || gotWhole != whole {
		t.Fatalf("state %d of %d, %t, %v; want %d of %d, %t", gotHave, gotSize, gotWhole, err, have, size, whole)
	}
}

func mustNotBe(t *testing.T, s store.Store, digest string) {
	t.Helper()
	if _, _, _, err := s.BlobState(t.Context(), digest); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("state: %v", err)
	}
	if _, err := s.Blob(t.Context(), digest); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("get: %v", err)
	}
	if _, _, err := s.FinishBlob(t.Context(), digest, at(0)); !errors.Is(err, store.ErrNotFound) {
		t.Fatalf("finish: %v", err)
	}
}

func mustFinish(t *testing.T, s store.Store, digest string, data []byte, second int) {
	t.Helper()
	if got, err := s.Blob(t.Context(), digest); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("before its end: %d of %d bytes, %v", len(got), len(data), err)
	}
	if stored, again, err := s.FinishBlob(t.Context(), digest, at(second)); err != nil || again || !stored.Equal(at(second)) {
		t.Fatalf("finish: %v, %t, %v", stored, again, err)
	}
	if got, err := s.Blob(t.Context(), digest); err != nil || !bytes.Equal(got, data) {
		t.Fatalf("whole: %d of %d bytes, %v", len(got), len(data), err)
	}
	mustBe(t, s, digest, len(data), len(data), true)
}

func testBlobResumes(t *testing.T, engine Engine) {
	place := engine(t)
	digest, data := picture(300_001, 'a')
	ends := []int{0, 1, 65_536, 65_537, 200_000, len(data)}
	for i := range ends[1:] {
		s, err := place.Open()
		if err != nil {
			t.Fatal(err)
		}
		if i == 0 {
			mustNotBe(t, s, digest)
		} else {
			mustBe(t, s, digest, ends[i], len(data), false)
			if _, err := s.Blob(t.Context(), digest); !errors.Is(err, store.ErrNotFound) {
				t.Fatalf("half of it is given out: %v", err)
			}
			if _, _, err := s.FinishBlob(t.Context(), digest, at(0)); !errors.Is(err, store.ErrOffset) {
				t.Fatalf("finish a half: %v", err)
			}
		}
		mustAppend(t, s, chunk(digest, data, ends[i], ends[i+1]))
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, place)
	mustBe(t, s, digest, len(data), len(data), false)
	mustFinish(t, s, digest, data, 7)
}

func testBlobsInterleaved(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	oneName, one := picture(100, 'a')
	twoName, two := picture(90, 'b')
	for at := 0; at < 100; at += 10 {
		mustAppend(t, s, chunk(oneName, one, at, at+10))
		if at < 90 {
			c := chunk(twoName, two, at, at+10)
			c.Terminal = "MX0427-2"
			mustAppend(t, s, c)
		}
	}
	mustFinish(t, s, twoName, two, 1)
	mustFinish(t, s, oneName, one, 2)
}

func testBlobBadChunk(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	digest, data := picture(100, 'a')
	mustAppend(t, s, chunk(digest, data, 0, 40))
	for name, c := range map[string]struct {
		change func(*store.Chunk)
		want   error
	}{
		"beyond":       {func(c *store.Chunk) { c.Offset, c.Data = 50, c.Data[:50] }, store.ErrOffset},
		"before":       {func(c *store.Chunk) { c.Offset = 0 }, store.ErrOffset},
		"other size":   {func(c *store.Chunk) { c.Size = 101 }, store.ErrSize},
		"too long":     {func(c *store.Chunk) { c.Data = make([]byte, 61) }, store.ErrSize},
		"no size":      {func(c *store.Chunk) { c.Size, c.Data = 0, nil }, store.ErrSize},
		"below zero":   {func(c *store.Chunk) { c.Offset = -1 }, store.ErrSize},
		"empty":        {func(c *store.Chunk) { c.Data = nil }, nil},
		"not a digest": {func(c *store.Chunk) { c.Digest = strings.Repeat("x", 64) }, nil},
	} {
		bad := chunk(digest, data, 40, 100)
		c.change(&bad)
		have, err := s.AppendBlob(t.Context(), bad)
		if err == nil || c.want != nil && !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if errors.Is(err, store.ErrOffset) && have != 40 {
			t.Errorf("%s: told that %d are there", name, have)
		}
		mustBe(t, s, digest, 40, 100, false)
	}
	mustAppend(t, s, chunk(digest, data, 40, 100))
	if have, err := s.AppendBlob(t.Context(), chunk(digest, data, 40, 100)); !errors.Is(err, store.ErrOffset) || have != 100 {
		t.Errorf("the last piece again: %d, %v", have, err)
	}
	mustFinish(t, s, digest, data, 1)
	if have, err := s.AppendBlob(t.Context(), chunk(digest, data, 0, 100)); !errors.Is(err, store.ErrOffset) || have != 100 {
		t.Errorf("a whole one again: %d, %v", have, err)
	}
}

func testBlobWrongDigest(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	digest, data := picture(100, 'a')
	_, other := picture(100, 'b')
	mustAppend(t, s, chunk(digest, other, 0, 60))
	mustAppend(t, s, chunk(digest, other, 60, 100))
	if _, _, err := s.FinishBlob(t.Context(), digest, at(1)); !errors.Is(err, store.ErrDigest) {
		t.Fatalf("finish with wrong bytes: %v", err)
	}
	mustNotBe(t, s, digest)
	mustAppend(t, s, chunk(digest, data, 0, 100))
	mustFinish(t, s, digest, data, 2)
}

func testBlobFinishAgain(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	digest, data := picture(100, 'a')
	mustAppend(t, s, chunk(digest, data, 0, 100))
	const gateways = 8
	fresh, times := make([]bool, gateways), make([]time.Time, gateways)
	var all sync.WaitGroup
	for n := range gateways {
		all.Go(func() {
			stored, again, err := s.FinishBlob(t.Context(), digest, at(n))
			if err != nil {
				t.Errorf("finish: %v", err)
			}
			fresh[n], times[n] = !again, stored
		})
	}
	all.Wait()
	first := 0
	for n := range gateways {
		if fresh[n] {
			first++
		}
		if !times[n].Equal(times[0]) {
			t.Errorf("two times: %v and %v", times[0], times[n])
		}
	}
	if first != 1 {
		t.Fatalf("%d were the first", first)
	}
}

// testBlobPieceOnce appends the same pieces from many sides at once, as a terminal does whose connection hung.
func testBlobPieceOnce(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	digest, data := picture(1000, 'a')
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for have := 0; have < len(data); {
				next, err := s.AppendBlob(t.Context(), chunk(digest, data, have, min(have+100, len(data))))
				if err != nil && !errors.Is(err, store.ErrOffset) {
					t.Errorf("append: %v", err)
					return
				}
				have = int(next)
			}
		})
	}
	all.Wait()
	mustFinish(t, s, digest, data, 1)
}

func testBlobDropped(t *testing.T, engine Engine) {
	place := engine(t)
	s, err := place.Open()
	if err != nil {
		t.Fatal(err)
	}
	halfName, half := picture(100, 'a')
	wholeName, whole := picture(100, 'b')
	if err := s.DropBlob(t.Context(), halfName); err != nil {
		t.Fatalf("drop what never was: %v", err)
	}
	mustAppend(t, s, chunk(halfName, half, 0, 50))
	mustAppend(t, s, chunk(wholeName, whole, 0, 100))
	mustFinish(t, s, wholeName, whole, 3)
	for range 2 {
		for _, digest := range []string{halfName, wholeName} {
			if err := s.DropBlob(t.Context(), digest); err != nil {
				t.Fatalf("drop: %v", err)
			}
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	s = open(t, place)
	mustNotBe(t, s, halfName)
	mustAppend(t, s, chunk(halfName, half, 0, 100))
	mustFinish(t, s, halfName, half, 4)
	mustBe(t, s, wholeName, 100, 100, true)
	if _, err := s.Blob(t.Context(), wholeName); !errors.Is(err, store.ErrPurged) {
		t.Fatalf("get a purged one: %v", err)
	}
	if stored, again, err := s.FinishBlob(t.Context(), wholeName, at(9)); err != nil || !again || !stored.Equal(at(3)) {
		t.Fatalf("finish a purged one: %v, %t, %v", stored, again, err)
	}
	if have, err := s.AppendBlob(t.Context(), chunk(wholeName, whole, 0, 100)); !errors.Is(err, store.ErrOffset) || have != 100 {
		t.Fatalf("append to a purged one: %d, %v", have, err)
	}
}

func testBlobHalvesDropped(t *testing.T, engine Engine) {
	s := open(t, engine(t))
	oldName, old := picture(100, 'a')
	newName, fresh := picture(100, 'b')
	wholeName, whole := picture(100, 'c')
	mustAppend(t, s, chunk(oldName, old, 0, 10))
	mustAppend(t, s, chunk(newName, fresh, 0, 20))
	mustAppend(t, s, chunk(newName, fresh, 20, 40)) // at(20) counts
	mustAppend(t, s, chunk(wholeName, whole, 0, 100))
	mustFinish(t, s, wholeName, whole, 0)
	if n, err := s.DropHalves(t.Context(), at(20)); n != 1 || err != nil {
		t.Fatalf("dropped %d, %v", n, err)
	}
	mustNotBe(t, s, oldName)
	mustBe(t, s, newName, 40, 100, false)
	mustBe(t, s, wholeName, 100, 100, true)
	if n, err := s.DropHalves(t.Context(), at(21)); n != 1 || err != nil {
		t.Fatalf("dropped %d, %v", n, err)
	}
	mustNotBe(t, s, newName)
}
