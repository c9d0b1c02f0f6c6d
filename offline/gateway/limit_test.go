package gateway

import (
	"fmt"
	"testing"
	"time"
)

func TestLimiter(t *testing.T) {
	now := time.Date(2026, 11, 23, 8, 0, 0, 0, time.UTC)
	l := newLimiter(func() time.Time { return now })
	for range maxFailures {
		if l.wait("10.0.0.1:1000") != 0 {
			t.Fatal("limited too early")
		}
		l.fail("10.0.0.1:1000")
	}
	for remote, limited := range map[string]bool{
		"10.0.0.1:1000": true, "10.0.0.1:2000": true, "[::ffff:10.0.0.1]:3000": true, "10.0.0.2:1000": false,
		"[2001:db8::1]:1": false, "nonsense": false,
	} {
		if (l.wait(remote) > 0) != limited {
			t.Errorf("%s: limited %v", remote, !limited)
		}
	}
	for range maxFailures {
		l.fail("[2001:db8::1]:1")
	}
	if l.wait("[2001:db8::ffff]:2") == 0 || l.wait("[2001:db8:1::1]:1") != 0 {
		t.Error("an IPv6 network is not one address")
	}
	now = now.Add(failureWindow)
	if l.wait("10.0.0.1:1000") != 0 {
		t.Error("limited for ever")
	}
	for i := range 3 * maxAddresses {
		l.fail(fmt.Sprintf("10.%d.%d.%d:1", i>>16, i>>8&255, i&255))
	}
	if len(l.seen) > maxAddresses {
		t.Errorf("%d addresses are kept", len(l.seen))
	}
}

func FuzzParseDigest(f *testing.F) {
	f.Add("sm3=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:")
	f.Add("sha-256=:AAAA:, sm3=:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=:")
	f.Add("sm3=:")
	f.Add("sm3=::")
	f.Add(",,=")
	f.Fuzz(func(t *testing.T, header string) {
		if sum, ok := parseDigest(header); ok && len(sum) != 32 {
			t.Fatalf("%q gave %d bytes", header, len(sum))
		}
	})
}

func FuzzNormalCode(f *testing.F) {
	f.Add("wh97y-6gmqs")
	f.Add("  OIL00 00000 ")
	f.Add("一二三四五六七八九十")
	f.Fuzz(func(t *testing.T, typed string) {
		code, good := normalCode(typed)
		if !good {
			return
		}
		if again, good := normalCode(code); !good || again != code || len(code) != codeLength {
			t.Fatalf("%q became %q, then %q", typed, code, again)
		}
	})
}
