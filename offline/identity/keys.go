package identity

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"zhizhu/offline/keyring"
	"zhizhu/offline/seal"
)

// keys are the terminal's own secrets.
type keys struct {
	terminalPEM []byte
	sign        *seal.PrivateKey
	post        *seal.PrivateKey
	station     []byte
	provider    keyring.Provider
}

func (k *keys) clear() {
	clear(k.terminalPEM)
	clear(k.station)
}

// opening is keyring.Open or keyring.Ensure.
type opening func(ctx context.Context, dir string, o keyring.Options) ([]byte, keyring.Provider, error)

// readKeys reads all keys, and opens the station key last, since that may cost a question or a while.
func readKeys(ctx context.Context, dir, keyFile string, o keyring.Options, open opening) (*keys, error) {
	terminal, err := readSecret(dir, keyFile)
	if err != nil {
		return nil, err
	}
	sign, err := readSM2(dir, signKeyFile)
	if err != nil {
		return nil, err
	}
	post, err := readSM2(dir, postKeyFile)
	if err != nil {
		return nil, err
	}
	station, provider, err := open(ctx, dir, o)
	if err != nil {
		return nil, stationKeyError(err)
	}
	return &keys{terminalPEM: terminal, sign: sign, post: post, station: station, provider: provider}, nil
}

// stationKeyError tells a key that is gone from one that can't be opened here and now: enrolling again helps the first.
func stationKeyError(err error) error {
	if errors.Is(err, keyring.ErrMissing) || errors.Is(err, keyring.ErrDamaged) {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return err
}

func readSM2(dir, name string) (*seal.PrivateKey, error) {
	text, err := readSecret(dir, name)
	if err != nil {
		return nil, err
	}
	key, err := seal.ParsePrivateKey(text)
	clear(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", name, ErrDamaged, err)
	}
	return key, nil
}

func readSecret(dir, name string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is missing: %w", name, ErrDamaged)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return text, nil
}
