package kiosk

import (
	"context"

	"zhizhu/app/visit"
	"zhizhu/devices"
)

// Screen shows views. Show must not block: it hands the view to the screen's own goroutine, the newest wins.
type Screen interface {
	Show(v visit.View)
	// Wipe drops every text, picture and field value that the last visit left, and returns when it is done.
	Wipe(ctx context.Context) error
}

// CardReader looks for cards while it is armed. Its events reach the kiosk by Post.
type CardReader interface {
	Arm(on bool)
	// Watch makes it tell whether the card that was read last still lies there, and when it is taken away.
	Watch(on bool)
	// Forget drops what it still holds of the last card.
	Forget()
}

// Scanner reads codes. What it reads reaches the kiosk by Post, triggered or not.
type Scanner interface {
	// Trigger says that a code is wanted now, or no more: one with a trigger or a camera looks then only.
	Trigger(on bool)
	// Forget drops what it still holds of the last code.
	Forget()
}

// Printer prints one document and says what became of it. It blocks until that is known, or ctx ends. A call that
// doesn't come back then is left behind, and further calls are made beside it: documents never get mixed up by that,
// and one whose ctx has ended is not begun any more.
type Printer interface {
	Print(ctx context.Context, doc devices.Document) devices.PrintResult
}

// Matters is the offline half: what was lodged here.
type Matters interface {
	// Lodge returns once matter, receipt number and outbox entry are on disk. Its error is a *LodgeError.
	Lodge(ctx context.Context, d visit.Draft) (visit.Lodged, error)
	// Find returns what was lodged here under an ID number, or the one matter with a receipt number, newest first.
	Find(ctx context.Context, idNumber, number string) ([]visit.Record, error)
	// Rate puts a rating into the outbox.
	Rate(ctx context.Context, r visit.PutRating) error
	// MarkDelivered records that letters were shown to their person.
	MarkDelivered(ctx context.Context, letters []string) error
	// MarkPrinted records that a matter's receipt came out on paper.
	MarkPrinted(ctx context.Context, number string) error
}

// LodgeError says why a matter was not taken in.
type LodgeError struct {
	Fault visit.LodgeFault
	Err   error
}

func (e *LodgeError) Error() string { return "lodge matter: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *LodgeError) Unwrap() error { return e.Err }
