package store

import (
	"context"
	"errors"
	"fmt"
	"time"

	"zhizhu/offline/seal"
)

// Chunk is a piece of a blob.
type Chunk struct {
	Digest   string // of the whole blob, 64 hex digits; its name
	Terminal string // who brings it
	Offset   int64  // where Data begins
	Size     int64  // of the whole blob
	Data     []byte
	At       time.Time
}

// Check says what is wrong with a chunk by itself.
func (c Chunk) Check() error {
	switch {
	case c.Size < 1 || c.Offset < 0 || int64(len(c.Data)) > c.Size-c.Offset:
		return fmt.Errorf("%d bytes at %d of %d: %w", len(c.Data), c.Offset, c.Size, ErrSize)
	case len(c.Data) == 0:
		return errors.New("chunk is empty")
	}
	return nil
}

// CheckBlob compares a blob's content with its name.
func CheckBlob(digest string, data []byte) error {
	if seal.Digest(data) != digest {
		return ErrDigest
	}
	return nil
}

// Blobs are attachments: sealed packets named by their digest, which arrive in pieces, on any of several gateways.
//
// A blob is half (some bytes are there, perhaps all), then whole (FinishBlob checked it, for ever), then perhaps purged.
type Blobs interface {
	// BlobState returns how much of a blob is there, its size, and whether it is whole; ErrNotFound where nothing is. A
	// blob that is purged is whole with all its bytes: nobody needs to send it again.
	BlobState(ctx context.Context, digest string) (have, size int64, whole bool, err error)
	// AppendBlob adds a piece and returns how much is there then. ErrOffset, with how much is there, if the piece does
	// not begin where the last one ended (also for a blob that has all its bytes); ErrSize if it is longer than the blob,
	// or the blob was begun with another size. Of two that append the same piece at once, one gets ErrOffset.
	AppendBlob(ctx context.Context, c Chunk) (have int64, err error)
	// FinishBlob checks the digest of a blob whose bytes are all there and makes it whole: it returns when that was
	// first done, and whether it was before. ErrNotFound where nothing is, ErrOffset where bytes are missing. With
	// ErrDigest what came is thrown away: the upload begins at 0 again.
	FinishBlob(ctx context.Context, digest string, at time.Time) (storedAt time.Time, again bool, err error)
	// Blob returns the bytes of a blob once they are all there, whole or not; ErrNotFound before, ErrPurged after.
	Blob(ctx context.Context, digest string) ([]byte, error)
	// DropBlob throws away what is there of a half blob, and nothing stays of it; of a whole one its content is purged,
	// and digest, size and time stay for ever. It is no error where nothing is.
	DropBlob(ctx context.Context, digest string) error
	// DropHalves drops half blobs to which nothing was added since before, and returns how many.
	DropHalves(ctx context.Context, before time.Time) (int, error)
}
