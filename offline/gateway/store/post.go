package store

import (
	"context"
	"time"
)

// Post is one sealed letter on its way to one terminal.
type Post struct {
	Seq       uint64 // place in the terminal's mailbox, from 1, growing
	ID        string // of the letter; a letter may go to several terminals
	Terminal  string
	Matter    string // id of the matter
	Digest    string // SM3 of Packet, hex
	Packet    []byte
	Signature []byte
	At        time.Time
	Expires   time.Time
}

// Posts are what waits for terminals.
type Posts interface {
	// AddPost puts a letter into a terminal's mailbox: fill gets the mailbox's next sequence number (it is part of what
	// is signed) and returns the post; ID, Matter, Digest, Packet, Signature and Expires are kept of it. A letter ID
	// that this mailbox has, or ever had, is left alone without an error: who is not sure adds it again. An error of
	// fill changes nothing and is returned.
	//
	// fill is called while the engine holds its transaction, so it must not call the store; it may be called again.
	AddPost(ctx context.Context, terminal string, at time.Time, fill func(seq uint64) (Post, error)) error
	// Posts returns up to limit posts of a terminal with Seq greater than after, in ascending order. None ever turns up
	// before a Seq that was returned.
	Posts(ctx context.Context, terminal string, after uint64, limit int) ([]Post, error)
	// DropPost removes a letter from all mailboxes and returns from how many.
	DropPost(ctx context.Context, letterID string) (int, error)
	// ExpirePosts removes what expired at now or before and returns how many.
	ExpirePosts(ctx context.Context, now time.Time) (int, error)
}
