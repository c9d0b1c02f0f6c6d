package identity

import (
	"context"
	"errors"
	"fmt"
	"io"

	"zhizhu/offline/keyring"
	"zhizhu/offline/keyring/secretfile"
	"zhizhu/offline/seal"
)

// keys are the terminal's own secrets.
type keys struct {
	terminalPEM []byte
	sign        *seal.PrivateKey
	post        *seal.PrivateKey
	box         *seal.Box
}

func (k *keys) clear() { clear(k.terminalPEM) }

// opening is keyring.Open or keyring.Ensure.
type opening func(ctx context.Context, dir string, o keyring.Options) ([]byte, keyring.Provider, error)

// openVault opens the station key and with it the folder.
func openVault(ctx context.Context, dir string, rand io.Reader, o keyring.Options, open opening) (vault, keyring.Provider, error) {
	station, provider, err := open(ctx, dir, o)
	if err != nil {
		return vault{}, provider, stationKeyError(err)
	}
	defer clear(station)
	box, err := seal.NewBox(station)
	if err != nil {
		return vault{}, provider, err
	}
	return vault{dir: dir, box: box, rand: rand, disk: secretfile.Disk{}}, provider, nil
}

// keys reads all keys.
func (v vault) keys(keyFile string) (*keys, error) {
	terminal, err := v.read(keyFile)
	if err != nil {
		return nil, err
	}
	sign, err := v.readSM2(signKeyFile)
	if err != nil {
		return nil, err
	}
	post, err := v.readSM2(postKeyFile)
	if err != nil {
		return nil, err
	}
	return &keys{terminalPEM: terminal, sign: sign, post: post, box: v.box}, nil
}

// stationKeyError tells a key that is gone from one that can't be opened here and now: enrolling again helps the first.
func stationKeyError(err error) error {
	if errors.Is(err, keyring.ErrMissing) || errors.Is(err, keyring.ErrDamaged) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}
