package gateway

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"

	"zhizhu/offline/gateway/store"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

const (
	maxBlob  = 3 << 20 // bytes, of a whole sealed attachment
	maxChunk = 1 << 20 // bytes, of what one request brings
	// laneBlobs is how attachments are counted; it is no lane of records.
	laneBlobs = "blobs"
)

// blobState says how much of an attachment is there.
func (g *Gateway) blobState(w http.ResponseWriter, r *http.Request) {
	if _, refused := g.identify(r); refused != nil {
		g.answer(w, r, refused)
		return
	}
	digest, refused := blobName(r)
	if refused != nil {
		g.answer(w, r, refused)
		return
	}
	have, size, _, err := g.store.BlobState(r.Context(), digest)
	switch {
	case errors.Is(err, store.ErrNotFound):
		// Where every upload begins: no refusal to count or to warn of.
		w.WriteHeader(http.StatusNotFound)
		return
	case err != nil:
		g.answer(w, r, refuseStore(err))
		return
	}
	w.Header().Set(wire.HeaderUploadOffset, strconv.FormatInt(have, 10))
	w.Header().Set(wire.HeaderUploadLength, strconv.FormatInt(size, 10))
	w.WriteHeader(http.StatusOK)
}

// blobAppend takes the next piece of an attachment. The last one is answered like a record: kept, then acknowledged.
func (g *Gateway) blobAppend(w http.ResponseWriter, r *http.Request) {
	terminal, refused := g.identify(r)
	if refused != nil {
		g.answer(w, r, refused)
		return
	}
	chunk, refused := readUpload(r)
	if refused != nil {
		g.answer(w, r, refused)
		return
	}
	chunk.Terminal = terminal.ID
	have, whole, refused := g.resume(r.Context(), chunk)
	if refused == nil && !whole {
		have, refused = g.append(w, r, chunk, have)
	}
	if refused != nil {
		g.answer(w, r, refused)
		return
	}
	if have < chunk.Size {
		w.Header().Set(wire.HeaderUploadOffset, strconv.FormatInt(have, 10))
		w.WriteHeader(http.StatusNoContent)
		return
	}
	ack, signature, refused := g.finish(r.Context(), terminal, chunk.Digest)
	if refused != nil {
		g.answer(w, r, refused)
		return
	}
	w.Header().Set(wire.HeaderUploadOffset, strconv.FormatInt(have, 10))
	g.acknowledge(w, r, ack, signature)
}

// readUpload reads what a piece's headers say.
func readUpload(r *http.Request) (store.Chunk, *refusal) {
	digest, refused := blobName(r)
	if refused != nil {
		return store.Chunk{}, refused
	}
	offset, err1 := strconv.ParseUint(r.Header.Get(wire.HeaderUploadOffset), 10, 62)
	size, err2 := strconv.ParseUint(r.Header.Get(wire.HeaderUploadLength), 10, 62)
	if err1 != nil || err2 != nil || size == 0 {
		return store.Chunk{}, refuse(http.StatusBadRequest, problemBlank,
			wire.HeaderUploadOffset+" and "+wire.HeaderUploadLength+" must be numbers of bytes").because(errors.Join(err1, err2))
	}
	if size > maxBlob {
		return store.Chunk{}, refuseLarge(maxBlob)
	}
	return store.Chunk{Digest: digest, Offset: int64(offset), Size: int64(size)}, nil
}

func blobName(r *http.Request) (string, *refusal) {
	digest := r.PathValue("digest")
	if !goodDigest(digest) {
		return "", refuse(http.StatusUnprocessableEntity, wire.ProblemPacket, "a blob is named by its SM3 digest, 64 lower-case hex digits")
	}
	return digest, nil
}

