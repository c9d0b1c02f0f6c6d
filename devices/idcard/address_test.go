package idcard_test

import (
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/idcard"
	"zhizhu/devices/idcard/sam"
)

// readingTook lays a card on an armed reader and returns it as read, and after how long.
func readingTook(b *bubble, id string) (devices.Card, time.Duration) {
	b.Helper()
	b.reader.Arm(true)
	<-time.After(time.Second)
	start := time.Now()
	b.lay(id)
	card := b.want(10*time.Second, devices.CardFound, devices.CardRead).Card
	took := time.Since(start)
	b.m.lift()
	b.nothing(time.Second)
	return card, took
}

func TestTheNewestAddressIsRead(t *testing.T) {
	const moved = "广东省梅州市梅县区雁洋镇搬迁村1号"
	address, err := sam.AppendAddress(nil, moved)
	if err != nil {
		t.Fatal(err)
	}
	for name, tc := range map[string]struct {
		set  func(*module)
		want string
		cost time.Duration // at most, beside a reader that says "none" (91) at once
	}{
		"there is one":      {func(m *module) { m.address = address }, moved, 10 * time.Millisecond},
		"there is none":     {func(*module) {}, "", time.Millisecond},
		"never answered":    {func(m *module) { m.mute[sam.ReadAddress] = true }, "", 0},
		"answered slowly":   {func(m *module) { m.address, m.think[sam.ReadAddress] = address, 200*time.Millisecond }, moved, 210 * time.Millisecond},
		"answered too late": {func(m *module) { m.address, m.think[sam.ReadAddress] = address, time.Second }, "", 0},
		"command wrong": {func(m *module) {
			m.instead = func(r sam.Request) (sam.Reply, bool) {
				return sam.Reply{Status: sam.BadCommand}, r.Op == sam.ReadAddress
			}
		}, "", time.Millisecond},
		"cut short": {func(m *module) { m.address = address[:60] }, "", 310 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				plain := newBubble(t, newModule(), idcard.Options{})
				_, bare := readingTook(plain, "chen-guilan")
				plain.end()
				m := newModule()
				tc.set(m)
				b := newBubble(t, m, idcard.Options{})
				card, took := readingTook(b, "chen-guilan")
				if card.LatestAddress != tc.want {
					t.Errorf("address %q, want %q", card.LatestAddress, tc.want)
				}
				if over := took - bare; over > tc.cost {
					t.Errorf("the question cost %v, want %v at most", over, tc.cost)
				}
				for range 3 {
					if again, _ := readingTook(b, "liu-agen"); again.LatestAddress != tc.want || again.Number != persona(t, "liu-agen").Number {
						t.Errorf("the next card has the address %q", again.LatestAddress)
					}
				}
				b.end()
			})
		})
	}
}

func TestOnlyResidentsAreAskedForAnAddress(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, newModule(), idcard.Options{})
		for _, id := range []string{"ho-kamwing", "anna-example", "john-sample"} {
			readingTook(b, id)
		}
		if n := b.m.count(sam.ReadAddress); n != 1 { // when the line was new
			t.Errorf("asked %d times", n)
		}
		b.end()
	})
}

// TestACardIsToldThoughTheLineIsLostAfterIt: what was read is not lost for a question that came after it.
func TestACardIsToldThoughTheLineIsLostAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModule()
		b := newBubble(t, m, idcard.Options{})
		<-time.After(time.Second)
		m.mu.Lock()
		m.instead = func(r sam.Request) (sam.Reply, bool) {
			if r.Op == sam.ReadAddress {
				close(b.wire.lost)
			}
			return sam.Reply{}, false
		}
		m.mu.Unlock()
		b.lay("chen-guilan")
		b.reader.Arm(true)
		b.want(time.Second, devices.CardFound, devices.CardRead)
		if err := <-b.ended; devices.KindOf(err) != devices.HungUp {
			t.Error(err)
		}
	})
}
