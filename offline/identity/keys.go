package identity

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"zhizhu/offline/seal"
)

// keys are the terminal's own secrets.
type keys struct {
	terminalPEM []byte
	sign        *seal.PrivateKey
	post        *seal.PrivateKey
	station     []byte
}

func readKeys(dir, keyFile string) (*keys, error) {
	terminal, err := readSecret(dir, keyFile)
	if err != nil {
		return nil, err
	}
	sign, err := readSM2(dir, signKeyFile)
	if err != nil {
		return nil, err
	}
	post, err := readSM2(dir, postKeyFile)
	if err != nil {
		return nil, err
	}
	text, err := readSecret(dir, stationKeyFile)
	if err != nil {
		return nil, err
	}
	station, err := parseStationKey(text)
	if err != nil {
		return nil, err
	}
	return &keys{terminalPEM: terminal, sign: sign, post: post, station: station}, nil
}

func readSM2(dir, name string) (*seal.PrivateKey, error) {
	text, err := readSecret(dir, name)
	if err != nil {
		return nil, err
	}
	key, err := seal.ParsePrivateKey(text)
	clear(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", name, ErrDamaged, err)
	}
	return key, nil
}

func parseStationKey(text []byte) ([]byte, error) {
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != seal.StationKeySize {
		return nil, fmt.Errorf("%s: %w", stationKeyFile, ErrDamaged)
	}
	return key, nil
}

func readSecret(dir, name string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is missing: %w", name, ErrDamaged)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return text, nil
}
