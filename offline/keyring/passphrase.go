package keyring

import (
	"context"
	"fmt"
	"io"

	"zhizhu/offline/seal"
)

const (
	saltSize      = 16
	minPassphrase = 12
	minPIN        = 6
)

const passphraseAD = "zhizhu-station-key-1 passphrase"

// stretch wraps a key by a passphrase.
func stretch(key, passphrase []byte, o Options) (*stretchedBlob, error) {
	if len(passphrase) < minPassphrase {
		return nil, ErrWeak
	}
	b := &stretchedBlob{Cost: o.cost, Salt: make([]byte, saltSize)}
	if _, err := io.ReadFull(o.Rand, b.Salt); err != nil {
		return nil, fmt.Errorf("read randomness: %w", err)
	}
	box, err := b.box(passphrase)
	if err != nil {
		return nil, err
	}
	b.Sealed, err = box.Seal(o.Rand, []byte(passphraseAD), key)
	return b, err
}

func (b *stretchedBlob) box(passphrase []byte) (*seal.Box, error) {
	kek, err := seal.Stretch(passphrase, b.Salt, b.Cost)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	defer clear(kek)
	return seal.NewBox(kek)
}

func (b *stretchedBlob) open(ctx context.Context, o Options) ([]byte, error) {
	passphrase, err := o.secret(ctx, Passphrase)
	if err != nil {
		return nil, err
	}
	defer clear(passphrase)
	box, err := b.box(passphrase)
	if err != nil {
		return nil, err
	}
	key, err := box.Open([]byte(passphraseAD), b.Sealed)
	if err != nil {
		return nil, ErrSecret // or altered: nobody can tell
	}
	return key, nil
}