func goodDigest(s string) bool {
	if len(s) != 64 {
		return false
	}
	for _, c := range []byte(s) {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// resume compares where a piece begins with how much is there. A blob that is whole is whole, whatever its terminal
// believes: the answer to its last piece was lost.
func (g *Gateway) resume(ctx context.Context, c store.Chunk) (have int64, whole bool, refused *refusal) {
	have, size, whole, err := g.store.BlobState(ctx, c.Digest)
	switch {
	case errors.Is(err, store.ErrNotFound):
		have = 0
	case err != nil:
		return 0, false, refuseStore(err)
	case size != c.Size && !whole:
		return 0, false, g.discard(ctx, c.Digest, refuse(http.StatusUnprocessableEntity, wire.ProblemDigest,
			"the upload was begun with another "+wire.HeaderUploadLength+": what came is thrown away, begin at 0"))
	case size != c.Size:
		return 0, false, refuse(http.StatusUnprocessableEntity, wire.ProblemDigest, "this blob is here with another length")
	}
	if !whole && c.Offset != have {
		return 0, false, refuseOffset(have)
	}
	return have, whole, nil
}

func refuseOffset(have int64) *refusal {
	return refuse(http.StatusConflict, wire.ProblemOffset, "go on at "+wire.HeaderUploadOffset).at(have)
}

// append reads a piece and keeps it. Of a piece that was cut off on the way what did come is kept: on a bad line that
// may be all that ever comes in one go. (TLS vouches for each byte of it, the digest for the whole.)
func (g *Gateway) append(w http.ResponseWriter, r *http.Request, c store.Chunk, have int64) (int64, *refusal) {
	data, refused := readChunk(w, r, min(maxChunk, c.Size-c.Offset))
	if len(data) == 0 {
		return have, refused
	}
	c.Data, c.At = data, g.stamp()
	have, err := g.store.AppendBlob(context.WithoutCancel(r.Context()), c)
	switch {
	case refused != nil:
		return have, refused
	case errors.Is(err, store.ErrOffset):
		return have, refuseOffset(have)
	case err != nil:
		return have, refuseStore(err)
	}
	return have, nil
}

// readChunk returns what came, also with a refusal that says it is not all; nothing of a piece that is too long.
func readChunk(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, *refusal) {
	if r.ContentLength > limit {
		return nil, refuseLarge(limit)
	}
	data, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	if over, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return nil, refuseLarge(over.Limit)
	}
	if err != nil {
		return data, refuse(http.StatusRequestTimeout, problemBlank, "the piece did not arrive whole: ask how much did, and go on there").because(err)
	}
	return data, nil
}

// finish checks a blob whose bytes are all there, as a record is checked, and makes it whole.
func (g *Gateway) finish(ctx context.Context, terminal store.Terminal, digest string) (wire.Ack, []byte, *refusal) {
	item, refused := g.checkBlob(ctx, terminal, digest)
	if refused != nil {
		return wire.Ack{}, nil, refused
	}
	stored, again, err := g.store.FinishBlob(ctx, digest, g.stamp())
	switch {
	case errors.Is(err, store.ErrDigest):
		return wire.Ack{}, nil, refuseBlobDigest(err)
	case err != nil:
		return wire.Ack{}, nil, refuseStore(err)
	}
	g.note(ctx, laneBlobs, store.Record{ID: digest, Terminal: terminal.ID, Item: item}, again)
	return g.sign(wire.Ack{ID: digest, Digest: digest, StoredAt: stored, Again: again})
}

func refuseBlobDigest(err error) *refusal {
	return refuse(http.StatusUnprocessableEntity, wire.ProblemDigest, "what came has another digest and is thrown away: begin at 0").because(err)
}

// checkBlob holds a blob to its name, and lets only a packet in that its terminal may bring and this gateway can open.
func (g *Gateway) checkBlob(ctx context.Context, terminal store.Terminal, digest string) (item string, refused *refusal) {
	data, err := g.store.Blob(ctx, digest)
	switch {
	case errors.Is(err, store.ErrPurged): // was whole, is handed over and gone: acknowledged for ever
		return "", nil
	case err != nil:
		return "", refuseStore(err)
	}
	if err := store.CheckBlob(digest, data); err != nil {
		return "", g.discard(ctx, digest, refuseBlobDigest(err))
	}
	binding, plain, refused := g.openFrom(ctx, data, terminal, func(seal.Binding) bool { return true })
	if refused != nil {
		if refused.Status == http.StatusUnprocessableEntity {
			refused = g.discard(ctx, digest, refused)
		}
		return "", refused
	}
	clear(plain)
	return binding.Item, nil
}

// discard throws away what is there of a half blob.
func (g *Gateway) discard(ctx context.Context, digest string, refused *refusal) *refusal {
	if err := g.store.DropBlob(ctx, digest); err != nil {
		return refuseStore(fmt.Errorf("discard blob: %w", err))
	}
	return refused
}
