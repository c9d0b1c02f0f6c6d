package printer

import (
	"log/slog"
	"testing"

	"zhizhu/assets"
)

// Fonts of rare characters are read once, and only the last few are kept.
func TestRareFontsAreKept(t *testing.T) {
	t.Parallel()
	loads := 0
	f := rareFonts{log: slog.New(slog.DiscardHandler), load: func(r rune) ([]byte, bool) {
		loads++
		return assets.RareFont(r)
	}}
	for _, r := range "𪚥𪚥𪛕𪚥" { // of one chunk
		if g := f.find(r); g == nil || !g.Has(r) {
			t.Fatalf("no font for %U", r)
		}
	}
	if loads != 1 {
		t.Errorf("loaded %d times", loads)
	}
	for _, r := range []rune{0x2ac00, 0x2b740, 0x2b820, 0x2ceb0} {
		f.find(r)
	}
	if loads = 0; f.find('𪚥') == nil || loads != 1 || len(f.fonts) != maxRare {
		t.Errorf("loaded %d times, %d fonts are kept", loads, len(f.fonts))
	}
	if f.find('\ue000') != nil || f.find('A') != nil {
		t.Error("a font for a character that there is none for")
	}
	none := rareFonts{}
	if none.find('𪚥') != nil {
		t.Error("a font out of nothing")
	}
	bad := rareFonts{log: f.log, load: func(rune) ([]byte, bool) { return []byte("no font"), true }}
	if bad.find('𪚥') != nil {
		t.Error("a font that is none")
	}
}
