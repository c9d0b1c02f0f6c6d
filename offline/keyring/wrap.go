package keyring

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"zhizhu/offline/seal"
)

const wrapFormat = "zhizhu-station-key-1"

// wrapped is the content of station.wrap.
type wrapped struct {
	Format     string         `json:"format"`
	Provider   Provider       `json:"provider"`
	Check      string         `json:"check"` // of the key: 8 bytes in hex. The key is random, so this gives nothing away
	TPM        *tpmBlob       `json:"tpm,omitempty"`
	Passphrase *stretchedBlob `json:"passphrase,omitempty"`
}

// tpmBlob is a sealed object of a TPM.
type tpmBlob struct {
	Parent  []byte `json:"parent"` // name of the storage root key: tells TPMs apart
	Public  []byte `json:"public"`
	Private []byte `json:"private"`
	PIN     bool   `json:"pin"`
}

// stretchedBlob is a key under a passphrase.
type stretchedBlob struct {
	Cost   seal.Cost `json:"cost"`
	Salt   []byte    `json:"salt"`
	Sealed []byte    `json:"sealed"` // seal.Box: its first byte is the suite
}

func (w wrapped) encode() ([]byte, error) {
	text, err := json.MarshalIndent(w, "", "  ")
	return append(text, '\n'), err
}

func decodeWrapped(text []byte) (wrapped, error) {
	var w wrapped
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&w); err != nil || w.Format != wrapFormat {
		return w, fmt.Errorf("%s: %w", wrapFile, ErrDamaged)
	}
	whole := w.Provider == Systemd || w.Provider == TPM && w.TPM != nil || w.Provider == Passphrase && w.Passphrase != nil
	if !whole || len(w.Check) != 16 {
		return w, fmt.Errorf("%s: %w", wrapFile, ErrDamaged)
	}
	return w, nil
}

// checkOf is how a key is recognised.
func checkOf(key []byte) string {
	return hex.EncodeToString(seal.KeyedHash(key, "zhizhu-station-check-1")[:8])
}

// parseKey reads a key in hex.
func parseKey(text []byte) ([]byte, error) {
	key := make([]byte, seal.StationKeySize)
	text = bytes.TrimSpace(text)
	if len(text) != hex.EncodedLen(len(key)) {
		return nil, ErrDamaged
	}
	if _, err := hex.Decode(key, text); err != nil {
		return nil, ErrDamaged // without the cause, which quotes it
	}
	return key, nil
}

func formatKey(key []byte) []byte {
	text := make([]byte, hex.EncodedLen(len(key))+1)
	hex.Encode(text, key)
	text[len(text)-1] = '\n'
	return text
}

// trim takes the line's end off a secret that comes from a file.
func trim(secret []byte) []byte { return bytes.TrimRight(secret, "\r\n") }
