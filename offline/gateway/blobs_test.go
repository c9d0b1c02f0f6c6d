package gateway_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

// blob seals so many bytes of a picture, for a terminal.
func (m *terminal) blob(t testing.TB, size int, bound string) (packet []byte, digest string) {
	t.Helper()
	picture := make([]byte, size)
	if _, err := rand.Read(picture); err != nil {
		t.Fatal(err)
	}
	packet, err := seal.SealPacket(rand.Reader, m.seal, seal.Binding{ID: "blob", Terminal: bound, Item: "pension-check"}, picture)
	if err != nil {
		t.Fatal(err)
	}
	return packet, seal.Digest(packet)
}

func chunkHeader(offset, size int) map[string]string {
	return map[string]string{
		"Content-Type": wire.TypeChunk, wire.HeaderUploadOffset: strconv.Itoa(offset), wire.HeaderUploadLength: strconv.Itoa(size),
	}
}

// patch brings the bytes from offset to end.
func (r *rig) patch(m *terminal, packet []byte, offset, end int) answer {
	r.t.Helper()
	return r.call(m, http.MethodPatch, wire.PathBlob(seal.Digest(packet)), packet[offset:end], chunkHeader(offset, len(packet)))
}

func (r *rig) wantProblem(got answer, status int, kind string) {
	r.t.Helper()
	if got.status != status || got.problem(r.t).Type != kind {
		r.t.Fatalf("%d %s, want %d %s", got.status, got.body, status, kind)
	}
}

func TestBlobComesInPieces(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	m := r.enrol("MX0427")
	packet, digest := m.blob(t, 300<<10, m.Terminal)
	head := func() answer { return r.call(m, http.MethodHead, wire.PathBlob(digest), nil, nil) }
	if got := head(); got.status != http.StatusNotFound {
		t.Fatalf("before: %d", got.status)
	}
	const piece = 64 << 10
	offset := 0
	for ; offset+piece < len(packet); offset += piece {
		got := r.patch(m, packet, offset, offset+piece)
		if got.status != http.StatusNoContent || got.header.Get(wire.HeaderUploadOffset) != strconv.Itoa(offset+piece) {
			t.Fatalf("piece at %d: %d %v", offset, got.status, got.header)
		}
		if got := head(); got.status != http.StatusOK || got.header.Get(wire.HeaderUploadOffset) != strconv.Itoa(offset+piece) ||
			got.header.Get(wire.HeaderUploadLength) != strconv.Itoa(len(packet)) {
			t.Fatalf("state: %d %v", got.status, got.header)
		}
	}
	// The same piece twice, and one too far: it is said where to go on.
	for _, wrong := range []int{offset - piece, offset + 1} {
		got := r.patch(m, packet, wrong, len(packet))
		r.wantProblem(got, http.StatusConflict, wire.ProblemOffset)
		if got.header.Get(wire.HeaderUploadOffset) != strconv.Itoa(offset) {
			t.Fatalf("offset %v", got.header)
		}
	}
	last := r.patch(m, packet, offset, len(packet))
	ack := r.acknowledged(m, last, digest, digest)
	if last.status != http.StatusCreated || ack.Again {
		t.Fatalf("%d %+v", last.status, ack)
	}
	r.clock.add(time.Hour)
	// The last answer was lost: the last piece again, or nothing at the end, or from the beginning.
	for _, from := range []int{offset, len(packet), 0} {
		again := r.patch(m, packet, from, len(packet))
		if a := r.acknowledged(m, again, digest, digest); again.status != http.StatusOK || !a.Again || !a.StoredAt.Equal(ack.StoredAt) {
			t.Fatalf("from %d: %d %+v", from, again.status, a)
		}
	}
}

// TestBlobInAnyPieces cuts at random places, with repetitions and restarts of the gateway between.
func TestBlobInAnyPieces(t *testing.T) {
	dir := t.TempDir()
	r := serve(t, dir, nil)
	m := r.enrol("MX0427")
	rapid.Check(t, func(rt *rapid.T) {
		packet, digest := m.blob(t, rapid.IntRange(0, 3000).Draw(rt, "size"), m.Terminal)
		for have := 0; have < len(packet); {
			end := rapid.IntRange(have+1, len(packet)).Draw(rt, "end")
			got := r.patch(m, packet, have, end)
			if got.status == http.StatusNoContent && end < len(packet) || got.status == http.StatusCreated && end == len(packet) {
				have = end
				continue
			}
			rt.Fatalf("%d to %d of %d: %d", have, end, len(packet), got.status)
		}
		r.acknowledged(m, r.patch(m, packet, len(packet), len(packet)), digest, digest)
	})
}

