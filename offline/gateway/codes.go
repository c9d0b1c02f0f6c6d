package gateway

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"zhizhu/offline/gateway/store"
	"zhizhu/offline/seal"
)

const (
	codeAlphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ" // Crockford: no I, L, O, U
	codeLength   = 10                                 // 50 bits
	codeGroup    = 5
	codeTerm     = 7 * 24 * time.Hour
	maxStation   = 32
)

// ErrStation says that a station's code can't be one.
var ErrStation = errors.New("a station's code is 1 to 32 letters, digits, - or _, such as MX0427")

// NewCode makes an enrolment code for one terminal of a station. It can be used once, within seven days. The code is
// nowhere kept in the clear, so it can't be shown again.
func (g *Gateway) NewCode(ctx context.Context, station string) (string, error) {
	if !goodID(station) || len(station) > maxStation {
		return "", fmt.Errorf("make code: %w", ErrStation)
	}
	random := make([]byte, codeLength)
	if _, err := io.ReadFull(g.rand, random); err != nil {
		return "", fmt.Errorf("make code: read randomness: %w", err)
	}
	for i, b := range random {
		random[i] = codeAlphabet[int(b)%len(codeAlphabet)] // 256 is a multiple of 32: no letter is favoured
	}
	code, now := string(random), g.now().UTC()
	err := g.store.AddCode(ctx, store.Code{MAC: g.codeMAC(code), Station: station, Made: now, Expires: now.Add(codeTerm)})
	if err != nil {
		return "", fmt.Errorf("make code: %w", err)
	}
	g.log.InfoContext(ctx, "Enrolment code made", slog.String("station", station))
	return code[:codeGroup] + "-" + code[codeGroup:], nil
}

// codeMAC is what a code is kept and looked up by. Since nobody without the key can steer it, how long a look-up takes
// tells nothing about the codes that exist.
func (g *Gateway) codeMAC(code string) string {
	return hex.EncodeToString(seal.KeyedHash(g.keys.code, "zhizhu-enrol-1 "+code))
}

// normalCode brings what a person typed into the form of NewCode: any case, with or without separators, O for 0, I or
// L for 1.
func normalCode(typed string) (string, bool) {
	code := strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '-' || r == '\t' || r == '\n' || r == '\r':
			return -1
		case r >= 'a' && r <= 'z':
			r -= 'a' - 'A'
		}
		switch r {
		case 'O':
			return '0'
		case 'I', 'L':
			return '1'
		}
		return r
	}, typed)
	good := len(code) == codeLength && !strings.ContainsFunc(code, func(r rune) bool {
		return !strings.ContainsRune(codeAlphabet, r)
	})
	return code, good
}
