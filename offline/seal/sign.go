package seal

import (
	"crypto/hmac"
	"encoding/hex"
	"fmt"
	"io"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
)

// Sign signs msg by SM2 with SM3 and the default user id. The signature is ASN.1 DER, at most 72 bytes.
func Sign(rand io.Reader, key *PrivateKey, msg []byte) ([]byte, error) {
	sig, err := key.key.Sign(rand, msg, sm2.NewSM2SignerOption(true, nil))
	if err != nil {
		return nil, fmt.Errorf("sign: %w", err)
	}
	return sig, nil
}

// Verify checks a signature of Sign.
func Verify(pub *PublicKey, msg, sig []byte) error {
	if !sm2.VerifyASN1WithSM2(pub.key, nil, msg, sig) {
		return fmt.Errorf("verify: %w", ErrSignature)
	}
	return nil
}

// Digest returns the SM3 digest in hex, 64 characters.
func Digest(p []byte) string {
	sum := sm3.Sum(p)
	return hex.EncodeToString(sum[:])
}

// Sum returns the SM3 digest of the parts, one after the other.
func Sum(parts ...[]byte) [DigestSize]byte {
	h := sm3.New()
	for _, p := range parts {
		h.Write(p)
	}
	return [DigestSize]byte(h.Sum(nil))
}

// DigestSize is the length of a digest in bytes.
const DigestSize = sm3.Size

// KeyedHash returns HMAC-SM3 of s under key, 32 bytes: a look-up value that can't be tried out without the key.
func KeyedHash(key []byte, s string) []byte {
	mac := hmac.New(sm3.New, key)
	mac.Write([]byte(s))
	return mac.Sum(nil)
}