func TestBlobRefused(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	m, neighbour := r.enrol("MX0427"), r.enrol("ZC0001")
	packet, digest := m.blob(t, 1000, m.Terminal)
	whole := chunkHeader(0, len(packet))
	patch := func(m *terminal, digest string, body []byte, header map[string]string) answer {
		return r.call(m, http.MethodPatch, wire.PathBlob(digest), body, header)
	}
	foreign, foreignDigest := m.blob(t, 1000, neighbour.Terminal)
	plain := bytes.Repeat([]byte("a picture"), 100)
	for name, c := range map[string]struct {
		got    answer
		status int
		kind   string
	}{
		"bad name":          {patch(m, "abc", packet, whole), 422, wire.ProblemPacket},
		"capital name":      {patch(m, strings.ToUpper(digest), packet, whole), 422, wire.ProblemPacket},
		"no offset":         {patch(m, digest, packet, nil), 400, "about:blank"},
		"no length":         {patch(m, digest, packet, map[string]string{wire.HeaderUploadOffset: "0"}), 400, "about:blank"},
		"negative offset":   {patch(m, digest, packet, chunkHeader(-1, len(packet))), 400, "about:blank"},
		"length of nothing": {patch(m, digest, nil, chunkHeader(0, 0)), 400, "about:blank"},
		"blob too large":    {patch(m, digest, packet, chunkHeader(0, 3<<20+1)), 413, wire.ProblemTooLarge},
		"chunk too large":   {patch(m, digest, make([]byte, 1<<20+1), chunkHeader(0, 2<<20)), 413, wire.ProblemTooLarge},
		"more than said":    {patch(m, digest, packet, chunkHeader(0, len(packet)-1)), 413, wire.ProblemTooLarge},
		"begins too late":   {patch(m, digest, packet[1:], chunkHeader(1, len(packet))), 409, wire.ProblemOffset},
		"other station's":   {patch(m, foreignDigest, foreign, chunkHeader(0, len(foreign))), 422, wire.ProblemPacket},
		"no packet":         {patch(m, seal.Digest(plain), plain, chunkHeader(0, len(plain))), 422, wire.ProblemPacket},
		"other digest":      {patch(m, digest, append([]byte{packet[0] ^ 1}, packet[1:]...), whole), 422, wire.ProblemDigest},
	} {
		t.Run(name, func(t *testing.T) {
			if p := c.got.problem(t); c.got.status != c.status || p.Type != c.kind || p.Detail == "" {
				t.Fatalf("%d %+v", c.got.status, p)
			}
			if c.got.header.Get(wire.HeaderReceipt) != "" {
				t.Fatal("a refusal carries a receipt")
			}
		})
	}
	for _, d := range []string{digest, foreignDigest, seal.Digest(plain)} {
		if got := r.call(m, http.MethodHead, wire.PathBlob(d), nil, nil); got.status != http.StatusNotFound {
			t.Errorf("something stayed of what was refused: %d", got.status)
		}
	}
	if got := patch(m, digest, packet, whole); got.status != http.StatusCreated {
		t.Fatalf("the right one afterwards: %d %s", got.status, got.body)
	}
}

// TestBlobBegunWrong is begun with another length, or with other bytes: it begins again at 0.
func TestBlobBegunWrong(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	m := r.enrol("MX0427")
	packet, digest := m.blob(t, 1000, m.Terminal)
	got := r.call(m, http.MethodPatch, wire.PathBlob(digest), packet[:100], chunkHeader(0, 2000))
	if got.status != http.StatusNoContent {
		t.Fatalf("begin: %d", got.status)
	}
	r.wantProblem(r.patch(m, packet, 100, len(packet)), http.StatusUnprocessableEntity, wire.ProblemDigest)
	r.acknowledged(m, r.patch(m, packet, 0, len(packet)), digest, digest)
}

// TestBlobCutOffOnTheWay keeps what came of a piece whose rest did not.
func TestBlobCutOffOnTheWay(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	m := r.enrol("MX0427")
	packet, digest := m.blob(t, 200<<10, m.Terminal)
	const came = 50_000
	pr, pw := io.Pipe()
	ctx, cancel := context.WithCancel(t.Context())
	req := r.request(http.MethodPatch, wire.PathBlob(digest), nil).WithContext(ctx)
	req.Body, req.ContentLength = pr, int64(len(packet))
	req.Header.Set(wire.HeaderTerminal, m.Terminal)
	for name, value := range chunkHeader(0, len(packet)) {
		req.Header.Set(name, value)
	}
	var sent sync.WaitGroup
	sent.Go(func() {
		_, _ = pw.Write(packet[:came])
		cancel()
	})
	if _, err := r.do(m.client, req); err == nil {
		t.Fatal("answered")
	}
	_ = pr.Close()
	sent.Wait()
	// How much came through before the cut is the line's affair; that none of it is wrong is ours.
	have := 0
	for tries := 0; have == 0 && tries < 1000; tries++ { // the server may still be taking it in
		if got := r.call(m, http.MethodHead, wire.PathBlob(digest), nil, nil); got.status == http.StatusOK {
			have, _ = strconv.Atoi(got.header.Get(wire.HeaderUploadOffset))
		}
	}
	if have > came {
		t.Fatalf("%d bytes came of %d", have, came)
	}
	t.Logf("%d of %d bytes kept", have, came)
	got := r.patch(m, packet, have, len(packet))
	if got.status == http.StatusConflict { // it was kept after the last look
		have, _ = strconv.Atoi(got.header.Get(wire.HeaderUploadOffset))
		got = r.patch(m, packet, have, len(packet))
	}
	r.acknowledged(m, got, digest, digest)
}

// TestBlobFromTwoAtOnce has two connections bring the same blob: each byte is kept once.
func TestBlobFromTwoAtOnce(t *testing.T) {
	r := serve(t, t.TempDir(), nil)
	m := r.enrol("MX0427")
	packet, digest := m.blob(t, 100_000, m.Terminal)
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for have := 0; have < len(packet); {
				got := r.patch(m, packet, have, min(have+10_000, len(packet)))
				switch got.status {
				case http.StatusNoContent, http.StatusConflict:
					have, _ = strconv.Atoi(got.header.Get(wire.HeaderUploadOffset))
				case http.StatusCreated, http.StatusOK:
					return
				default:
					t.Errorf("%d %s", got.status, got.body)
					return
				}
			}
		})
	}
	all.Wait()
	r.acknowledged(m, r.patch(m, packet, 0, len(packet)), digest, digest)
}
