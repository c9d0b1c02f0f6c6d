package seal

import (
	"crypto/ecdsa"
	"encoding/hex"
	"encoding/pem"
	"fmt"
	"io"
	"log/slog"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/smx509"
)

const pemType = "PRIVATE KEY" // PKCS #8, as openssl 3 and Tongsuo read it

// PublicKey is an SM2 public key.
type PublicKey struct {
	key   *ecdsa.PublicKey
	point []byte // uncompressed, 65 bytes
}

// PrivateKey is an SM2 private key. It never shows itself in logs or errors.
type PrivateKey struct {
	key   *sm2.PrivateKey
	point []byte
}

func newPrivateKey(key *sm2.PrivateKey) (*PrivateKey, error) {
	pub, err := sm2.PublicKeyToECDH(&key.PublicKey)
	if err != nil {
		return nil, fmt.Errorf("read public point: %w", ErrKey)
	}
	return &PrivateKey{key: key, point: pub.Bytes()}, nil
}

// GenerateKey makes an SM2 key pair.
func GenerateKey(rand io.Reader) (*PrivateKey, error) {
	key, err := sm2.GenerateKey(rand)
	if err != nil {
		return nil, fmt.Errorf("generate key: %w", err)
	}
	return newPrivateKey(key)
}

// Public returns the key's public half.
func (k *PrivateKey) Public() *PublicKey {
	return &PublicKey{key: &k.key.PublicKey, point: k.point}
}

// PEM returns the key as PKCS #8 in PEM. It is a secret: write it with mode 0600.
func (k *PrivateKey) PEM() ([]byte, error) {
	der, err := smx509.MarshalPKCS8PrivateKey(k.key)
	if err != nil {
		return nil, fmt.Errorf("write private key: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}), nil
}

// String hides the key.
func (k *PrivateKey) String() string { return "sm2 private key" }

// GoString hides the key.
func (k *PrivateKey) GoString() string { return k.String() }

// LogValue hides the key.
func (k *PrivateKey) LogValue() slog.Value { return slog.StringValue(k.String()) }

// ParsePrivateKey reads what PEM wrote.
func ParsePrivateKey(text []byte) (*PrivateKey, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != pemType {
		return nil, fmt.Errorf("parse private key: no %q block in PEM: %w", pemType, ErrKey)
	}
	parsed, err := smx509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("parse private key: %w", ErrKey)
	}
	key, ok := parsed.(*sm2.PrivateKey)
	if !ok {
		return nil, fmt.Errorf("parse private key: it is a %T, not SM2: %w", parsed, ErrKey)
	}
	return newPrivateKey(key)
}

// Hex returns the uncompressed point, 65 bytes in hex.
func (p *PublicKey) Hex() string { return hex.EncodeToString(p.point) }

// Equal reports whether two keys are the same.
func (p *PublicKey) Equal(q *PublicKey) bool {
	return p != nil && q != nil && string(p.point) == string(q.point)
}

// ParsePublicKey reads what Hex wrote, and refuses a point that is not on the curve.
func ParsePublicKey(text string) (*PublicKey, error) {
	point, err := hex.DecodeString(text)
	if err != nil {
		return nil, fmt.Errorf("parse public key: not hex: %w", ErrKey)
	}
	key, err := sm2.NewPublicKey(point)
	if err != nil {
		return nil, fmt.Errorf("parse public key: not an uncompressed SM2 point: %w", ErrKey)
	}
	return &PublicKey{key: key, point: point}, nil
}

// recipient is how a packet names the key that opens it.
func (p *PublicKey) recipient() [recipientSize]byte {
	sum := sm3.Sum(p.point)
	return [recipientSize]byte(sum[:recipientSize])
}
