package mailbox

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"unicode/utf8"

	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

// Limits of a letter. The gateway's own are no larger.
const (
	maxDocument = 2 << 20            // bytes of an attached PDF
	maxPacket   = 3 << 20            // bytes: the PDF in base64, with words around it
	maxText     = 32 << 10           // bytes of each text
	maxMissing  = 200                // deficiencies
	maxID       = 64                 // bytes
	mediaPDF    = "application/pdf"  // what can be printed
	pdfStart    = "%PDF-"            // and begins like this
	maxName     = 255                // bytes
	badID       = "(not a valid id)" // shown in place of one that is none: nobody vouches for what it says
)

// verify holds a post to the gateway's signature. What passes was sent by the gateway to this terminal, for this place.
func (m *Mailbox) verify(p wire.Post) error {
	switch {
	case len(p.Packet) > maxPacket:
		return ErrDigest // the signed digest can't be of so much
	case !goodID(p.ID) || p.Seq == 0 || p.Seq > math.MaxInt64:
		return ErrSignature
	case p.Terminal != m.o.Terminal:
		return ErrTerminal
	}
	if err := seal.Verify(m.o.AckKey, p.Signed(), p.Signature); err != nil {
		return errors.Join(ErrSignature, err)
	}
	if seal.Digest(p.Packet) != p.Digest {
		return ErrDigest
	}
	return nil
}

// open returns what a verified post holds, as it reads and as it was written. Errors say nothing of the content.
func (m *Mailbox) open(p wire.Post) (l wire.Letter, plain []byte, err error) {
	b, plain, err := seal.OpenPacket(m.o.PostKey, p.Packet)
	if err != nil {
		return l, nil, errors.Join(ErrOpen, err)
	}
	if b.ID != p.ID || b.Terminal != m.o.Terminal {
		clear(plain)
		return l, nil, fmt.Errorf("it is bound to another letter or terminal: %w", ErrOpen)
	}
	if l, err = decodeLetter(plain); err == nil && l.ID != p.ID {
		err = fmt.Errorf("it has another id: %w", ErrLetter)
	}
	if err != nil {
		clear(plain)
		return wire.Letter{}, nil, err
	}
	return l, plain, nil
}

// decodeLetter reads a letter and holds it to the limits. A kind or a field that only a newer program knows is no fault.
func decodeLetter(plain []byte) (wire.Letter, error) {
	var l wire.Letter
	if json.Unmarshal(plain, &l) != nil { // its error may quote the content
		return wire.Letter{}, fmt.Errorf("it can't be read: %w", ErrLetter)
	}
	if err := checkWords(&l); err != nil {
		return wire.Letter{}, err
	}
	if err := checkFile(l.Attachment); err != nil {
		return wire.Letter{}, err
	}
	return l, nil
}

func checkWords(l *wire.Letter) error {
	switch {
	case !goodID(l.ID):
		return fmt.Errorf("its id is none: %w", ErrLetter)
	case l.Matter == "" || l.Kind == "":
		return fmt.Errorf("it names no matter or kind: %w", ErrLetter)
	case len(l.Missing) > maxMissing:
		return fmt.Errorf("it lists %d deficiencies: %w", len(l.Missing), ErrTooLarge)
	}
	for _, s := range []string{l.Matter, l.Number, l.IDNumber, string(l.Kind), l.Due, l.ItemName, l.Office} {
		if len(s) > maxName {
			return fmt.Errorf("a field has %d bytes: %w", len(s), ErrTooLarge)
		}
	}
	for _, s := range append([]string{l.Text}, l.Missing...) {
		if len(s) > maxText {
			return fmt.Errorf("a text has %d bytes: %w", len(s), ErrTooLarge)
		}
	}
	return nil
}

func checkFile(f *wire.File) error {
	switch {
	case f == nil:
		return nil
	case len(f.Data) > maxDocument:
		return fmt.Errorf("its document has %d KiB, at most %d: %w", len(f.Data)>>10, maxDocument>>10, ErrTooLarge)
	case f.Media != mediaPDF || !bytes.HasPrefix(f.Data, []byte(pdfStart)):
		return fmt.Errorf("its document is no PDF: %w", ErrLetter)
	case len(f.Name) > maxName || !utf8.ValidString(f.Name) || strings.ContainsAny(f.Name, "/\\\x00"):
		return fmt.Errorf("its document's name is none: %w", ErrLetter)
	}
	return nil
}

func goodID(id string) bool {
	return id != "" && len(id) <= maxID && !strings.ContainsFunc(id, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

// Refusal says which post was not taken, and why.
type Refusal struct {
	Seq uint64
	ID  string // of the letter
	Why error  // one of the kinds of errors
	// Held: not proven to be the gateway's, or there is no room. The cursor stays before it and it is asked for again.
	// Otherwise it was noted and passed.
	Held bool
}

func refusal(p wire.Post, why error, held bool) Refusal {
	r := Refusal{Seq: p.Seq, ID: p.ID, Why: why, Held: held}
	if !goodID(r.ID) {
		r.ID = badID
	}
	return r
}

// RefusedError says that some posts were refused; all others were taken.
type RefusedError struct {
	Posts []Refusal
}

// Error names each post.
func (e *RefusedError) Error() string {
	var b strings.Builder
	b.WriteString("take post: refused")
	for i, r := range e.Posts {
		if i > 0 {
			b.WriteString(";")
		}
		fmt.Fprintf(&b, " letter %s at %d: %s", r.ID, r.Seq, strings.ReplaceAll(r.Why.Error(), "\n", ": "))
	}
	return b.String()
}

// Unwrap returns why each was refused.
func (e *RefusedError) Unwrap() []error {
	all := make([]error, len(e.Posts))
	for i, r := range e.Posts {
		all[i] = r.Why
	}
	return all
}
