package assets

import (
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"testing"

	"golang.org/x/image/font/sfnt"
)

// Village names hold characters that common fonts lack: the bundled ones must draw all of level 2.
func TestFontsDrawRareCharacters(t *testing.T) {
	for name, data := range map[string][]byte{"regular": FontRegular(), "bold": FontBold()} {
		t.Run(name, func(t *testing.T) {
			f, err := sfnt.Parse(data)
			if err != nil {
				t.Fatal(err)
			}
			var buf sfnt.Buffer
			has := func(r rune) bool {
				i, err := f.GlyphIndex(&buf, r)
				return err == nil && i != 0
			}
			for _, r := range "智助粤畲畬䶮㛃㻐𬭎𫖯𫍯𬱖〇①→℃·“”，。？！（）：；、《》【】￥0Aaü" {
				if !has(r) {
					t.Errorf("no glyph for %c (%U)", r, r)
				}
			}
			for r := rune(0x3400); r <= 0x9fef; r++ {
				if (r <= 0x4db5 || r >= 0x4e00) && !has(r) {
					t.Fatalf("no glyph for %U", r)
				}
			}
		})
	}
}

func TestIcons(t *testing.T) {
	names := IconNames()
	if len(names) < 60 {
		t.Fatalf("%d icons, want 60 at least", len(names))
	}
	for _, n := range names {
		b, ok := Icon(n)
		if !ok {
			t.Fatalf("icon %s is listed and can't be read", n)
		}
		d := xml.NewDecoder(bytes.NewReader(b))
		for {
			_, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("icon %s: %v", n, err)
			}
		}
		if n != "card-on-reader" && !bytes.Contains(b, []byte("currentColor")) {
			t.Errorf("icon %s can't be recoloured", n)
		}
	}
	if _, ok := Icon("no-such-icon"); ok {
		t.Error("an icon that does not exist was found")
	}
}
