package assets

import (
	"compress/gzip"
	"embed"
	"fmt"
	"io"
)

// The rare characters, see packaging/fonts/rare.sh: compressed chunks, and bit sets that say which characters they have.
var (
	//go:embed fonts/rare/*.gz
	rareChunks embed.FS
	//go:embed fonts/rare/sans.set
	rareSans string
	//go:embed fonts/rare/mincho.set
	rareMincho string
)

// RareFont returns a small OpenType or TrueType font that draws r, a character that FontRegular lacks: a rare ideograph
// (CJK Extensions B to F), a compatibility ideograph, a radical. The chunk, of up to 0.8 MB, is decompressed by each
// call (some milliseconds): callers keep what they need, it draws r's neighbours too. No character is in two chunks.
// It returns false where there is none.
func RareFont(r rune) ([]byte, bool) {
	name := rareChunk(r)
	if name == "" {
		return nil, false
	}
	f, err := rareChunks.Open("fonts/rare/" + name)
	if err != nil {
		return nil, false
	}
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, false
	}
	b, err := io.ReadAll(z)
	return b, err == nil
}

// rareChunk names the chunk that has r, "" for none.
func rareChunk(r rune) string {
	switch {
	case inSet(rareSans, r):
		return "sans.otf.gz"
	case inSet(rareMincho, r):
		return fmt.Sprintf("%03x.ttf.gz", r>>10)
	}
	return ""
}

func inSet(set string, r rune) bool {
	return r >= 0 && int(r>>3) < len(set) && set[r>>3]&(1<<(r&7)) != 0
}
