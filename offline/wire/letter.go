package wire

import (
	"strconv"
	"time"
)

// LetterKind says what a Letter is.
type LetterKind string

// Kinds of letters.
const (
	LetterAccepted   LetterKind = "accepted"   // 受理
	LetterCorrection LetterKind = "correction" // 补正: everything that is missing, at once
	LetterRefused    LetterKind = "refused"    // 不予受理 or 退件, with the reason
	LetterSettled    LetterKind = "settled"    // 办结, with the result where it is words
	LetterReply      LetterKind = "reply"      // an answer to 办不成事 or to a question
)

// Letter is what the upstream says about one matter, for the person who lodged it. It holds personal data.
type Letter struct {
	ID         string     `json:"id"` // UUID, made by the gateway
	Kind       LetterKind `json:"kind"`
	Matter     string     `json:"matter"` // id of the matter
	Number     string     `json:"number"` // its receipt number
	ItemName   string     `json:"item_name"`
	IDNumber   string     `json:"id_number,omitempty"` // of the person it is for; "" where the matter named nobody
	At         time.Time  `json:"at"`                  // when the upstream said so
	Office     string     `json:"office,omitempty"`    // who says so
	Text       string     `json:"text,omitempty"`      // plain words; with LetterRefused the reason
	Missing    []string   `json:"missing,omitempty"`   // LetterCorrection: one deficiency each
	Due        string     `json:"due,omitempty"`       // LetterCorrection: ISO 8601 date
	Attachment *File      `json:"attachment,omitempty"`
}

// File is a document that comes down with a letter: a PDF to print on A4.
type File struct {
	Name  string `json:"name"`  // for people, no path
	Media string `json:"media"` // application/pdf
	Data  []byte `json:"data"`
}

// Post is one sealed letter on its way to one terminal: a packet (TypePacket) sealed to the terminal's own SM2 key, bound
// to letter id and terminal, with the gateway's signature over Signed, since anybody may seal to a public key.
type Post struct {
	Seq       uint64 `json:"seq"` // place in this terminal's mailbox, from 1, growing
	ID        string `json:"id"`
	Terminal  string `json:"terminal"`
	Digest    string `json:"digest"` // SM3 of Packet, hex
	Packet    []byte `json:"packet"`
	Signature []byte `json:"signature"` // SM2, by the key of acknowledgements
}

// Signed returns the bytes that the signature covers.
func (p Post) Signed() []byte {
	return []byte("zhizhu-post-1\n" + p.Terminal + "\n" + strconv.FormatUint(p.Seq, 10) + "\n" + p.ID + "\n" + p.Digest + "\n")
}

// Mail answers GET PathMailbox?after=N: this terminal's post with Seq over N, oldest first, as much as fits into one
// answer. A letter stays in the mailbox until its delivery was reported (EventDelivered) or its term is over.
type Mail struct {
	Posts []Post `json:"posts"`
	More  bool   `json:"more,omitempty"`
}
