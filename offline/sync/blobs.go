package sync

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"zhizhu/offline/outbox"
	"zhizhu/offline/wire"
)

// Pieces of attachments, in bytes. A piece is to take no longer than a resident's matter may wait behind it; on a good
// line small ones would cost more in calls than in bytes.
const (
	pieceLeast = 8 << 10
	pieceFirst = 32 << 10
	pieceMost  = 512 << 10
	pieceShort = time.Second     // a piece that took less may be larger
	pieceLong  = 5 * time.Second // one that took more is to be smaller
)

// restartsMost is how often an upload begins anew because what came had another digest.
const restartsMost = 1

// upload is how far one attachment is.
type upload struct {
	offset   int64
	known    bool // offset is the gateway's word since the last trouble
	restarts int
}

// piece is the end of one job: one piece of an attachment, and the question before it where that was needed.
type piece struct {
	upload
	proof  outbox.Proof
	done   bool // the gateway has signed for all of it
	gone   bool // it isn't here any more
	answer answer
	took   time.Duration
	fault  *fault
}

// fillBlobs sends the next piece of an attachment.
func (r *run) fillBlobs(ctx context.Context) {
	s := &r.blobs
	if !s.free() || r.o.Outbox.Counts().Blobs == 0 {
		return
	}
	all := r.pendingBlobs(ctx)
	if len(all) == 0 && s.content.next() {
		all = r.pendingBlobs(ctx)
	}
	if len(all) == 0 {
		return
	}
	b, u, size := all[0], r.uploads[all[0].Digest], r.piece
	r.begin(ctx, s, func() func() {
		p := r.call.piece(ctx, b, u, size)
		return func() { r.tookPiece(ctx, b, p) }
	})
}

func (r *run) pendingBlobs(ctx context.Context) []outbox.Blob {
	skip := func(digest string) bool {
		return r.flying[digest] || r.resting[digest] || r.blobs.content.tried[digest]
	}
	all, err := r.o.Outbox.PendingBlobs(ctx, 1, skip)
	if err != nil && ctx.Err() == nil {
		r.o.Log.LogAttrs(ctx, slog.LevelError, "Attachments can't be read", slog.Any("error", err))
	}
	return all
}

func (r *run) tookPiece(ctx context.Context, b outbox.Blob, p piece) {
	s := &r.blobs
	r.tellTime(p.answer)
	r.uploads[b.Digest] = p.upload
	switch {
	case p.gone:
		delete(r.uploads, b.Digest)
	case p.fault != nil:
		r.blobTrouble(ctx, b, p)
	case p.done:
		s.content.taken()
		s.fine()
		delete(r.uploads, b.Digest)
		r.state.Faults.Blobs = ""
		r.settle(ctx, []result{{waiting: outbox.Waiting{ID: b.Digest}, proof: p.proof}})
		r.good(ctx)
	default:
		s.fine()
		r.state.Faults.Blobs = ""
		r.strikes[b.Digest] = 0
		r.piece = nextPiece(r.piece, p.took)
	}
}

// nextPiece reckons from how long the last one took how large the next one is to be.
func nextPiece(size int, took time.Duration) int {
	switch {
	case took < 0: // the clock was set
	case took < pieceShort:
		size *= 2
	case took > pieceLong:
		size /= 2
	}
	return min(max(size, pieceLeast), pieceMost)
}

func (r *run) blobTrouble(ctx context.Context, b outbox.Blob, p piece) {
	if ctx.Err() != nil {
		return
	}
	s, f := &r.blobs, p.fault
	r.state.Faults.Blobs = f.detail
	r.strikes[b.Digest]++
	switch {
	case !f.aside:
		if f.reason == Unreachable {
			r.piece = max(r.piece/2, pieceLeast) // less is lost with the next cut
		}
		r.rest(ctx, b.Digest) // another one may fare better
		r.troubled(ctx, s, f)
	case p.answer.status != 0 && r.doubt(ctx, &s.content, b.Digest, f.detail):
		r.troubled(ctx, s, f)
	default:
		delete(r.uploads, b.Digest)
		r.setAside(ctx, b.Digest, outbox.LaneBlobs, f.detail)
	}
}

