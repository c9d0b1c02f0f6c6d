package gateway

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"zhizhu/offline/gateway/internal/durable"
	"zhizhu/offline/seal"
)

const (
	sealKeyFile = "seal.key"
	ackKeyFile  = "ack.key"
	codeKeyFile = "code.key"
	codeKeySize = 32
)

// keys are the gateway's own keys beside the authority's.
type keys struct {
	seal *seal.PrivateKey // opens packets
	ack  *seal.PrivateKey // signs acknowledgements
	code []byte           // enrolment codes are looked up by their keyed hash
}

// openKeys reads the keys. A missing one is made only where create allows it.
func openKeys(dir string, create bool, random io.Reader) (keys, error) {
	makeSM2 := func() ([]byte, error) {
		key, err := seal.GenerateKey(random)
		if err != nil {
			return nil, err
		}
		return key.PEM()
	}
	makeCode := func() ([]byte, error) {
		key := make([]byte, codeKeySize)
		if _, err := io.ReadFull(random, key); err != nil {
			return nil, fmt.Errorf("read randomness: %w", err)
		}
		return []byte(hex.EncodeToString(key) + "\n"), nil
	}
	var k keys
	var err error
	if k.seal, err = readSM2(filepath.Join(dir, sealKeyFile), create, makeSM2); err != nil {
		return keys{}, err
	}
	if k.ack, err = readSM2(filepath.Join(dir, ackKeyFile), create, makeSM2); err != nil {
		return keys{}, err
	}
	k.code, err = readCodeKey(filepath.Join(dir, codeKeyFile), create, makeCode)
	return k, err
}

func readSM2(path string, create bool, generate func() ([]byte, error)) (*seal.PrivateKey, error) {
	text, err := readOrMake(path, create, generate)
	if err != nil {
		return nil, err
	}
	key, err := seal.ParsePrivateKey(text)
	if err != nil {
		return nil, fmt.Errorf("read %s: %w: restore it from the backup of the gateway's directory", path, err)
	}
	return key, nil
}

func readCodeKey(path string, create bool, generate func() ([]byte, error)) ([]byte, error) {
	text, err := readOrMake(path, create, generate)
	if err != nil {
		return nil, err
	}
	if len(text) < 2*codeKeySize {
		return nil, fmt.Errorf("read %s: too short: restore it from the backup of the gateway's directory", path)
	}
	key, err := hex.DecodeString(string(text[:2*codeKeySize]))
	if err != nil {
		return nil, fmt.Errorf("read %s: not hex: restore it from the backup of the gateway's directory", path)
	}
	return key, nil
}

func readOrMake(path string, create bool, generate func() ([]byte, error)) ([]byte, error) {
	text, err := os.ReadFile(path)
	if !errors.Is(err, fs.ErrNotExist) {
		if err != nil {
			return nil, fmt.Errorf("read key: %w", err)
		}
		return text, nil
	}
	if !create {
		return nil, fmt.Errorf("read key: %s is missing, though something is stored already: restore it from the backup of the gateway's directory", path)
	}
	if text, err = generate(); err != nil {
		return nil, fmt.Errorf("make %s: %w", path, err)
	}
	if err := durable.WriteFile(path, text, 0o600); err != nil {
		return nil, fmt.Errorf("make key: %w", err)
	}
	return text, nil
}
