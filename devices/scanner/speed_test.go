package scanner_test

import (
	"crypto/rand"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/scanner"
	"zhizhu/devices/scanner/frame"
)

// unsure is a driver that gives a speed up after two pieces of garbage.
func unsure(t *testing.T) *desk {
	d := &desk{T: t, cable: &cable{sent: make(chan []byte, 100)}}
	d.drv = scanner.New(scanner.Options{
		Now: time.Now, Rand: rand.Reader, GiveUp: 2,
		OnScan: func(s devices.Scan) {
			d.state.Lock()
			defer d.state.Unlock()
			d.scans = append(d.scans, s.Text)
		},
	})
	d.serve()
	return d
}

// What lines bring whose sender is faster, or slower; protocols.md B has codes of these kinds.
const (
	noise  = "\x00\xe0\x80\xf8\x00\x1e\xfe\xc0"         // slower
	paused = "\x00\x00\x00\x00\x00\x00"                 // very much slower
	halved = "\xcd\x9c\xbd\xac\x8d\x9d\xed\xfc\xdd\xbc" // twice as fast: passes for a code of any bytes
	opaque = "\x01\x82\xff\x00\x3c\x5a\xe7\x10\x9b\x44\xd2\x6f\x08\xb1\xc3\x70"
)

func TestGarbageEndsASpeed(t *testing.T) {
	for name, garbage := range map[string]string{
		"slower": noise, "much slower": paused, "faster": halved, "too long": strings.Repeat("x", 5000),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := unsure(t)
				d.send(garbage, 11*time.Minute) // one by a plug
				d.send("42", time.Second)       // too short to prove anything
				d.send(garbage, time.Second)
				if d.ended() != nil {
					t.Errorf("one piece ended it: %v", d.ended())
				}
				d.send(garbage, time.Second)
				if devices.KindOf(d.ended()) != devices.Garbled {
					t.Errorf("ended with %v", d.ended())
				}
				d.stop()
			})
		})
	}
}

// A speed that was right stays for longer, also over a plug; codes of any bytes prove nothing and cost nothing.
func TestASpeedThatWasRightIsNotGivenUpSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := unsure(t)
		for range 5 {
			d.send(opaque+"\r", time.Second)
			d.pass(5 * time.Second)
		}
		if d.ended() != nil {
			t.Fatalf("codes of any bytes ended it: %v", d.ended())
		}
		d.send("a code\r", time.Second)
		d.stop()
		d.serve()
		for range 9 {
			d.send(noise, time.Second)
		}
		if d.ended() != nil && devices.KindOf(d.ended()) == devices.Garbled {
			t.Fatal("given up after nine pieces")
		}
		d.send("another\r", time.Second)
		for range 9 {
			d.send(noise, time.Second)
		}
		d.send(noise, time.Second)
		if devices.KindOf(d.ended()) != devices.Garbled {
			t.Errorf("ended with %v", d.ended())
		}
		d.stop()
	})
}

// A scanner that no speed suits is told, and not only until the next speed is tried.
func TestNoSpeedIsRight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := unsure(t)
		for turn := range 5 {
			if d.status().State != devices.Ready {
				t.Errorf("turn %d: %+v", turn, d.status())
			}
			d.send(noise, time.Second)
			d.send(noise, time.Second)
			d.stop()
			d.serve()
		}
		if d.status().State != devices.Faulty || d.status().Reason != devices.Garbled {
			t.Errorf("told %+v", d.status())
		}
		d.send("a code after all\r", time.Second)
		if d.status().State != devices.Ready {
			t.Errorf("told %+v", d.status())
		}
		d.stop()
	})
}

// Another device says what it is at the right speed only.
func TestAnotherDeviceIsNoWrongSpeed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := unsure(t)
		for range 3 {
			d.send("\xAA\xAA\xAA\x96\x69\x00\x04\x00\x00\x90\x94", time.Second)
		}
		if devices.KindOf(d.ended()) != devices.WrongDevice {
			t.Errorf("ended with %v", d.ended())
		}
		d.stop()
	})
}

// What is left of a code that is too long is no code, neither behind a hiccup of the line nor in packets.
func TestTheTailOfATooLongCodeIsNoCode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := sit(t, "plain", nil)
		for range 6 {
			d.send(strings.Repeat("x", 1000), 60*ms)
		}
		d.send("tail", 200*ms) // a hiccup
		d.send("tail", 400*ms)
		d.send("next", 400*ms)
		d.want("next")
		d.send(strings.Repeat("x", 6000)+"\r", 0)
		d.send("one\r", 0)
		d.want("one")
		if d.status().Dropped != 2 {
			t.Errorf("%d dropped", d.status().Dropped)
		}
		d.stop()
	})
	synctest.Test(t, func(t *testing.T) {
		d := sit(t, "ssi", obedient("ssi"))
		packet := func(status byte, data string) {
			t.Helper()
			d.send(string(frame.AppendSSI(nil, frame.SSIDecode, frame.SSIScanner, status, append([]byte{0x1C}, data...)...)), 100*ms)
		}
		for range 30 {
			packet(2, strings.Repeat("0123456789", 20))
		}
		packet(0, "tail")
		packet(0, "next")
		d.want("next")
		for range 30 {
			packet(2, strings.Repeat("0123456789", 20))
		}
		d.pass(4 * time.Second) // its end is lost
		packet(0, "another")
		d.want("another")
		packet(2, "half of a co")
		d.drv.Forget()
		synctest.Wait()
		packet(0, "de")
		packet(0, "last")
		d.want("last")
		d.stop()
	})
}
