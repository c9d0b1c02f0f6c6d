package outbox

import (
	"errors"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestNumbersReadBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		terminal := rapid.StringMatching(`[A-Z0-9]{2,8}(-[0-9]{1,2})?`).Draw(t, "terminal")
		serial := rapid.Uint64Range(1, 10_000_000).Draw(t, "serial")
		s := FormatNumber(terminal, "20261123", serial)
		n, err := ParseNumber(s)
		if err != nil || n != (Number{terminal, "20261123", serial}) || n.String() != s {
			t.Fatalf("%s: %+v, %v", s, n, err)
		}
		if _, err := ParseNumber(" " + strings.ToLower(s) + "\n"); err != nil {
			t.Fatalf("small letters: %v", err)
		}
		// MOD 11,10 finds every single wrong digit.
		i := rapid.IntRange(0, len(s)-1).Draw(t, "at")
		if d := s[i]; '0' <= d && d <= '9' {
			wrong := s[:i] + string('0'+(d-'0'+1+rapid.ByteRange(0, 8).Draw(t, "by"))%10) + s[i+1:]
			if _, err := ParseNumber(wrong); !errors.Is(err, ErrNumber) {
				t.Fatalf("%s misread as %s: %v", s, wrong, err)
			}
		}
	})
}

// The value is written down, so that app/receipt, which has the same rule, can be held to it.
func TestNumberFormat(t *testing.T) {
	if got := checkDigit("0794"); got != 5 { // the example of ISO 7064
		t.Errorf("check digit of 0794 is %d, want 5", got)
	}
	for _, c := range []struct {
		terminal string
		serial   uint64
		want     string
	}{
		{"MX0427-1", 18, "MX0427-1-20261123-0018-0"},
		{"mx0427-1", 18, "MX0427-1-20261123-0018-0"},
		{"MX0427-1", 123456, "MX0427-1-20261123-123456-7"},
		{"村01", 1, "01-20261123-0001-8"},
		{"", 1, "T-20261123-0001-3"},
	} {
		if got := FormatNumber(c.terminal, "20261123", c.serial); got != c.want {
			t.Errorf("%q, %d: %s, want %s", c.terminal, c.serial, got, c.want)
		}
	}
}

func TestWhatIsNoNumber(t *testing.T) {
	for _, s := range []string{
		"", "-", "----", "0018", "MX0427-1-20261123-0018", "MX0427-1-20261123-0018-", "MX0427-1-20261323-0018-0",
		"MX0427-1-20261123-0000-1", "MX0427-1-20261123-18-1", "MX0427-1-20261123-00018-1", "-20261123-0001-9",
		"https://example.com/MX0427-1-20261123-0018-1", "6901234567892", "MX0427-1-20261123-+018-1",
	} {
		if n, err := ParseNumber(s); !errors.Is(err, ErrNumber) {
			t.Errorf("%q: %+v, %v, want ErrNumber", s, n, err)
		}
	}
}

func FuzzParseNumber(f *testing.F) {
	f.Add("MX0427-1-20261123-0018-1")
	f.Add("A-20261123-0001-0")
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseNumber(s)
		if err == nil && n.String() != strings.ToUpper(strings.TrimSpace(s)) {
			t.Fatalf("%q reads as %+v, which is written %s", s, n, n)
		}
	})
}
