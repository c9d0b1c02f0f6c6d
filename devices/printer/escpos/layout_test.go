package escpos_test

import (
	"bytes"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"zhizhu/devices"
	"zhizhu/devices/printer/escpos"
	"zhizhu/devices/sim/paper"
)

var update = flag.Bool("update", false, "write the golden files anew")

func glyphs(t testing.TB) *escpos.Glyphs {
	t.Helper()
	b, err := os.ReadFile("../testdata/sample.otf")
	if err != nil {
		t.Fatal(err)
	}
	g, err := escpos.NewGlyphs(b)
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// checker makes a pattern that can be told from a picture of text.
func checker(string) (*escpos.Bitmap, error) {
	b := escpos.NewBitmap(33, 33)
	for y := range b.H {
		for x := range b.W {
			if (x+y)%2 == 0 {
				b.Set(x, y)
			}
		}
	}
	return b, nil
}

func sample() devices.Document {
	return devices.Document{Blocks: []devices.Block{
		{Text: "便民服务站", Size: 2, Bold: true, Align: devices.Centre},
		{Kind: devices.RuleBlock},
		{Kind: devices.PairBlock, Label: "办件编号", Text: "441403-20250601-0007-3", Bold: true},
		{Kind: devices.PairBlock, Label: "姓名", Text: "陈㐂"},
		{Kind: devices.PairBlock, Label: "地址", Text: "广东省梅州市梅江区甲乙镇丙丁村戊己庚辛壬癸号，子丑寅卯"},
		{Text: "请您妥善保管此凭证，谢谢使用！", Align: devices.Right},
		{Text: "𠮷", Size: 2, Bold: true, Align: devices.Centre},
		{Kind: devices.FeedBlock, Lines: 2},
		{Kind: devices.CodeBlock, Text: "441403-20250601-0007-3"},
		{Text: "first line\nsecond line"},
	}}
}

func TestGolden(t *testing.T) {
	t.Parallel()
	for name, pr := range map[string]escpos.Profile{
		"576":      {Dots: 576, Glyphs: glyphs(t), Code: checker},
		"384":      {Dots: 384, Glyphs: glyphs(t), Code: checker},
		"native":   {Dots: 576, Glyphs: glyphs(t), NativeQR: true},
		"nofont":   {Dots: 576},
		"pictures": {Dots: 576, Glyphs: glyphs(t), Code: checker, DrawChinese: true},
	} {
		job, err := escpos.Layout(sample(), pr)
		if err != nil {
			t.Fatal(err)
		}
		cmds, err := paper.Parse(job.Bytes())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		receipts, err := paper.Receipts(job.Bytes())
		if err != nil || len(receipts) != 1 {
			t.Fatalf("%s: %d receipts, %v", name, len(receipts), err)
		}
		golden(t, name+".txt", receipts[0].Text()+strings.Repeat("=", 48)+"\n"+paper.Dump(cmds))
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "golden", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (go test -update writes it anew):\n%s", path, got)
	}
}

// A rare character is drawn where the printer would have put it, in the size of its line.
func TestRareCharactersAreDrawnInPlace(t *testing.T) {
	t.Parallel()
	for _, size := range []int{1, 2} {
		for _, c := range []struct {
			align devices.Align
			from  int
		}{{devices.Left, 0}, {devices.Centre, 288 - 24*size}, {devices.Right, 576 - 48*size}} {
			doc := devices.Document{Blocks: []devices.Block{{Text: "㐂𠮷", Size: size, Align: c.align}}}
			job, err := escpos.Layout(doc, escpos.Profile{Dots: 576, Glyphs: glyphs(t)})
			if err != nil || job.Missing != 0 {
				t.Fatalf("%v, %d missing", err, job.Missing)
			}
			receipts, err := paper.Receipts(job.Bytes())
			if err != nil {
				t.Fatal(err)
			}
			pic := receipts[0].Picture(nil, 576)
			left, right, ink := 576, 0, 0
			for y := range 60 {
				for x := range 576 {
					if pic.GrayAt(x, y).Y == 0 {
						left, right, ink = min(left, x), max(right, x), ink+1
					}
				}
			}
			to := c.from + 48*size
			if left < c.from || right >= to || left > c.from+4*size || right < to-4*size || ink < 150*size*size {
				t.Errorf("size %d, align %d: ink %d from %d to %d, cells from %d to %d", size, c.align, ink, left, right, c.from, to)
			}
		}
	}
}

func TestWhatNobodyCanDrawIsCounted(t *testing.T) {
	t.Parallel()
	doc := devices.Document{Blocks: []devices.Block{{Text: "陈\U00020bb9\U0002a6a5"}}}
	for name, pr := range map[string]escpos.Profile{
		"without font": {Dots: 576}, "font lacks it": {Dots: 576, Glyphs: glyphs(t)},
	} {
		job, err := escpos.Layout(doc, pr)
		if err != nil || job.Missing != 2 {
			t.Errorf("%s: %d missing, %v; want 2", name, job.Missing, err)
		}
	}
	job, _ := escpos.Layout(doc, escpos.Profile{Dots: 576})
	if want := []byte("\xb3\xc2\xa1\xfe\xa1\xfe\n"); !bytes.Contains(job.Bytes(), want) {
		t.Errorf("no 〓 in % x", job.Bytes())
	}
}

func TestCodeThatCannotBeMadeIsText(t *testing.T) {
	t.Parallel()
	doc := devices.Document{Blocks: []devices.Block{{Kind: devices.CodeBlock, Text: "12345"}}}
	job, err := escpos.Layout(doc, escpos.Profile{
		Dots: 384, Code: func(string) (*escpos.Bitmap, error) { return nil, errors.New("too long") },
	})
	if err != nil || !bytes.Contains(job.Bytes(), []byte("12345\n")) {
		t.Errorf("%v: % x", err, job.Bytes())
	}
}

// Printers may execute a real-time command even inside the data of a code: such a text is made into a picture.
func TestCodeWithControlBytesIsNoNativeOne(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]bool{"441403-20250601-0007-3": false, "\x10\x04\x01": true} {
		job, err := escpos.Layout(
			devices.Document{Blocks: []devices.Block{{Kind: devices.CodeBlock, Text: text}}},
			escpos.Profile{Dots: 576, NativeQR: true, Code: checker},
		)
		if err != nil {
			t.Fatal(err)
		}
		if drawn := bytes.Contains(job.Bytes(), []byte("\x1dv0")); drawn != want {
			t.Errorf("%q: drawn %v, want %v", text, drawn, want)
		}
		if bytes.Contains(job.Bytes(), []byte{0x10, 0x04}) {
			t.Errorf("%q: a real-time command is in its code", text)
		}
	}
}

