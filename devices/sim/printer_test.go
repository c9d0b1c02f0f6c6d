package sim

import (
	"bytes"
	"context"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"zhizhu/devices"
)

// desk is a host that writes bytes to a played printer and reads what comes back, without any driver.
type desk struct {
	*testing.T
	write func(string)
	read  func(n int) []byte
	slips chan []byte
}

func playPrinter(t *testing.T, o PrinterOptions) (*Printer, *desk) {
	t.Helper()
	o.TTY = openTTY(t, "", 0)
	d := &desk{T: t, slips: make(chan []byte, 10)}
	o.OnReceipt = func(b []byte) { d.slips <- b }
	p := NewPrinter(o)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = p.Serve(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	f := host(t, o.TTY.Path())
	d.write = func(s string) {
		t.Helper()
		if _, err := f.Write([]byte(s)); err != nil {
			t.Fatal(err)
		}
	}
	d.read = func(n int) []byte { t.Helper(); return readN(t, f, n) }
	return p, d
}

// want writes what is asked and reads the answer.
func (d *desk) want(ask string, answer ...byte) {
	d.Helper()
	d.write(ask)
	if got := d.read(len(answer)); !bytes.Equal(got, answer) {
		d.Errorf("% x is answered by % x, want % x", ask, got, answer)
	}
}

func (d *desk) slip() []byte {
	d.Helper()
	select {
	case b := <-d.slips:
		return b
	case <-time.After(10 * time.Second):
		d.Fatal("nothing was cut off")
		return nil
	}
}

// TestPrinterTellsItsStatus follows protocols.md C2.
func TestPrinterTellsItsStatus(t *testing.T) {
	p, d := playPrinter(t, PrinterOptions{})
	for _, tc := range []struct {
		name string
		set  func(on bool)
		want [4]byte
	}{
		{"well", func(bool) {}, [4]byte{0x12, 0x12, 0x12, 0x12}},
		{"cover", p.SetCover, [4]byte{0x1a, 0x16, 0x12, 0x12}},
		{"jam", p.SetJam, [4]byte{0x1a, 0x52, 0x1a, 0x12}},
		{"hot", p.SetHot, [4]byte{0x1a, 0x52, 0x52, 0x12}},
		{"broken", p.SetBroken, [4]byte{0x1a, 0x52, 0x32, 0x12}},
		{"paper out", func(on bool) { p.SetPaper(paperIf(on, devices.PaperEnd)) }, [4]byte{0x1a, 0x32, 0x12, 0x7e}},
		{"paper low", func(on bool) { p.SetPaper(paperIf(on, devices.PaperLow)) }, [4]byte{0x12, 0x12, 0x12, 0x1e}},
		{"drawer", func(on bool) { p.Reconfigure(func(o *PrinterOptions) { o.DrawerHigh = on }) }, [4]byte{0x16, 0x12, 0x12, 0x12}},
	} {
		tc.set(true)
		d.write("\x10\x04\x01\x10\x04\x02\x10\x04\x03\x10\x04\x04")
		if got := d.read(4); !bytes.Equal(got, tc.want[:]) {
			t.Errorf("%s: % x, want % x", tc.name, got, tc.want)
		}
		tc.set(false)
	}
}

func paperIf(on bool, s devices.Paper) devices.Paper {
	if on {
		return s
	}
	return devices.PaperOK
}

func TestPrinterTellsUnaskedWhatItWasAskedToTell(t *testing.T) {
	p, d := playPrinter(t, PrinterOptions{})
	p.SetCover(true)
	p.SetCover(false)
	d.want("\x1da\xff", 0x10, 0, 0, 0) // at once, and nothing of what was before
	p.SetCover(true)
	p.SetCover(true) // no change
	p.SetPaper(devices.PaperLow)
	if got := d.read(8); !bytes.Equal(got, []byte{0x38, 0, 0, 0, 0x38, 0, 3, 0}) {
		t.Errorf("told % x", got)
	}
	p.SetCover(false)
	d.read(4)
	d.want("\x1da\x08", 0x10, 0, 3, 0) // paper only
	p.SetJam(true)
	p.SetJam(false)
	p.SetPaper(devices.PaperOK)
	d.want("", 0x10, 0, 0, 0)
	d.write("\x1da\x00")
	d.want("\x1dr\x01", 0)
	p.SetCover(true)
	d.want("\x10\x04\x02", 0x16) // only what is asked
}

func TestPrinterAnswersNoQueuedQuestionWithoutPaper(t *testing.T) {
	p, d := playPrinter(t, PrinterOptions{})
	p.SetPaper(devices.PaperEnd)
	d.want("\x1dr\x01\x1dI\x02\x10\x04\x01", 0x1a)
	p.SetPaper(devices.PaperOK)
	d.want("", 0, 0x03)
}

func TestPrinterModels(t *testing.T) {
	p, d := playPrinter(t, PrinterOptions{Model: "SIM-80"})
	d.want("\x1dI\x02\x1dIC", append([]byte("\x03_SIM-80"), 0)...)
	p.Reconfigure(func(o *PrinterOptions) { o.NoChineseFont = true })
	d.want("\x1dI\x02", 0x02)
	p.Reconfigure(func(o *PrinterOptions) { o.NoIdentify, o.Mute = true, []int{1, 2, 3} })
	d.want("\x1dI\x02\x10\x04\x01\x10\x04\x02\x10\x04\x03\x10\x04\x04", 0x12)
}

// picture is a raster of one row whose data hold a question.
const picture = "\x1dv0\x00\x05\x00\x01\x00\x00\x10\x04\x01\x00"

func TestPrinterMayObeyInsidePictures(t *testing.T) {
	p, d := playPrinter(t, PrinterOptions{})
	d.want(picture+"\x10\x04\x02\x1dV\x00", 0x12)
	plain := d.slip()
	p.Reconfigure(func(o *PrinterOptions) { o.ObeysInData, o.DrawerHigh = true, true })
	d.want(picture[:10]+"", []byte{}...)
	d.want(picture[10:]+"\x1dV\x00", 0x16)
	if got := d.slip(); !bytes.Equal(got, plain) {
		t.Error("the picture is another")
	}
}

func TestPrinterStopsTheHostBeforeItsBufferIsFull(t *testing.T) {
	for _, o := range []PrinterOptions{{Buffer: 64}, {Buffer: 4096, XoffAt: 3072}} {
		o.FlowControl = true
		p, d := playPrinter(t, o)
		p.SetCover(true)
		d.want("", 0x13)
		p.SetCover(false)
		d.want("", 0x11)
		p.Reconfigure(func(o *PrinterOptions) { o.DotsPerSecond = 1 }) // it never gets on
		at := o.Buffer * 3 / 4
		rows := slices.Repeat([]byte("a\n"), at/2+1)
		d.want(string(rows), 0x13)
		if p.Lost() > 0 {
			t.Errorf("%d bytes of a buffer of %d are lost", p.Lost(), o.Buffer)
		}
	}
}

func TestPrinterAlarms(t *testing.T) {
	p, d := playPrinter(t, PrinterOptions{})
	at := make(chan int, 2)
	for _, n := range []int{5, 3} {
		p.AtByte(n, func() { at <- p.Received() })
	}
	d.write("abcdefgh\n")
	if a, b := <-at, <-at; a != 3 || b != 5 {
		t.Errorf("alarms at %d and %d", a, b)
	}
}

func TestPrinterForgetsAllWhenPowerFails(t *testing.T) {
	p, d := playPrinter(t, PrinterOptions{})
	d.want("\x1da\xff", 0x10, 0, 0, 0)
	p.AtByte(30, p.PowerCycle)
	d.write("one resident's line that is lost\n")
	p.Wake([]byte{0x00, 0xff})
	d.want("\x10\x04\x01", 0x00, 0xff, 0x12)
	p.SetCover(true)
	p.SetCover(false)
	d.want("\x1dV\x00\x10\x04\x04", 0x12) // no automatic status any more
	if got := d.slip(); bytes.Contains(got, []byte("one resident")) {
		t.Error("what was received before the power cut is printed")
	}
	p.PowerCycleFor(time.Hour)
	d.write("\x10\x04\x01lost\n")
	for late := now().Add(5 * time.Second); p.Received() < 33+3+3+3+8 && now().Before(late); {
		runtime.Gosched()
	}
	p.PowerCycle()
	d.want("\x10\x04\x04\x1dV\x00", 0x12)
	if got := d.slip(); bytes.Contains(got, []byte("lost")) {
		t.Error("a printer without power hears")
	}
}

func TestPrinterPrintsPicturesThatAreLargerThanItsBuffer(t *testing.T) {
	p, d := playPrinter(t, PrinterOptions{Buffer: 64, FlowControl: true})
	whole := "\x1dv0\x00\x48\x00\x10\x00" + strings.Repeat("\x55", 72*16) + "\x1dV\x00"
	d.write(whole)
	if got := d.slip(); string(got) != whole || p.Lost() > 0 {
		t.Errorf("%d bytes of %d are on the paper, %d are lost", len(got), len(whole), p.Lost())
	}
}

func TestPrinterPrintsWhatStandsBeforeAnUnfinishedCommand(t *testing.T) {
	_, d := playPrinter(t, PrinterOptions{})
	for range 50 {
		d.write("a\n\x1dV\x00\x1dv0")
		d.slip()
		d.write("\x00\x01\x00\x01\x00\xff")
	}
}
