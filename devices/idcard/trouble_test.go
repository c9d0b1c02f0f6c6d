package idcard_test

import (
	"bytes"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/idcard"
	"zhizhu/devices/idcard/sam"
)

func TestServeGivesUpWhereNothingGoodComes(t *testing.T) {
	noise := bytes.Repeat([]byte{0xF0, 0x00, 0x81, 0xAA}, 5)
	for name, tc := range map[string]struct {
		limit time.Duration
		send  []byte
		want  devices.Kind // OK: goes on
	}{
		"silent":              {3 * time.Second, nil, devices.Silent},
		"garbled":             {3 * time.Second, noise, devices.Garbled},
		"its own echo":        {3 * time.Second, sam.AppendRequest(nil, sam.StatusSAM), devices.Garbled},
		"silent for ever":     {0, nil, devices.OK},
		"garbled for ever":    {0, noise, devices.OK},
		"a printer's status":  {0, []byte{0x12, 0x16}, devices.WrongDevice},
		"a scanner's lines":   {0, []byte("6901234567892\r\n"), devices.WrongDevice},
		"a few bytes of both": {0, []byte("12\r\n\x12\xF0"), devices.OK},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newModule()
				m.rawInstead = func(sam.Request) []byte { return bytes.Clone(tc.send) }
				b := newBubble(t, m, idcard.Options{GiveUp: tc.limit})
				if tc.want == devices.OK {
					<-time.After(time.Hour)
					if s := b.last(); s.State != devices.Faulty {
						t.Errorf("state %d", s.State)
					}
					b.end()
					return
				}
				start := time.Now()
				err := <-b.ended
				if devices.KindOf(err) != tc.want {
					t.Errorf("Serve returned %v", err)
				}
				if took := time.Since(start); took > tc.limit+5*time.Second || took < tc.limit {
					t.Errorf("after %v", took)
				}
			})
		})
	}
}

// TestAReaderThatWasHeardIsNoOtherDevice: text on its line is noise then, however long it is silent.
func TestAReaderThatWasHeardIsNoOtherDevice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModule()
		b := newBubble(t, m, idcard.Options{GiveUp: time.Minute})
		<-time.After(10 * time.Second)
		m.mu.Lock()
		m.rawInstead = func(sam.Request) []byte { return []byte("power on self test passed\r\n") }
		m.mu.Unlock()
		<-time.After(30 * time.Second)
		if s := b.last(); s.State != devices.Faulty || s.Reason != devices.Garbled || s.Dropped == 0 {
			t.Errorf("status %+v", s)
		}
		m.mu.Lock()
		m.rawInstead = nil
		m.mu.Unlock()
		<-time.After(5 * time.Second)
		if s := b.last(); s.State != devices.Ready {
			t.Errorf("status %+v", s)
		}
		b.end()
	})
}

func TestABrokenModuleIsAskedLessAndLess(t *testing.T) {
	for _, status := range []sam.Status{sam.SelfTestFailed, sam.Unauthorised} {
		synctest.Test(t, func(t *testing.T) {
			m := newModule()
			broken := true
			m.instead = func(sam.Request) (sam.Reply, bool) { return sam.Reply{Status: status}, broken }
			b := newBubble(t, m, idcard.Options{GiveUp: time.Second})
			b.reader.Arm(true)
			<-time.After(49 * time.Second)
			if n := m.commands(); n < 10 || n > 11 { // arming asks too
				t.Errorf("%d commands in 49 s", n)
			}
			<-time.After(time.Hour)
			if n := m.commands(); n < 120 || n > 140 {
				t.Errorf("%d commands in an hour", n)
			}
			m.mu.Lock()
			broken = false
			m.mu.Unlock()
			b.lay("chen-guilan")
			b.want(31*time.Second, devices.CardFound, devices.CardRead)
			b.end()
		})
	}
}

// TestWhatCameSpoiltToTheReaderIsSentAgain: 10, 11 and 21 are faults of the line or of this program, not of a card.
func TestWhatCameSpoiltToTheReaderIsSentAgain(t *testing.T) {
	for _, status := range []sam.Status{sam.BadChecksum, sam.BadLength, sam.BadCommand} {
		for _, op := range []sam.Op{sam.Find, sam.Select, sam.ReadText} {
			synctest.Test(t, func(t *testing.T) {
				m := newModule()
				b := newBubble(t, m, idcard.Options{})
				<-time.After(time.Second)
				times := 2
				m.instead = func(r sam.Request) (sam.Reply, bool) {
					if r.Op != op || times == 0 {
						return sam.Reply{}, false
					}
					times--
					return sam.Reply{Status: status}, true
				}
				b.lay("chen-guilan")
				b.reader.Arm(true)
				b.want(time.Second, devices.CardFound, devices.CardRead)
				<-time.After(time.Second)
				if s := b.last(); s.State != devices.Ready || s.Dropped != 2 {
					t.Errorf("%v after %v: %+v", status, op, s)
				}
				b.end()
			})
		}
	}
}