// piece asks how far an upload is where that isn't known, and sends the next piece of it.
func (c *caller) piece(ctx context.Context, b outbox.Blob, u upload, size int) piece {
	p := piece{upload: u}
	if b.Damaged {
		p.fault = damaged()
		return p
	}
	if !p.known {
		if p.fault = c.ask(ctx, b, &p); p.fault != nil {
			return p
		}
	}
	data, err := c.o.Outbox.BlobPart(ctx, b.Digest, p.offset, size)
	switch {
	case errors.Is(err, outbox.ErrUnknown):
		p.gone = true
		return p
	case errors.Is(err, outbox.ErrDamaged):
		p.fault, p.answer = damaged(), answer{}
		return p
	case err != nil:
		p.fault = &fault{reason: OK, detail: "attachment can't be read from the disk now"}
		return p
	}
	c.send(ctx, b, &p, data)
	return p
}

// damaged: nothing of what a gateway may say makes it good.
func damaged() *fault {
	return &fault{reason: OK, detail: "damaged on this machine's disk", aside: true}
}

// ask finds out how much of an attachment the gateway has.
func (c *caller) ask(ctx context.Context, b outbox.Blob, p *piece) (f *fault) {
	p.answer, f = c.call(ctx, http.MethodHead, wire.PathBlob(b.Digest), c.named(), nil)
	switch {
	case f != nil:
		return f
	case p.answer.status == http.StatusNotFound:
		// A HEAD has no body to tell the gateway's own 404 from a box's. What follows tells.
		p.offset, p.known = 0, true
		return nil
	case p.answer.status == http.StatusUnauthorized, p.answer.status == http.StatusForbidden:
		return &fault{reason: Refused, detail: fmt.Sprintf("status %d", p.answer.status)}
	case p.answer.status != http.StatusOK:
		return statusFault(p.answer.status, p.answer.header, nil, c.o.Now())
	}
	have, ok := uploadOffset(p.answer.header)
	if !ok {
		return &fault{reason: Portal, detail: "status 200 without an upload's offset"}
	}
	p.offset, p.known = min(have, b.Size), true
	return nil
}

// named is the header of every call that says who speaks.
func (c *caller) named() http.Header {
	header := http.Header{}
	header.Set(wire.HeaderTerminal, c.o.Identity.Terminal)
	return header
}

func uploadOffset(header http.Header) (int64, bool) {
	have, err := strconv.ParseInt(header.Get(wire.HeaderUploadOffset), 10, 64)
	return have, err == nil && have >= 0
}

// send sends one piece and reads what the gateway says of it.
func (c *caller) send(ctx context.Context, b outbox.Blob, p *piece, data []byte) {
	header := c.named()
	header.Set("Content-Type", wire.TypeChunk)
	header.Set(wire.HeaderUploadOffset, strconv.FormatInt(p.offset, 10))
	header.Set(wire.HeaderUploadLength, strconv.FormatInt(b.Size, 10))
	began, from := c.o.Now(), p.offset
	p.answer, p.fault = c.call(ctx, http.MethodPatch, wire.PathBlob(b.Digest), header, data)
	p.took = c.o.Now().Sub(began)
	p.known = false // until the answer says otherwise
	if p.fault != nil {
		return
	}
	switch a := p.answer; a.status {
	case http.StatusNoContent:
		have, ok := uploadOffset(a.header)
		if !ok || have <= from || have > b.Size {
			p.fault = &fault{reason: Portal, detail: "status 204 without progress of the upload"}
			return
		}
		p.offset, p.known = have, true
	case http.StatusOK, http.StatusCreated:
		proof, err := c.verify(b.Digest, b.Digest, a)
		if err != nil {
			p.fault = &fault{reason: Portal, detail: fmt.Sprintf("status %d without the gateway's signature", a.status)}
			return
		}
		p.proof, p.done = proof, true
	default:
		p.fault = c.refusedPiece(p)
	}
}

// refusedPiece finds out what a refusal of a piece means.
func (c *caller) refusedPiece(p *piece) *fault {
	a := p.answer
	f := statusFault(a.status, a.header, a.body, c.o.Now())
	problem, ours := readProblem(a.status, a.header, a.body)
	switch {
	case !ours:
	case problem.Type == wire.ProblemOffset:
		// Somebody else of this terminal's past was there: ask again, after a short rest.
		return &fault{reason: Busy, detail: f.detail}
	case problem.Type == wire.ProblemDigest && p.restarts < restartsMost:
		p.restarts++
		p.offset, p.known = 0, true
		return &fault{reason: Busy, detail: f.detail}
	}
	return f
}
