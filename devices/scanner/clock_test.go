package scanner_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/scanner"
	"zhizhu/devices/scanner/frame"
	"zhizhu/devices/scanner/profile"
)

// cable is a line in memory: what the scanner sends, and what it is told.
type cable struct {
	sent chan []byte // by the scanner
	left []byte
	mu   sync.Mutex
	told [][]byte // to the scanner
	hear func([]byte)
	jam  atomic.Bool // the scanner takes nothing
}

func (c *cable) Read(ctx context.Context, p []byte) (int, error) {
	if len(c.left) == 0 {
		select {
		case b, ok := <-c.sent:
			if !ok {
				return 0, &devices.Error{Device: "scanner", Kind: devices.HungUp, Op: "read"}
			}
			c.left = b
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	n := copy(p, c.left)
	c.left = c.left[n:]
	return n, nil
}

func (c *cable) Write(ctx context.Context, p []byte) error {
	if c.jam.Load() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(5 * time.Second):
			return &devices.Error{Device: "scanner", Kind: devices.Stalled, Op: "write"}
		}
	}
	c.mu.Lock()
	c.told = append(c.told, bytes.Clone(p))
	c.mu.Unlock()
	if c.hear != nil {
		c.hear(p)
	}
	return nil
}

func (c *cable) Baud() int    { return 9600 }
func (c *cable) Path() string { return "memory" }

func (c *cable) heard() [][]byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	told := c.told
	c.told = nil
	return told
}

// desk is a driver on a cable, in synctest's time.
type desk struct {
	*testing.T
	*cable
	drv   *scanner.Scanner
	stop  func()
	state sync.Mutex
	scans []string
	last  devices.Status
	many  int // statuses
	end   error
}

func (d *desk) status() devices.Status {
	d.state.Lock()
	defer d.state.Unlock()
	return d.last
}

func (d *desk) statuses() int {
	d.state.Lock()
	defer d.state.Unlock()
	return d.many
}

func (d *desk) ended() error {
	d.state.Lock()
	defer d.state.Unlock()
	return d.end
}

func sit(t *testing.T, name string, hear func(*cable, []byte)) *desk {
	t.Helper()
	p, err := scanner.Profile(name)
	if err != nil {
		t.Fatal(err)
	}
	d := &desk{T: t, cable: &cable{sent: make(chan []byte, 100)}}
	d.drv = scanner.New(scanner.Options{
		Now: time.Now, Rand: rand.Reader, Profile: p,
		OnScan: func(s devices.Scan) {
			d.state.Lock()
			defer d.state.Unlock()
			d.scans = append(d.scans, s.Text)
		},
	})
	if hear != nil {
		d.hear = func(b []byte) { hear(d.cable, b) }
	}
	d.serve()
	return d
}

func (d *desk) serve() {
	ctx, cancel := context.WithCancel(d.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		err := d.drv.Serve(ctx, d.cable, func(s devices.Status) {
			d.state.Lock()
			defer d.state.Unlock()
			d.last, d.many = s, d.many+1
		})
		d.state.Lock()
		defer d.state.Unlock()
		d.end = err
	}()
	d.stop = func() { cancel(); <-done }
	synctest.Wait()
}

// send sends what lies between, with d of silence behind it.
func (d *desk) send(s string, silence time.Duration) {
	d.sent <- []byte(s)
	d.pass(silence)
}

func (d *desk) pass(t time.Duration) {
	<-time.After(t)
	synctest.Wait()
}

func (d *desk) want(codes ...string) {
	d.Helper()
	d.state.Lock()
	defer d.state.Unlock()
	if !slices.Equal(d.scans, codes) {
		d.Errorf("%q, want %q", d.scans, codes)
	}
	d.scans = nil
}

const ms = time.Millisecond

func TestSilenceEndsACode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := sit(t, "plain", nil)
		defer d.stop()
		for _, c := range "6901" {
			d.send(string(c), 66*ms) // the widest gap within a code, behind a USB adapter
		}
		d.want()
		d.pass(14 * ms) // 80 in all
		d.want("6901")
		d.send("one", 80*ms)
		d.send("two", 80*ms)
		d.want("one", "two")
		d.send("three\r", 0) // it does send ends
		d.want("three")
		d.send("fo", 600*ms)
		d.send("ur\r\n", 0)
		d.want("four")
		d.send("five", time.Second)
		d.want("five")
	})
}

// A scanner that reads all the time, with a code left under it, yields one scan; the code counts anew when it has been
// away for 3 s, and a visit's end doesn't change that.
func TestACodeLeftUnderTheScanner(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := sit(t, "plain", nil)
		defer d.stop()
		for i := range 100 {
			d.send("left here\r", 200*ms)
			if i == 50 {
				d.drv.Forget()
			}
		}
		d.want("left here")
		told := d.statuses()
		d.pass(2900 * ms)
		d.send("left here\r", 0)
		d.want("left here")
		if d.statuses() != told {
			t.Error("a status for a code")
		}
	})
}

