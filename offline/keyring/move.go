package keyring

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"zhizhu/offline/seal"
)

// Ensure opens the station key of a folder, and makes one where there is none, wrapped by Options.New from the first
// moment. A file that is damaged is set aside, since staff are told to enrol again over it; a key that merely can't be
// opened here and now is an error, and stays.
func Ensure(ctx context.Context, dir string, o Options) ([]byte, Provider, error) {
	o = o.withDefaults()
	key, p, err := Open(ctx, dir, o)
	if err == nil {
		return key, p, nil
	}
	if errors.Is(err, ErrDamaged) {
		if _, err := SetAside(dir); err != nil {
			return nil, "", err
		}
	} else if !errors.Is(err, ErrMissing) {
		return nil, p, err
	}
	key = make([]byte, seal.StationKeySize)
	if _, err := io.ReadFull(o.Rand, key); err != nil {
		return nil, "", fmt.Errorf("make station key: read randomness: %w", err)
	}
	if err := put(ctx, dir, key, o.New, nil, o); err != nil {
		clear(key)
		return nil, "", fmt.Errorf("make station key: %w", err)
	}
	return key, o.New, nil
}

// Move wraps the key of a folder anew: by another provider, or with another PIN or passphrase (secret, which a TPM may do
// without). The old form is removed once the new one was opened from disk. What opens the old one comes from o.
func Move(ctx context.Context, dir string, to Provider, secret []byte, o Options) error {
	o = o.withDefaults()
	if !to.Known() {
		return fmt.Errorf("move station key: there is no provider %q", to)
	}
	key, _, err := Open(ctx, dir, o)
	if err != nil {
		return fmt.Errorf("move station key: %w", err)
	}
	defer clear(key)
	if err := put(ctx, dir, key, to, secret, o); err != nil {
		return fmt.Errorf("move station key to %s, the old form still holds: %w", to, err)
	}
	return nil
}

// put writes a key in a provider's form, and removes other forms.
func put(ctx context.Context, dir string, key []byte, to Provider, secret []byte, o Options) error {
	if to == Plain {
		return putPlain(dir, key, o)
	}
	w, err := wrap(ctx, key, to, secret, o)
	if err != nil {
		return err
	}
	text, err := w.encode()
	if err != nil {
		return err
	}
	next := filepath.Join(dir, nextFile)
	if err := o.disk.Write(next, text); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if err := verify(ctx, next, secret, o); err != nil {
		return errors.Join(fmt.Errorf("open again what was written: %w", err), os.Remove(next))
	}
	if err := o.disk.Rename(next, filepath.Join(dir, wrapFile)); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	if err := o.disk.Remove(filepath.Join(dir, plainFile)); err != nil {
		return fmt.Errorf("remove the plain key: %w", err)
	}
	return nil
}

func putPlain(dir string, key []byte, o Options) error {
	text := formatKey(key)
	defer clear(text)
	if err := o.disk.Write(filepath.Join(dir, plainFile), text); err != nil {
		return fmt.Errorf("write: %w", err)
	}
	again, err := readPlain(dir)
	if err != nil {
		return err
	}
	defer clear(again)
	if checkOf(again) != checkOf(key) {
		return ErrOtherKey
	}
	if err := o.disk.Remove(filepath.Join(dir, wrapFile)); err != nil {
		return fmt.Errorf("remove the wrapped key: %w", err)
	}
	return nil
}

func wrap(ctx context.Context, key []byte, to Provider, secret []byte, o Options) (w wrapped, err error) {
	w = wrapped{Format: wrapFormat, Provider: to, Check: checkOf(key)}
	switch to {
	case TPM:
		w.TPM, err = sealByTPM(ctx, key, secret, o)
	case Passphrase:
		if secret == nil {
			if secret, err = o.secret(ctx, Passphrase); err != nil {
				return w, err
			}
			defer clear(secret)
		}
		w.Passphrase, err = stretch(key, secret, o)
	case Systemd: // verified below: the credential must hold this key already
	case Plain: // never wrapped
	}
	return w, err
}

// verify opens what was written, from the disk.
func verify(ctx context.Context, path string, secret []byte, o Options) error {
	text, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	w, err := decodeWrapped(text)
	if err != nil {
		return err
	}
	if secret != nil {
		o.Secret = func(context.Context, Provider) ([]byte, error) { return append([]byte{}, secret...), nil }
	}
	key, err := w.open(ctx, o)
	clear(key)
	return err
}

// Export writes the key in hex, to be piped into systemd-creds:
//
//	zhizhu station-key export | systemd-creds --name=zhizhu-station-key encrypt - /etc/credstore.encrypted/zhizhu-station-key
func Export(ctx context.Context, dir string, o Options, out io.Writer) error {
	key, _, err := Open(ctx, dir, o)
	if err != nil {
		return fmt.Errorf("export station key: %w", err)
	}
	defer clear(key)
	text := formatKey(key)
	defer clear(text)
	if _, err := out.Write(text); err != nil {
		return fmt.Errorf("export station key: %w", err)
	}
	return nil
}

// SetAside gives the key of a folder another name, so that enrolling makes a new one. It is for keys that can never be
// opened again, such as those of a mainboard that is gone. What lay under the key, look-ups of earlier matters and their
// receipts for reprinting, is lost until it is put back; lodged packets are not concerned. It returns the new names.
func SetAside(dir string) ([]string, error) {
	var names []string
	for _, name := range []string{wrapFile, plainFile} {
		path := filepath.Join(dir, name)
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return names, fmt.Errorf("set station key aside: %w", err)
		}
		aside := fmt.Sprintf("%s.damaged-%s", path, seal.Digest(text)[:8])
		clear(text)
		if err := os.Rename(path, aside); err != nil {
			return names, fmt.Errorf("set station key aside: %w", err)
		}
		names = append(names, aside)
	}
	return names, nil
}
