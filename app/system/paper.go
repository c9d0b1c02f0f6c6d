package system

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"zhizhu/devices/sim/paper"
)

// paperDots is the width of the simulated roll.
const paperDots = 576

// paperTray catches what the simulated printer cuts off: the bytes, a picture and the text of each slip.
type paperTray struct {
	dir  string
	font *paper.Font

	mu      sync.Mutex
	drawn   *sync.Cond // on mu: pending has fallen
	pending int        // slips being drawn
	count   int
	codes   map[string]string // QR content -> picture's path
	errs    []error
}

func newPaperTray(dir string, font []byte) (*paperTray, error) {
	f, err := paper.NewFont(font)
	if err != nil {
		return nil, fmt.Errorf("read font for receipts: %w", err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, fmt.Errorf("make folder for receipts: %w", err)
	}
	// Slips of an earlier run in this folder are kept.
	earlier, err := filepath.Glob(filepath.Join(dir, "*.bin"))
	if err != nil {
		return nil, fmt.Errorf("look for earlier receipts: %w", err)
	}
	t := &paperTray{dir: dir, font: f, count: len(earlier), codes: map[string]string{}}
	t.drawn = sync.NewCond(&t.mu)
	return t, nil
}

// take is called at each cut with the bytes of one slip. The printer works on at once: drawing takes longer than
// printing.
func (t *paperTray) take(b []byte) {
	t.mu.Lock()
	t.count++
	t.pending++
	base := filepath.Join(t.dir, fmt.Sprintf("%04d", t.count))
	t.mu.Unlock()
	b = bytes.Clone(b)
	go func() {
		err := t.keep(base, b)
		t.mu.Lock()
		defer t.mu.Unlock()
		if err != nil {
			t.errs = append(t.errs, err)
		}
		t.pending--
		t.drawn.Broadcast()
	}()
}

func (t *paperTray) keep(base string, b []byte) error {
	slips, err := paper.Receipts(b)
	if err != nil {
		return fmt.Errorf("read receipt's bytes: %w", err)
	}
	for _, slip := range slips {
		if slip.Blank() {
			continue
		}
		if err := t.write(base, b, slip); err != nil {
			return err
		}
	}
	return nil
}

func (t *paperTray) write(base string, b []byte, slip paper.Receipt) (err error) {
	picture := slip.Picture(t.font, paperDots)
	if code, err := paper.ReadCode(picture); err == nil {
		t.mu.Lock()
		t.codes[code] = base + ".png"
		t.mu.Unlock()
	}
	err = errors.Join(os.WriteFile(base+".bin", b, 0o600), os.WriteFile(base+".txt", []byte(slip.Text()), 0o600))
	f, ferr := os.OpenFile(base+".png", os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if ferr != nil {
		return errors.Join(err, ferr)
	}
	return errors.Join(err, slip.WritePNG(f, t.font, paperDots), f.Close())
}

// settle waits until all that was cut off is drawn. The caller holds mu.
func (t *paperTray) settle() {
	for t.pending > 0 {
		t.drawn.Wait()
	}
}

// picture returns the picture whose QR code, read back, is exactly number, once all that was cut off is drawn.
func (t *paperTray) picture(number string) (string, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.settle()
	p, ok := t.codes[number]
	return p, ok
}

// faults returns what the printer's bytes had wrong, once all is drawn.
func (t *paperTray) faults() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.settle()
	return errors.Join(t.errs...)
}