func TestForgetDropsTheHalfOfACode(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := sit(t, "plain", nil)
		defer d.stop()
		d.send("whole\r", 0)
		d.send("half of a co", 10*ms)
		d.drv.Forget()
		synctest.Wait()
		d.send("de\r", 0)
		d.send("next\r", 0)
		d.want("whole", "next")
		if d.status().Dropped != 0 {
			t.Errorf("%d dropped", d.status().Dropped)
		}
	})
}

func TestOnlyGarbageIsGarbled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := sit(t, "plain", nil)
		defer d.stop()
		noise := "\x00\xe0\x80\xf8\x00\x1e\xfe\xc0"
		state := func(s devices.State, reason devices.Kind, dropped int) {
			t.Helper()
			if d.status().State != s || d.status().Reason != reason || d.status().Dropped != dropped {
				t.Errorf("state %d, %v, %d dropped; want %d, %v, %d", d.status().State, d.status().Reason, d.status().Dropped, s, reason, dropped)
			}
		}
		d.send(noise, time.Second)
		d.send(noise, 2*time.Minute)
		d.send(noise, time.Second)
		d.send(noise, time.Second)
		state(devices.Ready, devices.OK, 4)
		d.send(noise, time.Second)
		state(devices.Faulty, devices.Garbled, 5)
		d.pass(time.Hour)
		state(devices.Faulty, devices.Garbled, 5)
		d.want()
		d.send("good\r", 0)
		d.want("good")
		state(devices.Ready, devices.OK, 5)
	})
}

func TestAnotherDeviceEndsServe(t *testing.T) {
	for name, says := range map[string]string{
		"SAM":     "\xAA\xAA\xAA\x96\x69\x00\x04\x00\x00\x90\x94",
		"printer": "\x16",
		"status":  "\x14\x00\x00\x0F",
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := sit(t, "plain", nil)
				for range 2 {
					d.send(says, time.Second)
				}
				d.send("a code\r", 0) // then it was a scanner after all
				for range 2 {
					d.send(says, time.Second)
				}
				if d.ended() != nil {
					t.Error("ended too soon")
				}
				d.send(says, time.Second)
				if devices.KindOf(d.ended()) != devices.WrongDevice {
					t.Errorf("ended with %v", d.ended())
				}
				d.want("a code")
				d.stop()
			})
		})
	}
}

// obedient plays a scanner that answers all that it is told.
func obedient(family string) func(*cable, []byte) {
	return func(c *cable, b []byte) {
		switch {
		case family == "gm65" && frame.CheckGM(b) == nil && b[2] == frame.GMRead:
			c.sent <- frame.AppendGMReply(nil, 0xD6)
		case family == "gm65":
			c.sent <- frame.AppendGMReply(nil, 0)
		case family == "ssi" && frame.CheckSSI(b) == nil && b[1] != frame.SSIAck && b[1] != frame.SSINak:
			c.sent <- frame.AppendSSI(nil, frame.SSIAck, frame.SSIScanner, 0)
		case family == "newland":
			c.sent <- append(append([]byte{0x02, 0x01}, b[2:len(b)-2]...), 0x06, ';', 0x03)
		case family == "honeywell" && frame.HoneywellEcho(b) != nil:
			c.sent <- append(frame.HoneywellEcho(b), 0x06, b[len(b)-1])
		}
	}
}

func TestTriggerOfEveryProfile(t *testing.T) {
	for _, name := range scanner.Profiles() {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, err := profile.Find(name)
				if err != nil {
					t.Fatal(err)
				}
				d := sit(t, name, obedient(name))
				d.heard()
				d.drv.Trigger(true)
				d.pass(200 * ms)
				on := d.heard()
				d.send("a code\r", 0)
				d.drv.Trigger(false)
				d.pass(200 * ms)
				off := d.heard()
				has := func(told [][]byte, f []byte) bool {
					return slices.ContainsFunc(told, func(b []byte) bool { return bytes.Equal(b, f) })
				}
				if p.Commands() && (!has(on, p.On) || !has(off, p.Off)) || !p.Commands() && len(on)+len(off) > 0 {
					t.Errorf("on: % X, off: % X", on, off)
				}
				d.want("a code")
				if d.status().State != devices.Ready || d.status().Dropped != 0 || strings.Contains(d.status().Model, "不应答") {
					t.Errorf("%+v", d.status())
				}
				// The cable is pulled and put back while codes are wanted.
				d.drv.Trigger(true)
				d.stop()
				d.heard()
				d.serve()
				d.pass(time.Second)
				if got := d.heard(); p.Commands() && !has(got, p.On) {
					t.Errorf("after the line came back: % X", got)
				}
				d.stop()
			})
		})
	}
}

