package store

import (
	"errors"
	"strings"
	"unicode/utf8"
)

// maxName is well below what every engine takes as a key.
const maxName = 255 // bytes

// CheckName says whether an id, or the name of a terminal, adapter or lane, can be kept by every engine: 1 to 255 bytes
// of UTF-8 without a zero byte.
func CheckName(names ...string) error {
	for _, name := range names {
		if name == "" || len(name) > maxName || !utf8.ValidString(name) || strings.IndexByte(name, 0) >= 0 {
			return errors.New("names and ids must have 1 to 255 bytes of UTF-8 text")
		}
	}
	return nil
}
