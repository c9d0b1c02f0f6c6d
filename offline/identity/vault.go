package identity

import (
	"bytes"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"zhizhu/offline/keyring/secretfile"
	"zhizhu/offline/seal"
)

// vault reads and writes the folder's key files, which lie sealed under the station key.
type vault struct {
	dir  string
	box  *seal.Box
	rand io.Reader
	disk secretfile.Disk
}

// sealedMark begins a key file: then comes a sealed record (package seal) of PKCS #8 in PEM.
const sealedMark = "zhizhu-key-1\n"

// bound is what a key file is bound to: a terminal's key isn't taken for its post key. Files of terminal keys are renamed.
func bound(name string) []byte {
	if name == nextKeyFile || strings.HasPrefix(name, keyPrefix) {
		name = terminalKeyFile
	}
	return []byte("zhizhu-identity-1 " + name)
}

// write keeps a key.
func (v vault) write(name string, key []byte) error {
	sealed, err := v.box.Seal(v.rand, bound(name), key)
	if err != nil {
		return err
	}
	return v.disk.Write(filepath.Join(v.dir, name), append([]byte(sealedMark), sealed...))
}

// read returns a key in PEM. Clear it after use. A file that can't be read as a key is ErrDamaged.
func (v vault) read(name string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(v.dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is missing: %w: %w", name, ErrDamaged, err)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	sealed, ok := bytes.CutPrefix(text, []byte(sealedMark))
	if !ok {
		return text, nil // in the plain, as the first version wrote it
	}
	key, err := v.box.Open(bound(name), sealed)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", name, ErrDamaged, err)
	}
	return key, nil
}

func (v vault) readSM2(name string) (*seal.PrivateKey, error) {
	text, err := v.read(name)
	if err != nil {
		return nil, err
	}
	defer clear(text)
	key, err := seal.ParsePrivateKey(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", name, ErrDamaged, err)
	}
	return key, nil
}

// sealOlder seals a key file that the first version wrote in the plain. What isn't a key is left as it is.
func (v vault) sealOlder(name string) error {
	path, aside := filepath.Join(v.dir, name), filepath.Join(v.dir, "."+name+".old")
	text, err := os.ReadFile(path)
	if err != nil {
		return ignoreMissing(err)
	}
	defer clear(text)
	if block, _ := pem.Decode(text); block != nil {
		// Another name keeps hold of the plain bytes, so that they can be overwritten once the sealed ones are there.
		if err := os.Link(path, aside); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("seal %s: %w", name, err)
		}
		if err := v.write(name, text); err != nil {
			return fmt.Errorf("seal %s: %w", name, err)
		}
	}
	if err := v.disk.Remove(aside); err != nil {
		return fmt.Errorf("seal %s: %w", name, err)
	}
	return nil
}

func ignoreMissing(err error) error {
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// secret is a key file that is made where it is missing.
type secret struct {
	name string
	make func(io.Reader) ([]byte, error)
	good func(text []byte) error
}

// ensure makes a key that is missing. One that is damaged is set aside: enrolling is what staff are told to do about a
// damaged folder, so it must get over it. Nothing is deleted.
func (v vault) ensure(s secret) error {
	text, err := v.read(s.name)
	if err == nil {
		err = s.good(text)
		clear(text)
		if err == nil {
			return nil
		}
	} else if !errors.Is(err, ErrDamaged) {
		return err
	}
	path := filepath.Join(v.dir, s.name)
	if raw, err := os.ReadFile(path); err == nil {
		if err := os.Rename(path, fmt.Sprintf("%s.damaged-%s", path, seal.Digest(raw)[:8])); err != nil {
			return fmt.Errorf("set %s aside: %w", s.name, err)
		}
	}
	if text, err = s.make(v.rand); err != nil {
		return fmt.Errorf("make %s: %w", s.name, err)
	}
	defer clear(text)
	if err := v.write(s.name, text); err != nil {
		return fmt.Errorf("write %s: %w", s.name, err)
	}
	return nil
}
