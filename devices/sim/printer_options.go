package sim

import (
	"log/slog"
	"time"

	"zhizhu/devices"
)

// PrinterOptions says what kind of receipt printer is played. Only TTY must be given.
type PrinterOptions struct {
	TTY *TTY
	// OnReceipt is called at each cut with all that was printed since the last one (real-time commands left out), in
	// the printer's own goroutine: the printer works on when it returns.
	OnReceipt func([]byte)
	// OnBytes, where given, is told how many bytes came off the wire, as they come: for measuring.
	OnBytes func(int)
	Log     *slog.Logger

	Buffer        int  // receive buffer in bytes; 0 is 4096. What doesn't fit is lost, as on a real one
	XoffAt        int  // bytes in the buffer at which XOFF is sent; 0 is when 512 are free, or a quarter of a small buffer
	FlowControl   bool // XOFF when the buffer is nearly full or the printer goes offline, XON when it can go on
	DotsPerSecond int  // how fast it prints; 0 takes no time
	NoChineseFont bool
	NoIdentify    bool   // GS I is understood, never answered
	NoRecover     bool   // DLE ENQ is understood, never obeyed
	Mute          []int  // real-time statuses that it never answers
	Model         string // answer to GS I C; "" answers none
	DrawerHigh    bool   // the drawer's pin is high: DLE EOT 1 says 16 instead of 12
	// ObeysInData makes it obey real-time commands that it finds inside pictures and codes, as many real ones do.
	ObeysInData bool
}

// Reconfigure makes another model of the printer: change may alter its traits; another TTY, OnReceipt, OnBytes or Log
// is not heeded.
func (p *Printer) Reconfigure(change func(*PrinterOptions)) {
	p.change(func() {
		change(&p.opt)
		p.opt = p.opt.sound()
	})
}

// sound fills in what is left out.
func (o PrinterOptions) sound() PrinterOptions {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.OnReceipt == nil {
		o.OnReceipt = func([]byte) {}
	}
	if o.Buffer <= 0 {
		o.Buffer = 4096
	}
	return o
}

// xoffAt is how full the buffer is when XOFF is sent.
func (o PrinterOptions) xoffAt() int {
	if o.XoffAt > 0 {
		return min(o.XoffAt, o.Buffer)
	}
	return o.Buffer - min(offerXoff, o.Buffer/4)
}

// condition is what can be wrong, and what the host has switched on.
type condition struct {
	paper     devices.Paper
	linesLeft int // lines until the paper ends; negative is enough
	cover     bool
	jam       bool
	jamNext   bool
	hot       bool // the head is too hot: it goes on by itself when it has cooled down
	broken    bool // an error that only a repair ends
	silent    bool
	heldUntil time.Time
	awakeAt   time.Time // power came back; nothing is heard before
	xoff      bool
	auto      int     // what the host wants to be told of unasked
	told      [4]byte // what it was told last
}

const (
	offerXoff = 512 // free bytes below which XOFF is sent
	lineDots  = 30
	cutDots   = 100
)