// Scanners that answer nothing, refuse, or take nothing yield codes all the same, and staff are told.
func TestDisobedientScanners(t *testing.T) {
	refuse := func(c *cable, _ []byte) {
		c.sent <- frame.AppendSSI(nil, frame.SSINak, frame.SSIScanner, 0, 6)
	}
	for name, hear := range map[string]func(*cable, []byte){"silent": nil, "refusing": refuse, "jammed": nil} {
		for _, prof := range []string{"gm65", "ssi", "newland"} {
			t.Run(name+" "+prof, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					d := sit(t, prof, hear)
					d.jam.Store(name == "jammed")
					defer d.stop()
					d.drv.Trigger(true)
					for _, code := range []string{"one", "two", "three"} {
						d.send(code+"\r", time.Second)
						d.want(code)
					}
					d.pass(10 * time.Second)
					if d.status().State != devices.Ready || !strings.Contains(d.status().Model, "不应答") {
						t.Errorf("%+v", d.status())
					}
					d.heard()
					d.pass(time.Hour)
					if got := d.heard(); name != "jammed" && len(got) > 0 {
						t.Errorf("it is told on and on: % X", got)
					}
				})
			})
		}
	}
}

func TestPackets(t *testing.T) {
	packet := func(status byte, data string) string {
		return string(frame.AppendSSI(nil, frame.SSIDecode, frame.SSIScanner, status, append([]byte{0x1C}, data...)...))
	}
	long := strings.Repeat("0123456789", 20)
	ack := frame.AppendSSI(nil, frame.SSIAck, frame.SSIHost, 0)
	nak := frame.AppendSSI(nil, frame.SSINak, frame.SSIHost, 0, frame.SSIResend)
	bad := []byte(packet(0, "bad"))
	bad[5] ^= 1
	for _, tc := range []struct {
		name  string
		sent  []string
		codes []string
		told  [][]byte
	}{
		{"one", []string{packet(0, "one\r\n")}, []string{"one"}, [][]byte{ack}},
		{"line ends within", []string{packet(0, "a\rb")}, []string{"a\rb"}, [][]byte{ack}},
		{"sent again", []string{packet(0, "one"), packet(1, "one")}, []string{"one"}, [][]byte{ack, ack}},
		{"several", []string{packet(2, long), packet(2, long), packet(0, "end")}, []string{long + long + "end"}, [][]byte{ack, ack, ack}},
		{"a part sent again", []string{packet(2, long), packet(3, long), packet(0, "end")}, []string{long + "end"}, [][]byte{ack, ack, ack}},
		{"damaged, and sent again", []string{string(bad), packet(1, "bad")}, []string{"bad"}, [][]byte{nak, ack}},
		{"raw", []string{"raw\r"}, []string{"raw"}, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := sit(t, "ssi", obedient("ssi"))
				defer d.stop()
				d.pass(time.Second)
				d.heard()
				for _, s := range tc.sent {
					for _, b := range []byte(s) { // one byte at a time, as the line brings them
						d.send(string([]byte{b}), ms)
					}
					d.pass(100 * ms)
				}
				d.want(tc.codes...)
				if got := d.heard(); !slices.EqualFunc(got, tc.told, bytes.Equal) {
					t.Errorf("told % X, want % X", got, tc.told)
				}
			})
		})
	}
	t.Run("where they are not agreed they are read and not acknowledged", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			d := sit(t, "plain", nil)
			defer d.stop()
			d.send(packet(0, "one"), time.Second)
			d.want("one")
			if got := d.heard(); len(got) > 0 {
				t.Errorf("told % X", got)
			}
		})
	})
}

// A part of a code whose rest never comes is not put before the next code.
func TestALostPart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := sit(t, "ssi", obedient("ssi"))
		defer d.stop()
		d.send(string(frame.AppendSSI(nil, frame.SSIDecode, frame.SSIScanner, 2, []byte("\x1Clost")...)), 4*time.Second)
		d.send(string(frame.AppendSSI(nil, frame.SSIDecode, frame.SSIScanner, 0, []byte("\x1Cnext")...)), time.Second)
		d.want("next")
	})
}

func TestPrefixAndSuffix(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &cable{sent: make(chan []byte, 10)}
		scans := make(chan devices.Scan, 10)
		drv := scanner.New(scanner.Options{
			Now: time.Now, OnScan: func(s devices.Scan) { scans <- s },
			Profile: profile.Profile{Prefix: profile.Hex("]Q1"), Suffix: profile.Hex("#")},
		})
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- drv.Serve(ctx, c, func(devices.Status) {}) }()
		for in, want := range map[string]string{"]Q1code#\r": "code", "\x02]Q1tape#\x03\r": "tape", "bare\r": "bare"} {
			c.sent <- []byte(in)
			if got := <-scans; string(got.Raw) != want {
				t.Errorf("%q, want %q", got.Raw, want)
			}
		}
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("ended with %v", err)
		}
	})
}

// Trigger and Forget may be called at any time, from anywhere.
func TestOrdersFromEverywhere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := sit(t, "gm65", obedient("gm65"))
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				for k := range 100 {
					d.drv.Trigger((i+k)%2 == 0)
					d.drv.Forget()
				}
			})
		}
		all.Wait()
		d.drv.Trigger(true)
		d.pass(10 * time.Second)
		d.send("a code\r", 0)
		d.want("a code")
		d.stop()
	})
}
