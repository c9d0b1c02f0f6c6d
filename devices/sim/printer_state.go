package sim

import (
	"slices"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/sim/paper"
)

// SetPaper says what the paper sensors see.
func (p *Printer) SetPaper(s devices.Paper) {
	p.change(func() { p.paper, p.linesLeft = s, -1 })
}

// PaperOutAfter lets the paper end when so many more lines are printed.
func (p *Printer) PaperOutAfter(lines int) {
	p.change(func() { p.linesLeft = lines })
}

// SetCover opens or closes the cover.
func (p *Printer) SetCover(open bool) { p.change(func() { p.cover = open }) }

// JamCutter lets the next cut jam.
func (p *Printer) JamCutter() { p.change(func() { p.jamNext = true }) }

// SetJam says whether the cutter is jammed now.
func (p *Printer) SetJam(on bool) { p.change(func() { p.jam, p.jamNext = on, false }) }

// SetHot says whether the print head is too hot to go on.
func (p *Printer) SetHot(on bool) { p.change(func() { p.hot = on }) }

// SetBroken says whether it has an error that only a repair ends.
func (p *Printer) SetBroken(on bool) { p.change(func() { p.broken = on }) }

// SetSilent says whether the printer prints without ever answering.
func (p *Printer) SetSilent(on bool) { p.change(func() { p.silent = on }) }

// Hold lets the printer send XOFF and do nothing for a time.
func (p *Printer) Hold(d time.Duration) {
	p.change(func() {
		p.heldUntil = now().Add(d)
		p.xoff = true
		p.reply(0x13)
	})
}

// PowerCycle forgets what was received and what the host has switched on; the paper and its faults stay.
func (p *Printer) PowerCycle() { p.PowerCycleFor(0) }

// PowerCycleFor does the same and is deaf and dumb for a time, as a printer that starts: real ones take a second or two.
// What is on the paper by then hangs out of it still.
func (p *Printer) PowerCycleFor(start time.Duration) {
	p.change(func() {
		p.awakeAt = now().Add(start)
		p.in, p.looked, p.drawn, p.queue, p.queued = nil, 0, 0, nil, 0
		p.auto, p.xoff, p.heldUntil = 0, false, time.Time{}
	})
}

// Wake sends what comes out of a printer while it wakes up.
func (p *Printer) Wake(banner []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(banner) > 0 {
		p.reply(banner...)
	}
}

// Printed counts the cuts.
func (p *Printer) Printed() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.printed
}

// Lost counts bytes that found the buffer full.
func (p *Printer) Lost() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lost
}

// Received counts all bytes that came.
func (p *Printer) Received() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.received
}

// Unknown lists the commands that no printer knows, as errors with their offset in all that came.
func (p *Printer) Unknown() []error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return slices.Clone(p.unknown)
}

func (p *Printer) change(f func()) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f()
	p.status()
	p.drain()
	p.flow()
	p.tell()
}

func (p *Printer) offline() bool {
	return p.cover || p.jam || p.hot || p.broken || p.paper == devices.PaperEnd
}

// flow sends XOFF and XON where they are due. p.mu is held.
func (p *Printer) flow() {
	if p.heldUntil.After(now()) {
		return
	}
	free := p.opt.Buffer - p.used()
	want := p.xoff
	switch {
	case !p.opt.FlowControl:
		want = false
	case p.offline() || p.opt.Buffer-free > p.opt.xoffAt():
		want = true
	case free > p.opt.Buffer/2 || p.opt.Buffer-free < p.opt.xoffAt()/2:
		want = false
	}
	if want == p.xoff {
		return
	}
	p.xoff = want
	if want {
		p.reply(0x13)
	} else {
		p.reply(0x11)
	}
}

// obeyNow obeys a real-time command. p.mu is held.
func (p *Printer) obeyNow(c paper.Command) {
	switch c.Op {
	case paper.OpStatus:
		if !slices.Contains(p.opt.Mute, c.N) {
			p.reply(p.realTime(c.N))
		}
	case paper.OpRecover:
		if p.opt.NoRecover {
			return
		}
		p.jam = false // what only a repair ends, stays
		if c.N == 2 {
			p.queue, p.queued = nil, 0 // what is on the paper stays there
		}
		p.status()
	default:
	}
}

func flag(on bool, bits byte) byte {
	if on {
		return bits
	}
	return 0
}

func (p *Printer) realTime(n int) byte {
	switch n {
	case 1:
		return 0x12 | flag(p.opt.DrawerHigh, 0x04) | flag(p.offline(), 0x08)
	case 2:
		return 0x12 | flag(p.cover, 0x04) | flag(p.paper == devices.PaperEnd, 0x20) | flag(p.jam || p.hot || p.broken, 0x40)
	case 3:
		return 0x12 | flag(p.jam, 0x08) | flag(p.broken, 0x20) | flag(p.hot, 0x40)
	}
	return 0x12 | flag(p.paper == devices.PaperLow || p.paper == devices.PaperEnd, 0x0c) |
		flag(p.paper == devices.PaperEnd, 0x60)
}

func (p *Printer) paperBits() byte {
	return flag(p.paper == devices.PaperLow, 0x03) | flag(p.paper == devices.PaperEnd, 0x0f)
}

// status tells the host of what has changed, as far as it has asked to be told. p.mu is held.
func (p *Printer) status() {
	block := p.autoBlock()
	wanted := [4]byte{
		flag(p.auto&1 != 0, 0x04) | flag(p.auto&2 != 0, 0x68), // drawer; offline, cover, feeding
		flag(p.auto&4 != 0, 0xff), flag(p.auto&8 != 0, 0xff), 0,
	}
	changed := false
	for i := range block {
		changed = changed || (block[i]^p.told[i])&wanted[i] != 0
	}
	p.told = block
	if changed {
		p.reply(block[:]...)
	}
}

// setAuto switches the automatic status, and sends it at once where it is switched on. p.mu is held.
func (p *Printer) setAuto(n int) {
	block := p.autoBlock()
	if p.auto, p.told = n, block; n != 0 {
		p.reply(block[:]...)
	}
}

func (p *Printer) autoBlock() [4]byte {
	return [4]byte{
		0x10 | flag(p.opt.DrawerHigh, 0x04) | flag(p.offline(), 0x08) | flag(p.cover, 0x20),
		flag(p.jam, 0x08) | flag(p.broken, 0x20) | flag(p.hot, 0x40), p.paperBits(), 0,
	}
}
