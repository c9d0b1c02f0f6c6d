package catalog_test

import (
	"io/fs"
	"testing"

	"golang.org/x/image/font/sfnt"
	"golang.org/x/text/encoding/simplifiedchinese"

	"zhizhu/assets"
	data "zhizhu/assets/catalog"
	"zhizhu/offline/catalog/load"
)

// texts calls fn with every file of the catalogue.
func texts(t *testing.T, fn func(name, text string)) {
	t.Helper()
	err := fs.WalkDir(data.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := fs.ReadFile(data.FS(), name)
		fn(name, string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestIconsAreThere(t *testing.T) {
	c, err := load.Load(data.FS())
	if err != nil {
		t.Fatal(err)
	}
	need := func(where, icon string) {
		if _, ok := assets.Icon(icon); icon != "" && !ok {
			t.Errorf("%s: no icon %q in assets/icons", where, icon)
		}
	}
	for _, theme := range c.Themes {
		need(theme.ID, theme.Icon)
	}
	for _, it := range c.Items {
		need(it.File, it.Icon)
		for _, f := range it.Form {
			for _, o := range f.Options {
				need(it.File, o.Icon)
			}
		}
	}
}

// The screen's font has every character, and the printer's own font, too (two bytes of GBK), so that slips needn't be
// drawn dot by dot.
func TestCharactersCanBeShownAndPrinted(t *testing.T) {
	font, err := sfnt.Parse(assets.FontRegular())
	if err != nil {
		t.Fatal(err)
	}
	var buf sfnt.Buffer
	gbk := simplifiedchinese.GBK.NewEncoder()
	done := make(map[rune]bool)
	texts(t, func(name, text string) {
		for _, r := range text {
			if done[r] || r == '\n' {
				continue
			}
			done[r] = true
			if glyph, err := font.GlyphIndex(&buf, r); err != nil || glyph == 0 {
				t.Errorf("%s: the screen's font has no %q", name, r)
			}
			if b, err := gbk.String(string(r)); err != nil || len(b) > 2 {
				t.Errorf("%s: a printer's font has no %q", name, r)
			}
		}
	})
}
