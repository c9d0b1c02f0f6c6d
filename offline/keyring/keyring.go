package keyring

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/google/go-tpm/tpm2/transport"

	"zhizhu/offline/keyring/secretfile"
	"zhizhu/offline/seal"
)

// Files of the folder.
const (
	plainFile = "station.key"
	wrapFile  = "station.wrap"
	nextFile  = "station.next" // a wrapped key that is not verified yet
)

// Credential is the name of the systemd credential.
const Credential = "zhizhu-station-key"

// Options say what opens a key. The zero value does for all but PINs and passphrases.
type Options struct {
	// New is the provider of a key that is made by Ensure; Plain if empty. A key that never lay in the plain can't have
	// been copied from there.
	New Provider
	// TPM opens the machine's TPM; /dev/tpmrm0 if nil.
	TPM func(ctx context.Context) (transport.TPMCloser, error)
	// Secret asks for the PIN or passphrase, which is cleared after use. May be nil.
	Secret func(ctx context.Context, which Provider) ([]byte, error)
	// SecretFile holds the passphrase where Secret is nil.
	SecretFile string
	// CredentialsDir is where systemd puts credentials; $CREDENTIALS_DIRECTORY if empty.
	CredentialsDir string
	Rand           io.Reader // crypto/rand if nil

	disk secretfile.Disk
	cost seal.Cost // tests lower it
}

func (o Options) withDefaults() Options {
	if o.New == "" {
		o.New = Plain
	}
	if o.TPM == nil {
		o.TPM = openDevice
	}
	if o.CredentialsDir == "" {
		o.CredentialsDir = os.Getenv("CREDENTIALS_DIRECTORY")
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	if o.cost == (seal.Cost{}) {
		o.cost = seal.DefaultCost()
	}
	return o
}

// secret asks for what opens a key.
func (o Options) secret(ctx context.Context, p Provider) ([]byte, error) {
	switch {
	case o.Secret != nil:
		return o.Secret(ctx, p)
	case o.SecretFile != "":
		text, err := os.ReadFile(o.SecretFile)
		if err != nil {
			return nil, fmt.Errorf("%w: %w", ErrNoSecret, err)
		}
		return trim(text), nil
	}
	return nil, ErrNoSecret
}

// Which says what wraps the key of a folder, without opening it.
func Which(dir string) (Provider, error) {
	w, err := readWrapped(dir)
	if err == nil {
		return w.Provider, nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("look for station key: %w", err)
	}
	if _, err := os.Stat(filepath.Join(dir, plainFile)); errors.Is(err, fs.ErrNotExist) {
		return "", ErrMissing
	} else if err != nil {
		return "", fmt.Errorf("look for station key: %w", err)
	}
	return Plain, nil
}

// Open returns the station key, seal.StationKeySize bytes, and what wraps it. Clear the key after use.
func Open(ctx context.Context, dir string, o Options) ([]byte, Provider, error) {
	o = o.withDefaults()
	w, err := readWrapped(dir)
	if errors.Is(err, fs.ErrNotExist) {
		key, err := readPlain(dir)
		if err != nil {
			return nil, Plain, fmt.Errorf("open station key: %w", err)
		}
		return key, Plain, nil
	}
	plain, plainErr := readPlain(dir) // there only if a move was interrupted
	if errors.Is(err, ErrDamaged) && plainErr == nil {
		return plain, Plain, nil
	}
	if err != nil {
		return nil, "", fmt.Errorf("open station key: %w", err)
	}
	key, err := w.open(ctx, o)
	if err != nil {
		if plainErr == nil && checkOf(plain) == w.Check {
			return plain, Plain, nil // it lies there anyway: better than to be locked out
		}
		return nil, w.Provider, fmt.Errorf("open station key: %w", err)
	}
	if plainErr == nil {
		clear(plain)
		if err := o.disk.Remove(filepath.Join(dir, plainFile)); err != nil {
			clear(key)
			return nil, w.Provider, fmt.Errorf("open station key: remove its plain copy: %w", err)
		}
	}
	return key, w.Provider, nil
}

// open unwraps a key and makes sure that it is the right one.
func (w wrapped) open(ctx context.Context, o Options) (key []byte, err error) {
	switch w.Provider {
	case TPM:
		key, err = w.TPM.open(ctx, o)
	case Passphrase:
		key, err = w.Passphrase.open(ctx, o)
	case Systemd:
		key, err = readCredential(o.CredentialsDir)
	case Plain: // never in a wrap
		err = ErrDamaged
	}
	if err != nil {
		return nil, err
	}
	if len(key) != seal.StationKeySize || checkOf(key) != w.Check {
		clear(key)
		return nil, ErrOtherKey
	}
	return key, nil
}

func readWrapped(dir string) (wrapped, error) {
	text, err := os.ReadFile(filepath.Join(dir, wrapFile))
	if err != nil {
		return wrapped{}, err
	}
	return decodeWrapped(text)
}

func readPlain(dir string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(dir, plainFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", plainFile, ErrMissing)
	}
	if err != nil {
		return nil, err
	}
	defer clear(text)
	key, err := parseKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", plainFile, err)
	}
	return key, nil
}

// readCredential reads the key as systemd hands it over: in hex, or as it is.
func readCredential(dir string) ([]byte, error) {
	if dir == "" {
		return nil, ErrCredential
	}
	text, err := os.ReadFile(filepath.Join(dir, Credential))
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCredential, err)
	}
	if len(text) == seal.StationKeySize {
		return text, nil
	}
	defer clear(text)
	key, err := parseKey(text)
	if err != nil {
		return nil, fmt.Errorf("credential %s is not a station key: %w", Credential, ErrOtherKey)
	}
	return key, nil
}