func TestALineThatSpoilsEveryRequestIsAFault(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModule()
		m.instead = func(sam.Request) (sam.Reply, bool) { return sam.Reply{Status: sam.BadChecksum}, true }
		b := newBubble(t, m, idcard.Options{GiveUp: time.Minute})
		b.reader.Arm(true)
		<-time.After(50 * time.Second)
		if s := b.last(); s.State != devices.Faulty || s.Reason != devices.Garbled {
			t.Errorf("status %+v", s)
		}
		if err := <-b.ended; devices.KindOf(err) != devices.Garbled {
			t.Error(err)
		}
	})
}

// TestACardTakenAwayDuringTheReadingIsGonePromptly at each place of the conversation.
func TestACardTakenAwayDuringTheReadingIsGonePromptly(t *testing.T) {
	for name, make := range readers() {
		for _, op := range []sam.Op{sam.Select, sam.ReadText} {
			t.Run(name+", "+op.String(), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					m := make()
					b := newBubble(t, m, idcard.Options{})
					readingTook(b, "chen-guilan") // so that it is known how long this reader takes
					m.mu.Lock()
					m.instead = func(r sam.Request) (sam.Reply, bool) {
						if r.Op == op {
							m.card, m.found, m.selected = nil, false, false
							return sam.Reply{SW1: 0x6A, SW2: 0x82, Status: sam.ReadFailed}, true
						}
						return sam.Reply{}, false
					}
					m.mu.Unlock()
					b.lay("liu-agen")
					b.want(time.Second, devices.CardFound)
					within := 1500 * time.Millisecond
					if m.muteEmpty {
						within *= 2 // each reading that nothing answers takes a second
					}
					b.want(within, devices.CardGone)
					b.nothing(time.Minute)
					b.end()
				})
			})
		}
	}
}

// TestSelectFailsTwiceThenWorks is 81 twice, then good, with the status words of the card passed on.
func TestSelectFailsTwiceThenWorks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := newModule()
		times := 2
		m.instead = func(r sam.Request) (sam.Reply, bool) {
			if r.Op != sam.Select || times == 0 {
				return sam.Reply{}, false
			}
			times--
			return sam.Reply{SW1: 0x69, SW2: 0x85, Status: sam.SelectFailed}, true
		}
		b := newBubble(t, m, idcard.Options{})
		want := b.lay("chen-guilan")
		b.reader.Arm(true)
		same(t, b.want(2*time.Second, devices.CardFound, devices.CardRead).Card, want)
		b.end()
	})
}

// TestRepliesThatComeAsTheyLike are good replies, delivered badly.
func TestRepliesThatComeAsTheyLike(t *testing.T) {
	halves := func(pause time.Duration) func(chan<- []byte, []byte) {
		return func(in chan<- []byte, frame []byte) {
			in <- frame[:len(frame)/2]
			<-time.After(pause)
			in <- frame[len(frame)/2:]
		}
	}
	head := []byte{0xAA, 0xAA, 0xAA, 0x96, 0x69, 0x05, 0x00}
	for name, tc := range map[string]struct {
		send   func(chan<- []byte, []byte)
		within time.Duration
	}{
		"late halves":  {halves(500 * time.Millisecond), 4 * time.Second},
		"later halves": {halves(time.Second), 10 * time.Second},
		"one byte at a time": {func(in chan<- []byte, frame []byte) {
			for i := range frame {
				in <- frame[i : i+1]
				<-time.After(5 * time.Millisecond)
			}
		}, 8 * time.Second},
		"everything twice": {func(in chan<- []byte, frame []byte) {
			in <- bytes.Clone(frame)
			in <- frame
		}, time.Second},
		"everything twice, later": {func(in chan<- []byte, frame []byte) {
			in <- bytes.Clone(frame)
			<-time.After(3 * time.Millisecond)
			in <- frame
		}, 2 * time.Second},
		"a false head before each": {func(in chan<- []byte, frame []byte) { in <- append(bytes.Clone(head), frame...) }, 5 * time.Second},
		"AA before each":           {func(in chan<- []byte, frame []byte) { in <- append([]byte{0xAA, 0xAA}, frame...) }, time.Second},
		"noise before and after": {func(in chan<- []byte, frame []byte) {
			in <- []byte{0, 0xFF, 0x96, 0x69}
			<-time.After(100 * time.Millisecond)
			in <- append(frame, 0xAA, 0xAA, 0xAA)
		}, 2 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				m := newModule()
				m.send = tc.send
				b := newBubble(t, m, idcard.Options{})
				<-time.After(20 * time.Second) // the slowest of them are known after that
				b.reader.Arm(true)
				<-time.After(3 * time.Second)
				want := b.lay("chen-guilan")
				e := b.want(tc.within, devices.CardFound)
				for e.Kind != devices.CardRead {
					e = b.next(tc.within)
					if e.Kind != devices.CardRead && e.Kind != devices.CardTroubled && e.Kind != devices.CardGone && e.Kind != devices.CardFound {
						t.Fatalf("event %d", e.Kind)
					}
				}
				same(t, e.Card, want)
				b.end()
			})
		})
	}
}
