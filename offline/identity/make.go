package identity

import (
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

	"zhizhu/offline/seal"
)

// makeKeys makes the keys that are missing and leaves those that are there, so that an interrupted enrolment goes on
// with the same ones, and a second enrolment can still read this station's records. The lock has made the folder.
func (v vault) makeKeys() (k *keys, keyFile string, err error) {
	keyFile = v.keyInUse()
	for _, s := range []secret{
		{keyFile, makeTerminalKey, goodTerminalKey},
		{signKeyFile, makeSM2, goodSM2},
		{postKeyFile, makeSM2, goodSM2},
	} {
		if err := v.ensure(s); err != nil {
			return nil, "", err
		}
	}
	k, err = v.keys(keyFile)
	return k, keyFile, err
}

// keyInUse is the key of a certificate that was renewed here, or terminal.key.
func (v vault) keyInUse() string {
	e, _, err := readEnrolled(v.dir)
	if err != nil {
		return terminalKeyFile
	}
	text, err := v.read(e.keyFile())
	if err != nil || goodTerminalKey(text) != nil {
		return terminalKeyFile
	}
	clear(text)
	return e.keyFile()
}

// completeOlder makes what a machine lacks that was enrolled by an earlier version: a post key, and the sealing of the
// others. A post key that is there but can't be read is damage: letters may be sealed to it.
func (v vault) completeOlder(keyFile string) error {
	for _, name := range []string{keyFile, signKeyFile, postKeyFile} {
		if err := v.sealOlder(name); err != nil {
			return err
		}
	}
	if _, err := os.Stat(filepath.Join(v.dir, postKeyFile)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return v.ensure(secret{postKeyFile, makeSM2, goodSM2})
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
