package identity

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"zhizhu/offline/keyring"
	"zhizhu/offline/keyring/secretfile"
	"zhizhu/offline/seal"
)

// makeKeys makes the keys that are missing and leaves those that are there, so that an interrupted enrolment goes on
// with the same ones, and a second enrolment can still read this station's records.
func makeKeys(ctx context.Context, dir string, rand io.Reader, o keyring.Options) (k *keys, keyFile string, err error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, "", fmt.Errorf("make identity folder: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, "", fmt.Errorf("make identity folder: %w", err)
	}
	keyFile = keyInUse(dir)
	for _, s := range []secret{
		{keyFile, makeTerminalKey, goodTerminalKey},
		{signKeyFile, makeSM2, goodSM2},
		{postKeyFile, makeSM2, goodSM2},
	} {
		if err := s.ensure(dir, rand); err != nil {
			return nil, "", err
		}
	}
	k, err = readKeys(ctx, dir, keyFile, o, keyring.Ensure)
	return k, keyFile, err
}

// keyInUse is the key of a certificate that was renewed here, or terminal.key.
func keyInUse(dir string) string {
	e, _, err := readEnrolled(dir)
	if err != nil {
		return terminalKeyFile
	}
	text, err := os.ReadFile(filepath.Join(dir, e.keyFile()))
	if err != nil || goodTerminalKey(text) != nil {
		return terminalKeyFile
	}
	return e.keyFile()
}

// secret is a file that holds a key.
type secret struct {
	name string
	make func(io.Reader) ([]byte, error)
	good func(text []byte) error
}

// ensure makes a key that is missing.
func (s secret) ensure(dir string, rand io.Reader) error {
	path := filepath.Join(dir, s.name)
	text, err := os.ReadFile(path)
	if err == nil && s.good(text) == nil {
		return nil
	}
	if err == nil {
		// Enrolling is what staff are told to do about a damaged folder, so it must get over it. Nothing is deleted.
		err = os.Rename(path, fmt.Sprintf("%s.damaged-%s", path, seal.Digest(text)[:8]))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("read %s: %w", s.name, err)
	}
	if text, err = s.make(rand); err != nil {
		return fmt.Errorf("make %s: %w", s.name, err)
	}
	if err := (secretfile.Disk{}).Write(path, text); err != nil {
		return fmt.Errorf("write %s: %w", s.name, err)
	}
	clear(text)
	return nil
}

// makePostKey makes the post key of a machine that was enrolled before there were any. One that is there but can't be
// read is damage: letters may be sealed to it.
func makePostKey(dir string, rand io.Reader) error {
	_, err := os.Stat(filepath.Join(dir, postKeyFile))
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return secret{postKeyFile, makeSM2, goodSM2}.ensure(dir, rand)
}

func makeTerminalKey(rand io.Reader) ([]byte, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand)
	if err != nil {
		return nil, err
	}
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return nil, err
	}
	return pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der}), nil
}

func goodTerminalKey(text []byte) error {
	block, _ := pem.Decode(text)
	if block == nil {
		return ErrDamaged
	}
	_, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	return err
}

func goodSM2(text []byte) error {
	_, err := seal.ParsePrivateKey(text)
	return err
}

func makeSM2(rand io.Reader) ([]byte, error) {
	key, err := seal.GenerateKey(rand)
	if err != nil {
		return nil, err
	}
	return key.PEM()
}

// request makes the certificate request of a terminal key. The gateway chooses the name.
func request(rand io.Reader, terminalPEM []byte) (string, error) {
	block, _ := pem.Decode(terminalPEM)
	if block == nil {
		return "", fmt.Errorf("%s: %w", terminalKeyFile, ErrDamaged)
	}
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return "", fmt.Errorf("%s: %w", terminalKeyFile, ErrDamaged)
	}
	der, err := x509.CreateCertificateRequest(rand, &x509.CertificateRequest{Subject: pkix.Name{CommonName: "new terminal"}}, key)
	if err != nil {
		return "", fmt.Errorf("make certificate request: %w", err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})), nil
}
