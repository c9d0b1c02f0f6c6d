package printer

import (
	"log/slog"
	"sync"

	"zhizhu/devices/printer/escpos"
)

// rareFonts are the fonts of rare characters that were used last. Names of one village are drawn by few.
type rareFonts struct {
	load func(rune) ([]byte, bool) // may be nil
	log  *slog.Logger

	mu    sync.Mutex
	fonts []*escpos.Glyphs // the one used last is the first
}

// maxRare is how many fonts are kept: 2 MB at the most, with assets.RareFont's.
const maxRare = 4

// find returns a font that has r, nil where there is none.
func (f *rareFonts) find(r rune) *escpos.Glyphs {
	if f.load == nil {
		return nil
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, g := range f.fonts {
		if g.Has(r) {
			copy(f.fonts[1:i+1], f.fonts[:i])
			f.fonts[0] = g
			return g
		}
	}
	b, ok := f.load(r)
	if !ok {
		return nil
	}
	g, err := escpos.NewGlyphs(b)
	if err != nil || !g.Has(r) {
		f.log.Error("Font of rare characters can't be used", slog.Any("err", err))
		return nil
	}
	f.fonts = append([]*escpos.Glyphs{g}, f.fonts[:min(len(f.fonts), maxRare-1)]...)
	return g
}
