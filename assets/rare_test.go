package assets

import (
	"testing"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
)

// Whatever the sets promise, a chunk draws; and with the bundled font nothing of Extensions A to F is missing.
func TestEveryRareCharacterHasAnOutline(t *testing.T) {
	t.Parallel()
	base, err := sfnt.Parse(FontRegular())
	if err != nil {
		t.Fatal(err)
	}
	var buf sfnt.Buffer
	chunks := map[string]*sfnt.Font{}
	promised := 0
	for r := range rune(0x30000) {
		name := rareChunk(r)
		if name == "" {
			continue
		}
		promised++
		if id, err := base.GlyphIndex(&buf, r); err != nil || id != 0 {
			t.Errorf("%U is not rare: the bundled font has it (%v)", r, err)
		}
		f := chunks[name]
		if f == nil {
			b, ok := RareFont(r)
			if !ok {
				t.Fatalf("%U: its chunk %s can't be read", r, name)
			}
			if f, err = sfnt.Parse(b); err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			chunks[name] = f
		}
		id, err := f.GlyphIndex(&buf, r)
		if err != nil || id == 0 {
			t.Fatalf("%U is not in %s (%v)", r, name, err)
		}
		if _, err := f.LoadGlyph(&buf, id, 24<<6, nil); err != nil {
			t.Fatalf("%U in %s has no outline: %v", r, name, err)
		}
	}
	t.Logf("%d rare characters in %d chunks", promised, len(chunks))
	for _, block := range [][2]rune{
		{0x3400, 0x4db5},
		{0x4e00, 0x9fef},
		{0x20000, 0x2a6d6},
		{0x2a700, 0x2b734},
		{0x2b740, 0x2b81d},
		{0x2b820, 0x2cea1},
		{0x2ceb0, 0x2ebe0},
		{0x2f800, 0x2fa1d},
	} {
		for r := block[0]; r <= block[1]; r++ {
			if id, err := base.GlyphIndex(&buf, r); (err != nil || id == 0) && rareChunk(r) == "" {
				t.Errorf("nothing draws %U", r)
			}
		}
	}
}

func TestRareFont(t *testing.T) {
	t.Parallel()
	for r, want := range map[rune]string{
		'𠮷': "sans.otf.gz", '𪚥': "0a9.ttf.gz", '𬭎': "", '㐂': "", '䶮': "", '中': "", 'A': "", -1: "", 0x10ffff: "", '⺁': "sans.otf.gz",
	} {
		if got := rareChunk(r); got != want {
			t.Errorf("%U: got %q, want %q", r, got, want)
		}
		if _, ok := RareFont(r); ok != (want != "") {
			t.Errorf("%U: got %v", r, ok)
		}
	}
}

// BenchmarkRareFont is the first use of a rare character: its chunk is decompressed, read, and the character drawn.
func BenchmarkRareFont(b *testing.B) {
	for name, r := range map[string]rune{"sans": '𠮷', "mincho": '𪚥'} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				data, ok := RareFont(r)
				if !ok {
					b.Fatal("no font")
				}
				f, err := opentype.Parse(data)
				if err != nil {
					b.Fatal(err)
				}
				face, err := opentype.NewFace(f, &opentype.FaceOptions{Size: 24, DPI: 72, Hinting: font.HintingNone})
				if err != nil {
					b.Fatal(err)
				}
				if _, _, ok := face.GlyphBounds(r); !ok {
					b.Fatal("no outline")
				}
			}
		})
	}
}
