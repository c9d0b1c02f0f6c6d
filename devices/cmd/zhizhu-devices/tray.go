package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"zhizhu/assets"
	"zhizhu/devices/sim/paper"
)

// tray keeps what the printer cuts off: NNNN.bin as it came, NNNN.txt and NNNN.png as it looks. Drawing takes longer
// than a printer may keep its host waiting, so it is done in a goroutine of its own.
type tray struct {
	slips chan []byte
	dir   string
	dots  int
	font  *paper.Font
	out   *lines
	count int
}

func newTray(dir string, dots int, out *lines) (*tray, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder for receipts: %w", err)
	}
	font, err := paper.NewFont(assets.FontRegular())
	if err != nil {
		return nil, fmt.Errorf("read font for receipts: %w", err)
	}
	return &tray{slips: make(chan []byte, 64), dir: dir, dots: dots, font: font, out: out}, nil
}

// take is called at each cut.
func (t *tray) take(b []byte) { t.slips <- bytes.Clone(b) }

// Serve draws until ctx ends and nothing is left to draw.
func (t *tray) Serve(ctx context.Context) error {
	for {
		select {
		case b := <-t.slips:
			t.draw(b)
			continue
		default:
		}
		select {
		case b := <-t.slips:
			t.draw(b)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (t *tray) draw(b []byte) {
	slips, err := paper.Receipts(b)
	if err != nil {
		_ = t.out.print(reply{Error: fmt.Sprintf("read receipt's bytes: %v", err)})
	}
	for _, slip := range slips {
		if slip.Blank() {
			continue
		}
		_ = t.out.print(t.keep(b, slip))
	}
}

func (t *tray) keep(b []byte, slip paper.Receipt) reply {
	base := t.next()
	err := errors.Join(os.WriteFile(base+".bin", b, 0o600), os.WriteFile(base+".txt", []byte(slip.Text()), 0o600))
	f, ferr := os.OpenFile(base+".png", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if ferr == nil {
		err = errors.Join(err, slip.WritePNG(f, t.font, t.dots), f.Close())
	}
	if err = errors.Join(err, ferr); err != nil {
		return reply{Error: fmt.Sprintf("keep receipt: %v", err)}
	}
	code, _ := paper.ReadCode(slip.Picture(t.font, t.dots)) // not every slip has one
	return reply{Receipt: base + ".png", Code: code}
}

// next is a name that is not taken: an earlier run's receipts stay.
func (t *tray) next() string {
	for {
		t.count++
		base := filepath.Join(t.dir, fmt.Sprintf("%04d", t.count))
		if _, err := os.Lstat(base + ".bin"); errors.Is(err, os.ErrNotExist) {
			return base
		}
	}
}
