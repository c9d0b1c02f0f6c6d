package audit

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"zhizhu/offline/seal"
)

// ErrNoKey: the log was made without the key that signs.
var ErrNoKey = errors.New("audit log has no key to sign with")

// signed is a place in the chain with the terminal's signature: the end of an export, or a checkpoint.
type signed struct {
	Terminal  string    `json:"terminal"`
	Seq       uint64    `json:"seq"`
	Hash      string    `json:"hash"`
	At        time.Time `json:"at"`
	Signature string    `json:"signature"` // SM2, DER in base64, over text
	MAC       string    `json:"mac,omitempty"`
	KeyID     string    `json:"kid,omitempty"` // of MAC
}

// text is what the signature covers.
func (s signed) text() []byte {
	return []byte("zhizhu-audit-head-1\n" + s.Terminal + "\n" + strconv.FormatUint(s.Seq, 10) + "\n" + s.Hash + "\n" +
		s.At.UTC().Format(time.RFC3339Nano) + "\n")
}

// sum is what the MAC covers. It differs from the hash of every record.
func (s signed) sum() hash { return seal.Sum([]byte(chainTag+"checkpoint\n"), s.text()) }

func (l *Log) sign(p point) (signed, error) {
	if l.o.Sign == nil {
		return signed{}, ErrNoKey
	}
	s := signed{Terminal: l.o.Terminal, Seq: p.seq, Hash: hex.EncodeToString(p.hash[:]), At: l.o.Now().UTC().Truncate(time.Millisecond)}
	sig, err := seal.Sign(l.o.Rand, l.o.Sign, s.text())
	if err != nil {
		return s, fmt.Errorf("sign audit head: %w", err)
	}
	mac := l.key.mac(s.sum())
	s.Signature, s.MAC, s.KeyID = base64.StdEncoding.EncodeToString(sig), hex.EncodeToString(mac[:]), hex.EncodeToString(l.key.id[:])
	return s, nil
}

// point returns the place.
func (s signed) point() (point, bool) {
	h, ok := parseHash(s.Hash)
	return point{s.Seq, h}, ok
}

// verdict of something signed.
type verdict int

const (
	unknown verdict = iota // no key to tell by
	genuine
	forged
)

// judge checks the signature, or the MAC, by whatever key there is. One that fails outweighs one that holds.
func (s signed) judge(o VerifyOptions) verdict {
	v := unknown
	if o.Signer != nil {
		sig, err := base64.StdEncoding.DecodeString(s.Signature)
		if err != nil || seal.Verify(o.Signer, s.text(), sig) != nil {
			return forged
		}
		v = genuine
	}
	if o.Box != nil {
		key := newMACKey(o.Box)
		if s.KeyID != hex.EncodeToString(key.id[:]) {
			return v
		}
		mac, ok := parseHash(s.MAC)
		if !ok || !key.good(s.sum(), mac) {
			return forged
		}
		v = genuine
	}
	return v
}

// readCheckpoint returns where a chain begins: at its first record where there is no checkpoint.
func readCheckpoint(text []byte, o VerifyOptions) (begin point, terminal, fault string) {
	if text == nil {
		return begin, "", ""
	}
	var s signed
	if err := json.Unmarshal(text, &s); err != nil {
		return begin, "", "the checkpoint can't be read"
	}
	begin, ok := s.point()
	if !ok {
		return begin, s.Terminal, "the checkpoint can't be read"
	}
	if s.judge(o) == forged {
		return begin, s.Terminal, "the checkpoint was not written by this station"
	}
	return begin, s.Terminal, ""
}
