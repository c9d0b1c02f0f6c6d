package adapter

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"zhizhu/offline/wire"
)

// Adapter hands cases on and brings answers back. It may be called from many goroutines, and by several gateways at
// once.
type Adapter interface {
	// Name names the adapter's kind and place in the store: lower-case letters, digits and -, always the same. A new
	// name is a new platform, to which everything is handed on again.
	Name() string

	// Hand hands one case on. No error means that the platform has it, durably. Everything else is asked again, with
	// the same id and the same bytes, for as long as it takes: so the platform must take an id as the key under which
	// a case exists once, and Hand must return no error for what is there already, byte for byte.
	//
	// An ErrRefused says that the platform has looked at this case and will not have it as it is: it is set aside for a
	// day, and others go on. Other errors are about the platform as a whole. A LaterError among them says when to come back.
	// Hand keeps nothing of what it was given.
	Hand(ctx context.Context, c Case) (Outcome, error)

	// Poll calls take for each answer that the platform has and that was not taken yet, in the order in which the
	// platform gave them, until there are no more.
	//
	// take returns no error once the answer is kept for good: the adapter then sees to it that it does not come again.
	// With an ErrRefused it never will be taken: the adapter puts it aside, with the reason, for people to look at, and
	// goes on. With an ErrLeave it is left for the next Poll, and those behind it come all the same. With any other error
	// it is left, too, and Poll ends with that error. An answer may come twice, so take must know it again by its Key.
	Poll(ctx context.Context, take func(context.Context, Answer) error) error
}

// Signer signs with the gateway's SM2 key: ASN.1 DER, with the default user id 1234567812345678 (GB/T 35276).
type Signer struct {
	Key  string // public key, hex of the uncompressed point
	Sign func(message []byte) ([]byte, error)
}

// Case is a matter or a rating, opened, with everything that belongs to it.
type Case struct {
	Lane     string    `json:"lane"`
	ID       string    `json:"id"` // the key: whatever happens, the same case has the same
	Terminal string    `json:"terminal"`
	Digest   string    `json:"digest"`    // SM3 of the packet in which it came, hex
	StoredAt time.Time `json:"stored_at"` // the gateway's clock
	// Content is the matter or rating, byte for byte as the terminal sealed it: a newer terminal may say more in it than
	// wire.Matter knows.
	Content     json.RawMessage `json:"content"`
	Attachments []Attachment    `json:"attachments,omitempty"`
}

// Attachment is an opened attachment of a matter.
type Attachment struct {
	Material string `json:"material"`
	Name     string `json:"name"`
	Media    string `json:"media"`
	SM3      string `json:"sm3"` // of Data, hex
	Data     []byte `json:"data"`
}

// Outcome is what the platform says of a case that it has.
type Outcome struct {
	Note string // such as the platform's own number; no personal data
}

// Answer is a letter on its way down.
type Answer struct {
	// Key is how the answer is known again: the platform's own id for it, or a digest of it.
	Key string
	wire.Letter
}

// ErrRefused says that one side will not have what the other gave it. What is wrapped around it says why.
var ErrRefused = errors.New("refused")

// ErrLeave says that an answer can't be taken now, though others may be.
var ErrLeave = errors.New("left for later")

// Refuse makes an ErrRefused. The reason must hold no personal data.
func Refuse(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrRefused, fmt.Errorf(format, args...))
}

// LaterError is an error that says when to come back.
type LaterError struct {
	Wait time.Duration
	Err  error
}

func (e *LaterError) Error() string { return e.Err.Error() }

// Unwrap returns what is behind it.
func (e *LaterError) Unwrap() error { return e.Err }
