package identity

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"zhizhu/offline/seal"
)

// makeKeys makes the keys that are missing and leaves those that are there, so that an interrupted enrolment goes on
// with the same ones, and a second enrolment can still read this station's records.
func makeKeys(dir string, rand io.Reader) (*keys, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make identity folder: %w", err)
	}
	if err := os.Chmod(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make identity folder: %w", err)
	}
	for _, k := range []struct {
		name string
		make func(io.Reader) ([]byte, error)
		good func(text []byte) error
	}{
		{terminalKeyFile, makeTerminalKey, goodTerminalKey},
		{signKeyFile, makeSignKey, func(text []byte) error { _, err := seal.ParsePrivateKey(text); return err }},
		{stationKeyFile, makeStationKey, func(text []byte) error { _, err := parseStationKey(text); return err }},
	} {
		path := filepath.Join(dir, k.name)
		text, err := os.ReadFile(path)
		if err == nil && k.good(text) == nil {
			continue
		}
		if err == nil {
			// Enrolling is what staff are told to do about a damaged folder, so it must get over it. Nothing is deleted.
			err = os.Rename(path, fmt.Sprintf("%s.damaged-%s", path, seal.Digest(text)[:8]))
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("read %s: %w", k.name, err)
		}
		if text, err = k.make(rand); err != nil {
			return nil, fmt.Errorf("make %s: %w", k.name, err)
		}
		if err := writeFile(path, text); err != nil {
			return nil, fmt.Errorf("write %s: %w", k.name, err)
		}
	}
	return readKeys(dir)
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

func makeSignKey(rand io.Reader) ([]byte, error) {
	key, err := seal.GenerateKey(rand)
	if err != nil {
		return nil, err
	}
	return key.PEM()
}

func makeStationKey(rand io.Reader) ([]byte, error) {
	key := make([]byte, seal.StationKeySize)
	if _, err := io.ReadFull(rand, key); err != nil {
		return nil, err
	}
	return []byte(hex.EncodeToString(key) + "\n"), nil
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

// writeFile replaces a file, whole or not at all, with mode 0600.
func writeFile(path string, content []byte) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(content)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	dir, err := os.Open(filepath.Dir(path))
	if err != nil {
		return err
	}
	return errors.Join(dir.Sync(), dir.Close())
}
