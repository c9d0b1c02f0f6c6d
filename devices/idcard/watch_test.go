package idcard_test

import (
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/idcard"
	"zhizhu/devices/idcard/sam"
)

// readers are the ways in which readers treat a card that was read.
func readers() map[string]func() *module {
	return map[string]func() *module{
		"deaf to find":       newModule,
		"finds what it read": func() *module { m := newModule(); m.findsRead = true; return m },
		"silent without a card": func() *module {
			m := newModule()
			m.muteEmpty = true
			m.mute[sam.ReadAddress] = true
			return m
		},
	}
}

// watched runs f with a driver that has read a card, on each kind of reader.
func watched(t *testing.T, f func(*bubble)) {
	for name, make := range readers() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBubble(t, make(), idcard.Options{})
				b.lay("chen-guilan")
				b.reader.Arm(true)
				b.want(5*time.Second, devices.CardFound, devices.CardRead)
				f(b)
				b.end()
			})
		})
	}
}

func TestAWatchedCardIsToldLyingThenLifted(t *testing.T) {
	watched(t, func(b *bubble) {
		b.reader.Arm(false)
		b.reader.Forget()
		b.nothing(time.Minute) // nobody asked
		b.reader.Watch(true)
		b.want(time.Second, devices.CardLying)
		before := b.m.count(sam.ReadText)
		b.nothing(10 * time.Second) // once
		if n := b.m.count(sam.ReadText) - before; n > 7 {
			b.Errorf("%d readings in 10 s, only to see whether a card lies there", n)
		}
		b.m.lift()
		b.want(3500*time.Millisecond, devices.CardLifted)
		b.nothing(time.Minute)
		b.lay("liu-agen")
		b.nothing(time.Minute) // not armed
	})
}

func TestAWatchedCardOnAnArmedReader(t *testing.T) {
	watched(t, func(b *bubble) {
		b.reader.Watch(true)
		b.nothing(time.Second) // one that was read a moment ago may lie there
		b.want(2*time.Second, devices.CardLying)
		b.m.lift()
		b.want(3500*time.Millisecond, devices.CardLifted)
		want := b.lay("liu-agen")
		same(b.T, b.want(time.Second, devices.CardFound, devices.CardRead).Card, want)
		b.want(3*time.Second, devices.CardLying)
	})
}

func TestASecondCardIsToldAfterTheFirstWasLifted(t *testing.T) {
	watched(t, func(b *bubble) {
		b.reader.Watch(true)
		b.want(3*time.Second, devices.CardLying)
		b.m.lift()
		<-time.After(400 * time.Millisecond) // nobody exchanges cards faster
		want := b.lay("liu-agen")
		same(b.T, b.want(3*time.Second, devices.CardLifted, devices.CardFound, devices.CardRead).Card, want)
	})
}

func TestACardThatHasGoneBeforeItIsWatched(t *testing.T) {
	watched(t, func(b *bubble) {
		b.reader.Arm(false)
		b.m.lift()
		b.nothing(10 * time.Second)
		b.reader.Watch(true)
		b.want(3500*time.Millisecond, devices.CardLifted)
		b.reader.Watch(true)
		b.nothing(time.Minute)
	})
}

func TestWatchingEndsWhenItIsEnded(t *testing.T) {
	watched(t, func(b *bubble) {
		b.reader.Arm(false)
		b.reader.Watch(true)
		b.want(3*time.Second, devices.CardLying)
		b.reader.Watch(false)
		synctest.Wait()
		before := b.m.count(sam.ReadText) + b.m.count(sam.Find)
		b.m.lift()
		b.nothing(time.Minute)
		if n := b.m.count(sam.ReadText) + b.m.count(sam.Find) - before; n > 0 {
			b.Errorf("%d commands for a card that nobody asks for", n)
		}
		b.reader.Watch(true)
		b.want(3500*time.Millisecond, devices.CardLifted)
	})
}

func TestACardIsRememberedOverALostLine(t *testing.T) {
	watched(t, func(b *bubble) {
		b.reader.Arm(false)
		b.reader.Watch(true)
		b.want(3*time.Second, devices.CardLying)
		close(b.wire.lost)
		if err := <-b.ended; devices.KindOf(err) != devices.HungUp {
			b.Fatal(err)
		}
		b.m.lift()
		b.plug()
		b.want(5*time.Second, devices.CardLifted)
	})
}

func TestNoCardNothingToWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, newModule(), idcard.Options{})
		b.reader.Watch(true)
		b.lay("chen-guilan")
		b.nothing(time.Minute)
		b.reader.Arm(true)
		b.want(5*time.Second, devices.CardFound, devices.CardRead, devices.CardLying)
		b.reader.Arm(true) // read it again: that is told first
		b.want(5*time.Second, devices.CardFound, devices.CardRead, devices.CardLying)
		b.end()
	})
}

// TestASpoiltLookTellsNothing: a reply that noise has hit doesn't say that the card has gone.
func TestASpoiltLookTellsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModule()
		b := newBubble(t, m, idcard.Options{})
		b.lay("chen-guilan")
		b.reader.Arm(true)
		b.want(5*time.Second, devices.CardFound, devices.CardRead)
		spoil := 1
		m.mu.Lock()
		m.instead = func(req sam.Request) (sam.Reply, bool) {
			if req.Op == sam.ReadText && spoil > 0 {
				spoil--
				return sam.Reply{Status: sam.BadChecksum}, true // ours came spoilt: it is sent again
			}
			return sam.Reply{}, false
		}
		m.mu.Unlock()
		b.reader.Watch(true)
		b.want(3*time.Second, devices.CardLying)
		b.nothing(10 * time.Second)
		b.end()
	})
}

// TestACardThatTakesTheReadOnesPlaceIsTold: faster than the reader is asked whether anybody is there.
func TestACardThatTakesTheReadOnesPlaceIsTold(t *testing.T) {
	watched(t, func(b *bubble) {
		b.reader.Arm(false)
		b.m.lift()
		want := b.lay("liu-agen")
		b.reader.Watch(true)
		b.want(2*time.Second, devices.CardLifted)
		b.reader.Arm(true)
		same(b.T, b.want(2*time.Second, devices.CardFound, devices.CardRead).Card, want)
	})
}

// TestACardThatHasGoneIsToldAtOnce: whoever comes next need not wait.
func TestACardThatHasGoneIsToldAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, newModule(), idcard.Options{})
		b.lay("chen-guilan")
		b.reader.Arm(true)
		b.want(5*time.Second, devices.CardFound, devices.CardRead)
		b.reader.Arm(false)
		b.m.lift()
		b.reader.Watch(true)
		b.want(200*time.Millisecond, devices.CardLifted)
		b.end()
	})
}