func TestBadLayouts(t *testing.T) {
	t.Parallel()
	if _, err := escpos.Layout(devices.Document{}, escpos.Profile{}); err == nil {
		t.Error("no width was taken")
	}
	doc := devices.Document{Blocks: []devices.Block{{Kind: 99}}}
	if _, err := escpos.Layout(doc, escpos.Profile{Dots: 576}); err == nil {
		t.Error("an unknown block was taken")
	}
	if _, err := escpos.NewGlyphs([]byte("x")); err == nil {
		t.Error("a font that is none was taken")
	}
}

// Any document is a stream that an independent interpreter understands, with one cut, with no real-time command hidden
// in it, and each piece of it stands for itself.
func TestAnyDocumentIsSound(t *testing.T) {
	t.Parallel()
	g := glyphs(t)
	text := rapid.StringOf(rapid.OneOf(rapid.Rune(), rapid.RuneFrom([]rune("甲乙丙，。㐂𠮷龑 ab12\n\x10\x04\x01\x1b@"))))
	rapid.Check(t, func(t *rapid.T) {
		var doc devices.Document
		for range rapid.IntRange(0, 5).Draw(t, "blocks") {
			doc.Blocks = append(doc.Blocks, devices.Block{
				Kind: devices.BlockKind(rapid.IntRange(0, int(devices.ColumnsBlock)).Draw(t, "kind")), Label: text.Draw(t, "label"),
				Text: text.Draw(t, "text"), Size: rapid.IntRange(-1, 9).Draw(t, "size"), Bold: rapid.Bool().Draw(t, "bold"),
				Align: devices.Align(rapid.IntRange(0, 2).Draw(t, "align")), Lines: rapid.IntRange(-1, 300).Draw(t, "lines"),
				Columns: []devices.Column{{Text: text.Draw(t, "first")}, {Text: text.Draw(t, "second"), Weight: 2, Align: devices.Right}},
			})
		}
		pr := escpos.Profile{
			Dots: rapid.SampledFrom([]int{384, 512, 576}).Draw(t, "dots"), Code: checker,
			DrawChinese: rapid.Bool().Draw(t, "draw"), NativeQR: rapid.Bool().Draw(t, "native"),
		}
		if rapid.Bool().Draw(t, "font") {
			pr.Glyphs = g
		}
		job, err := escpos.Layout(doc, pr)
		if err != nil {
			t.Fatal(err)
		}
		receipts, err := paper.Receipts(job.Bytes())
		if err != nil || len(receipts) != 1 {
			t.Fatalf("%d receipts, %v", len(receipts), err)
		}
		for _, c := range receipts[0].Commands {
			if c.RealTime() {
				t.Fatalf("a real-time command at %d", c.Offset)
			}
		}
		fits(t, receipts[0].Commands, pr.Dots)
		for _, p := range job.Pieces {
			if _, err := paper.Parse(p.Bytes); err != nil {
				t.Fatalf("piece % x: %v", p.Bytes, err)
			}
			if p.Bulk && !bytes.HasPrefix(p.Bytes, []byte{0x1d}) {
				t.Fatalf("piece % x is no bulk", p.Bytes)
			}
			if i := bytes.Index(p.Bytes, []byte{0x10, 0x04}); i >= 8 {
				t.Fatalf("10 04 at %d of a piece", i)
			}
		}
	})
}

