package sim

import (
	"context"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/sim/paper"
)

// work obeys the queue, a command at a time, in the time that the paper needs.
func (p *Printer) work(ctx context.Context) {
	var free time.Time // when the print head is done with what it was given
	for {
		c, speed, ok := p.next(ctx)
		if !ok {
			return
		}
		if at := now(); free.Before(at) {
			free = at
		}
		if speed > 0 {
			free = free.Add(time.Duration(dots(c)) * time.Second / time.Duration(speed))
		}
		if waitUntil(ctx, free) != nil {
			return
		}
		if receipt := p.obey(c); receipt != nil {
			p.onReceipt(receipt)
		}
	}
}

// next waits until there is a command and the printer can obey it. It also returns the head's speed.
func (p *Printer) next(ctx context.Context) (_ paper.Command, speed int, ok bool) {
	for {
		p.mu.Lock()
		held := p.heldUntil.Sub(now())
		if len(p.queue) > 0 && !p.offline() && held <= 0 {
			c, speed := p.queue[0], p.opt.DotsPerSecond
			p.mu.Unlock()
			return c, speed, true
		}
		if held <= 0 {
			p.drain()
			p.flow()
		}
		changed := p.changed
		p.mu.Unlock()
		var timer <-chan time.Time
		if held > 0 {
			timer = time.After(held)
		}
		select {
		case <-ctx.Done():
			return paper.Command{}, 0, false
		case <-changed:
		case <-timer:
		}
	}
}

// dots is how far a command moves the paper.
func dots(c paper.Command) int {
	switch c.Op {
	case paper.OpLineFeed:
		return lineDots
	case paper.OpFeedLines:
		return lineDots * c.N
	case paper.OpFeedDots:
		return c.N
	case paper.OpRaster:
		return c.H * (1 + c.N>>1&1)
	case paper.OpGraphics:
		return c.H // of what is stored: it is told there
	case paper.OpCut:
		return cutDots
	default:
		return 0
	}
}

// obey does what a command says, unless the queue was cleared meanwhile. It returns the receipt that it cut off.
func (p *Printer) obey(c paper.Command) []byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 || p.offline() {
		return nil
	}
	p.queue = p.queue[1:]
	p.queued -= c.Len
	p.drain()
	defer p.tell()
	defer p.flow()
	if p.jamNext && c.Op == paper.OpCut {
		p.jam, p.jamNext = true, false
		p.status()
		return nil
	}
	switch c.Op {
	case paper.OpIdentify:
		p.identify(c.N)
		return nil
	case paper.OpPaperStatus:
		p.reply(p.paperBits())
		return nil
	case paper.OpAutoStatus:
		p.setAuto(c.N)
		return nil
	case paper.OpLineFeed:
		p.countLine()
	default:
	}
	p.strip = append(p.strip, c.Data...)
	if c.Op != paper.OpCut {
		return nil
	}
	receipt := p.strip
	p.strip = nil
	p.printed++
	return receipt
}

// countLine moves the end of the paper nearer.
func (p *Printer) countLine() {
	if p.linesLeft < 0 {
		return
	}
	if p.linesLeft--; p.linesLeft < 0 {
		p.paper = devices.PaperEnd
		p.status()
	}
}

func (p *Printer) identify(n int) {
	if p.opt.NoIdentify {
		return
	}
	switch {
	case n == 1 || n == '1':
		p.reply(0x20)
	case n == 2 || n == '2':
		id := byte(0x02)
		if !p.opt.NoChineseFont {
			id |= 0x01
		}
		p.reply(id)
	case n == 3 || n == '3':
		p.reply(0x01)
	case n == 'C' && p.opt.Model != "":
		p.reply(append(append([]byte{0x5f}, p.opt.Model...), 0)...)
	}
}
