package idcard_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/idcard"
	"zhizhu/devices/idcard/sam"
)

// TestWhateverHappensTheCardIsReadInTheEnd plays a bad line and a moody module, by chance but always the same: after
// all of it the card is read, and never is another read than the one that lies there. Nothing is asked of the events
// on the way but that each reading is announced.
func TestWhateverHappensTheCardIsReadInTheEnd(t *testing.T) {
	for seed := range uint64(60) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { soak(t, rand.New(rand.NewPCG(seed, 7))) })
		})
	}
}

func soak(t *testing.T, chance *rand.Rand) {
	m := newModule()
	m.findsRead, m.muteEmpty = chance.IntN(2) == 0, chance.IntN(3) == 0
	var mu sync.Mutex
	trouble := 10 + chance.IntN(60) // replies
	over := func() bool {
		mu.Lock()
		defer mu.Unlock()
		return trouble < 0
	}
	m.send = func(in chan<- []byte, frame []byte) {
		mu.Lock()
		trouble--
		plan := []delivery{{frame, 0}}
		if trouble >= 0 {
			plan = badly(chance, frame)
		}
		mu.Unlock()
		for _, d := range plan {
			<-time.After(d.after)
			in <- d.part
		}
	}
	m.instead = func(sam.Request) (sam.Reply, bool) {
		mu.Lock()
		defer mu.Unlock()
		if trouble < 0 || chance.IntN(5) > 0 {
			return sam.Reply{}, false
		}
		moods := []sam.Status{
			sam.BadChecksum, sam.BadCommand, sam.CardRefusedSAM, sam.SAMRefusedCard, sam.BadInformation,
			sam.ReadFailed, sam.RandomFailed, sam.SelectFailed, sam.NoCard, 0x55,
		}
		return sam.Reply{SW1: 0x6A, SW2: 0x82, Status: moods[chance.IntN(len(moods))]}, true
	}
	want := persona(t, "chen-guilan")
	m.lay(t, want)
	b := newBubble(t, m, idcard.Options{})
	b.reader.Arm(true)
	b.reader.Watch(m.muteEmpty)
	for found, late := false, time.After(10*time.Minute); ; {
		select {
		case e := <-b.events:
			switch e.Kind {
			case devices.CardFound:
				found = true
			case devices.CardRead:
				if !found {
					t.Error("a card was read that wasn't told as found")
				}
				same(t, e.Card, want)
				if over() {
					b.end()
					return
				}
				b.reader.Arm(true) // once more
			}
		case <-late:
			t.Fatalf("never read; status %+v", b.last())
		}
	}
}

// delivery is a part of a reply, and how long after the one before it comes.
type delivery struct {
	part  []byte
	after time.Duration
}

// badly is what lines do to a reply.
func badly(chance *rand.Rand, frame []byte) []delivery {
	noise := make([]byte, chance.IntN(12))
	for i := range noise {
		noise[i] = []byte{0xAA, 0xAA, 0xAA, 0x96, 0x69, 0, 4, 0xFF}[chance.IntN(8)]
	}
	cut := 1 + chance.IntN(len(frame)-1)
	switch chance.IntN(8) {
	case 0:
		return nil
	case 1:
		return []delivery{{frame[:cut], 0}}
	case 2:
		return []delivery{{frame[:cut], 0}, {frame[cut:], time.Duration(chance.IntN(900)) * time.Millisecond}}
	case 3:
		return []delivery{{append(noise, frame...), 0}}
	case 4:
		frame[cut] ^= 0x10
	case 5:
		return []delivery{{bytes.Clone(frame), 0}, {frame, 0}}
	}
	return []delivery{{frame, 0}}
}