// fits checks that no line and no picture is wider than the paper, and no picture's band higher than 256 rows.
func fits(t *rapid.T, cmds []paper.Command, dots int) {
	size := 1
	for _, c := range cmds {
		switch c.Op {
		case paper.OpSize:
			size = c.N>>4 + 1
		case paper.OpText:
			if w := len(c.Data) * 12 * size; w > dots {
				t.Fatalf("a line of %d dots at %d", w, c.Offset)
			}
		case paper.OpRaster:
			if w := c.W * 8 * (1 + c.N&1); w > (dots+7)/8*8 || c.H > 256 {
				t.Fatalf("a picture of %d by %d dots at %d", w, c.H, c.Offset)
			}
		default:
		}
	}
}

// What a document says stands on the paper in its order, and nothing else does.
func TestTextKeepsItsOrder(t *testing.T) {
	t.Parallel()
	text := rapid.StringOf(rapid.RuneFrom([]rune("甲乙丙，。（）《》①—℃ ab12-:\n\t")))
	rapid.Check(t, func(t *rapid.T) {
		var doc devices.Document
		want := ""
		for range rapid.IntRange(0, 5).Draw(t, "blocks") {
			b := devices.Block{
				Kind: rapid.SampledFrom([]devices.BlockKind{devices.TextBlock, devices.PairBlock}).Draw(t, "kind"), Text: text.Draw(t, "text"),
				Size: rapid.IntRange(0, 3).Draw(t, "size"), Align: devices.Align(rapid.IntRange(0, 2).Draw(t, "align")),
			}
			if b.Kind == devices.PairBlock {
				b.Label = text.Draw(t, "label")
			}
			want += b.Label + b.Text
			doc.Blocks = append(doc.Blocks, b)
		}
		job, err := escpos.Layout(doc, escpos.Profile{Dots: rapid.SampledFrom([]int{384, 512, 576}).Draw(t, "dots")})
		if err != nil || job.Missing != 0 {
			t.Fatalf("%v, %d missing", err, job.Missing)
		}
		receipts, err := paper.Receipts(job.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, r := range receipts {
			got += r.Text()
		}
		if bare := strings.Join(strings.Fields(want), ""); strings.Join(strings.Fields(got), "") != bare {
			t.Fatalf("got %q, want %q", got, bare)
		}
	})
}

// FuzzLayout: no text can make a stream that a printer doesn't understand, or a second cut.
func FuzzLayout(f *testing.F) {
	g := glyphs(f)
	f.Add("姓名", "陈㐂𠮷䶮", 1, true, false)
	f.Add("\x1b@\x10\x04\x01", "\x1dV\x00", 2, false, true)
	f.Add("", "a\u0301\u20dd\ue863\U0001f600\U000e0100", 9, true, true)
	f.Fuzz(func(t *testing.T, label, text string, size int, bold, draw bool) {
		doc := devices.Document{Blocks: []devices.Block{
			{Text: text, Size: size, Bold: bold},
			{Kind: devices.PairBlock, Label: label, Text: text, Size: size},
			{Kind: devices.ColumnsBlock, Columns: []devices.Column{{Text: label, Weight: size}, {Text: text, Align: devices.Right}}},
			{Kind: devices.CodeBlock, Text: text},
		}}
		for _, pr := range []escpos.Profile{
			{Dots: 384, Glyphs: g, DrawChinese: draw, Code: checker}, {Dots: 576, NativeQR: true},
		} {
			job, err := escpos.Layout(doc, pr)
			if err != nil {
				t.Fatal(err)
			}
			if receipts, err := paper.Receipts(job.Bytes()); err != nil || len(receipts) != 1 {
				t.Fatalf("%d receipts, %v", len(receipts), err)
			}
		}
	})
}
