package store

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"time"
)

// Code is a one-time enrolment code of a station. The code itself is never kept: MAC is its keyed hash.
type Code struct {
	MAC     string // hex
	Station string
	Made    time.Time
	Expires time.Time
}

// Claim asks for a terminal's enrolment with a code.
type Claim struct {
	MAC     string
	Key     string // SHA-256 of the certificate key (SubjectPublicKeyInfo), hex
	SignKey string // the terminal's SM2 public key, hex
	PostKey string // the SM2 public key to which letters are sealed, hex; empty from programs that have none yet
	At      time.Time
}

// Terminal is one enrolled machine.
type Terminal struct {
	ID          string    `json:"id"` // Station-Number
	Station     string    `json:"station"`
	Number      int       `json:"number"` // from 1, never given twice
	Key         string    `json:"key"`    // the newest
	SignKey     string    `json:"sign_key"`
	PostKey     string    `json:"post_key,omitempty"`
	Certificate string    `json:"certificate"` // PEM, of Key
	EnrolledAt  time.Time `json:"enrolled_at"`
	RenewedAt   time.Time `json:"renewed_at,omitzero"` // zero before the first renewal
	RevokedAt   time.Time `json:"revoked_at,omitzero"` // zero while it may speak
	// Keys are the earlier ones, oldest first. Each stays good until the end of its own certificate: the answer to a
	// renewal may not have arrived.
	Keys []TerminalKey `json:"keys,omitempty"`
}

// TerminalKey is an earlier key of a terminal.
type TerminalKey struct {
	Key         string `json:"key"`
	Certificate string `json:"certificate"` // PEM
}

// Has reports whether key is the terminal's newest or one of its earlier ones.
func (t Terminal) Has(key string) bool {
	return t.Key == key || slices.ContainsFunc(t.Keys, func(k TerminalKey) bool { return k.Key == key })
}

// Renewed returns the terminal with a new key and certificate. Earlier keys whose certificate has ended are left out; a
// certificate that can't be read counts as one that hasn't. It is what engines keep for Terminals.Renew.
func (t Terminal) Renewed(key, postKey, certificate string, at time.Time) Terminal {
	var keys []TerminalKey
	for _, k := range append(slices.Clone(t.Keys), TerminalKey{Key: t.Key, Certificate: t.Certificate}) {
		if k.Key != key && !ended(k.Certificate, at) {
			keys = append(keys, k)
		}
	}
	t.Key, t.Certificate, t.RenewedAt, t.Keys = key, certificate, at, keys
	if postKey != "" {
		t.PostKey = postKey
	}
	return t
}

// Again returns the terminal as it is when its machine claims it once more: what the claim says of the other keys is
// newer. It is what engines keep for Terminals.Redeem.
func (t Terminal) Again(c Claim) Terminal {
	t.SignKey = c.SignKey
	if c.PostKey != "" {
		t.PostKey = c.PostKey
	}
	return t
}

// Reissued returns what is kept of a terminal that was issued anew in the place of an earlier one with the same ID: the
// machine may still hold the keys of renewals whose answer it got.
func (t Terminal) Reissued(before Terminal) Terminal {
	if before.ID != t.ID {
		return t
	}
	t.Keys = before.Renewed(t.Key, "", t.Certificate, t.EnrolledAt).Keys
	return t
}

func ended(certificate string, at time.Time) bool {
	block, _ := pem.Decode([]byte(certificate))
	if block == nil {
		return false
	}
	c, err := x509.ParseCertificate(block.Bytes)
	return err == nil && at.After(c.NotAfter)
}

// Heartbeat is the last that a terminal said of itself.
type Heartbeat struct {
	Terminal string
	At       time.Time // the gateway's clock
	Body     []byte
}

// Issue makes the terminal that a claim is granted: the number is the station's next, or that of the station's terminal
// that has the claim's key already. It is called while the engine holds its transaction, so it must not call the store;
// it may be called again if the engine retries.
type Issue func(station string, number int) (Terminal, error)

// Terminals are the machines that may speak, and the codes by which they become so.
type Terminals interface {
	// AddCode keeps an enrolment code. One that is there already stays as it is, used or not: who is not sure adds it again.
	AddCode(ctx context.Context, c Code) error
	// Redeem uses a code: it gives a number to issue, and keeps the terminal and the use of the code in one transaction.
	// The number is the station's next, but a key that a terminal of the station has already, and which is not revoked,
	// stays that terminal. A code that is used by a claim with a key that its terminal has returns that same terminal
	// again (with the claim's SignKey and PostKey kept as the newer ones), also after the code's end: the first answer
	// may have been lost. Otherwise, and for a terminal that was revoked since, it is ErrCodeUnknown, ErrCodeUsed or
	// ErrCodeExpired. An error of issue changes nothing and is returned.
	Redeem(ctx context.Context, c Claim, issue Issue) (Terminal, error)
	// Terminal returns an enrolled terminal, or ErrNotFound.
	Terminal(ctx context.Context, id string) (Terminal, error)
	// Terminals returns the terminals of a station, revoked ones too, in the order of their numbers; with "" those of
	// all stations, station after station.
	Terminals(ctx context.Context, station string) ([]Terminal, error)
	// Revoke notes for ever that a terminal may not speak any more, or is ErrNotFound. The first time counts.
	Revoke(ctx context.Context, id string, at time.Time) error
	// Renew gives a terminal a new key with its certificate, and a new post key unless that is empty; the key that it
	// had joins its earlier ones (Terminal.Keys). The same key again takes the newer certificate. ErrNotFound, or
	// ErrRevoked.
	Renew(ctx context.Context, terminal, key, postKey, certificate string, at time.Time) error

	// SetHeartbeat keeps what a terminal says of itself in the place of what it said before, unless that is newer.
	SetHeartbeat(ctx context.Context, terminal string, at time.Time, body []byte) error
	// Heartbeats returns the last one of each terminal that has ever sent one, by terminal.
	Heartbeats(ctx context.Context) ([]Heartbeat, error)
}
