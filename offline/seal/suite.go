package seal

import (
	"crypto/cipher"
	"fmt"
	"hash"
	"io"

	"github.com/emmansun/gmsm/sm2"
	"github.com/emmansun/gmsm/sm3"
	"github.com/emmansun/gmsm/sm4"
)

// suite is one set of algorithms. Everything else in this package is layout.
type suite interface {
	id() byte
	keySize() int // of the symmetric cipher
	wrap(rand io.Reader, to *PublicKey, key []byte) ([]byte, error)
	unwrap(key *PrivateKey, wrapped []byte) ([]byte, error)
	aead(key []byte) (cipher.AEAD, error)
	newHash() hash.Hash
}

const suiteSM = 1

// suites are those that can be opened, and the one of everything sealed now. Another suite takes over by standing first:
// what was sealed before still opens.
type suites []suite

// shipped are the suites of this program.
func shipped() suites { return suites{smSuite{}} }

func (s suites) now() suite { return s[0] }

// of returns the suite with an id, as it stands in a header.
func (s suites) of(id byte) (suite, error) {
	for _, one := range s {
		if one.id() == id {
			return one, nil
		}
	}
	return nil, fmt.Errorf("suite %d is not known here: %w", id, ErrSuite)
}

// smSuite is suite 1: SM2, SM3 and SM4-GCM in software.
type smSuite struct{}

func (smSuite) id() byte           { return suiteSM }
func (smSuite) keySize() int       { return sm4.BlockSize }
func (smSuite) newHash() hash.Hash { return sm3.New() }

func (smSuite) wrap(rand io.Reader, to *PublicKey, key []byte) ([]byte, error) {
	return sm2.Encrypt(rand, to.key, key, sm2.NewPlainEncrypterOpts(sm2.MarshalUncompressed, sm2.C1C3C2))
}

func (smSuite) unwrap(key *PrivateKey, wrapped []byte) ([]byte, error) {
	return key.key.Decrypt(nil, wrapped, sm2.NewPlainDecrypterOpts(sm2.C1C3C2))
}

func (smSuite) aead(key []byte) (cipher.AEAD, error) {
	block, err := sm4.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCM(block)
}
