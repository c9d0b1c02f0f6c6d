package paper

import (
	"bytes"
	"errors"
	"image/png"
	"os"
	"strings"
	"testing"
)

func sampleFont(t testing.TB) *Font {
	t.Helper()
	b, err := os.ReadFile("../../printer/testdata/sample.otf")
	if err != nil {
		t.Fatal(err)
	}
	f, err := NewFont(b)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// The makers' commands, as protocols.md C lists them.
func TestParseKnowsTheMakersCommands(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"\x1b@": "init", "\x1c&": "chinese 1", "\x1c.": "chinese 0", "\x1bE\x01": "bold 1", "\x1b!\x38": "print mode 56",
		"\x1d!\x11": "size 2x2", "\x1d!\x20": "size 3x1", "\x1c!\x0c": "chinese mode 12", "\x1cW\x01": "chinese quadruple 1",
		"\x1ba\x02": "align 2", "\x1ba1": "align 49", "\x1b3\x10": "line spacing 16", "\x1b2": "line spacing -1", "\n": "line feed",
		"\x1bd\x03": "feed lines 3", "\x1bJ\x08": "feed dots 8", "\x1dL\x00\x01": "left margin 256", "\x1dW\x40\x02": "width 576",
		"\x1dv0\x03\x01\x00\x02\x00\xff\x00": "raster 8x2 mode 3", "\x1d(k\x04\x001A2\x00": `qr function A "2\x00"`,
		"\x1d(k\x06\x001P0abc": `qr function P "0abc"`, "\x1d(k\x03\x001Q0": `qr function Q "0"`,
		"\x1dV\x00": "cut 0", "\x1dV1": "cut 1", "\x1dVB\x00": "cut 1", "\x1bi": "cut 0", "\x1bm": "cut 1",
		"\x1bp\x00\x19\xfa": "drawer 0", "\x1dI\x02": "identify 2", "\x1dIC": "identify 67", "\x1da\xff": "auto status 255",
		"\x1dr\x01": "paper status 1", "\x10\x04\x04": "status 4", "\x10\x05\x02": "recover 2", "\x10\x14\x01\x00\x01": "drawer status 1",
		"\x1b9\x01": "code page 1", "\x1cC\x00": "code page 0", "\x1b-\x02": "underline 2", "\x1c-\x00": "underline 0",
		"\x1d(L\x0c\x000p0\x01\x011\x08\x00\x02\x00\xff\x81": "graphics stored 8x2", "\x1d(L\x02\x0002": "graphics printed",
		"\x1d8L\x0b\x00\x00\x000p0\x02\x021\x07\x00\x01\x00\xff": "graphics stored 8x1",
		"\xd6\xd0a": `text "中a"`,
	} {
		cmds, err := Parse([]byte(in))
		if err != nil || len(cmds) != 1 || cmds[0].String() != want || cmds[0].Len != len(in) {
			t.Errorf("% x: %v, %v; want %s", in, cmds, err, want)
		}
		for n := 1; n < len(in) && want[:4] != "text"; n++ { // torn anywhere, it is short, never unknown
			if _, _, err := Next([]byte(in[:n])); !errors.Is(err, ErrShort) {
				t.Errorf("% x: %v, want short", in[:n], err)
			}
		}
	}
}

func TestParseNamesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for in, offset := range map[string]int{
		"ab\x1b\x99": 2, "\x00": 0, "a\x10\x04\x07": 1, "\x1dv0\x07\x01\x00\x01\x00\xff": 0, "\x1dv0\x00\x00\x00\x01\x00": 0,
		"\xd6\xd0\x81\x39\xef\x31": 2, "\xff": 0, "\x1d(k\x03\x002Q0": 0, "\xd6\x1b@": 0, "\x1ba\x07": 0, "\x1dVz": 0,
		"\x1d(L\x02\x0009": 0, "\x1d(L\x0b\x000p0\x01\x011\x08\x00\x02\x00\xff": 0, "\x1d8L\xff\xff\xff\x7f00": 0,
	} {
		_, err := Parse([]byte(in))
		var bad *UnknownError
		if !errors.As(err, &bad) || bad.Offset != offset {
			t.Errorf("% x: %v, want unknown at %d", in, err, offset)
		}
	}
	cmds, err := Parse([]byte("a\n\x1dv0\x00\x01\x00\x02\x00\xff"))
	if !errors.Is(err, ErrShort) || len(cmds) != 2 {
		t.Errorf("torn end: %v, %v", cmds, err)
	}
}

func TestReceiptsAreSplitAtCuts(t *testing.T) {
	t.Parallel()
	rs, err := Receipts([]byte("\x1b@one\n\x1dVB\x00two\n\x1dV\x00\x1b@\n"))
	if err != nil || len(rs) != 2 {
		t.Fatalf("%d receipts, %v", len(rs), err)
	}
	if a, b := rs[0].Text(), rs[1].Text(); a != "one\n" || b != "two\n" {
		t.Errorf("got %q and %q", a, b)
	}
	if rs, _ = Receipts([]byte("\x1dV\x00tail\n")); len(rs) != 2 || !rs[0].Blank() || rs[1].Blank() {
		t.Errorf("got %d receipts", len(rs))
	}
}

func TestTextStandsWhereItIsPrinted(t *testing.T) {
	t.Parallel()
	in := "\x1ba\x01" + "ab\n" + // in the middle of 48 cells
		"\x1ba\x02\xd6\xd0\n" + "\x1ba\x00" + strings.Repeat("x", 50) + "\n" + // the printer breaks a line that is too long
		"left\x1b@gone\n" // initialising throws away the line that is not yet printed
	rs, err := Receipts([]byte(in))
	if err != nil {
		t.Fatal(err)
	}
	want := strings.Repeat(" ", 23) + "ab\n" + strings.Repeat(" ", 46) + "中\n" + strings.Repeat("x", 48) + "\nxx\ngone\n"
	if got := rs[0].Text(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func TestPicture(t *testing.T) {
	t.Parallel()
	f := sampleFont(t)
	rs, err := Receipts([]byte("\x1d!\x11\xd6\xd0\xc3\xb7A\x1bE\x01\n\x1d!\x00\xb3\xc2W\n\x1dv0\x00\x01\x00\x02\x00\x80\x01\n\x1dV\x00"))
	if err != nil {
		t.Fatal(err)
	}
	for _, font := range []*Font{f, nil} {
		var b bytes.Buffer
		if err := rs[0].WritePNG(&b, font, 384); err != nil {
			t.Fatal(err)
		}
		img, err := png.Decode(&b)
		if err != nil || img.Bounds().Dx() != 384 || img.Bounds().Dy() < 48+30+2 {
			t.Fatalf("%v, %v", img.Bounds(), err)
		}
		pic := rs[0].Picture(font, 384)
		if pic.GrayAt(0, 78).Y != 0 || pic.GrayAt(7, 79).Y != 0 || pic.GrayAt(1, 78).Y != 0xff {
			t.Error("the raster's dots are not where they belong")
		}
		if n := ink(pic.Pix[:48*pic.Stride]); n < 800 {
			t.Errorf("%d dots of ink in the large line", n)
		}
	}
}

func TestGraphicsArePrintedOnce(t *testing.T) {
	t.Parallel()
	rs, err := Receipts([]byte("\x1d(L\x0c\x000p0\x02\x011\x08\x00\x02\x00\x80\x01\x1d(L\x02\x0002\x1d(L\x02\x0002\n\x1dV\x00"))
	if err != nil || len(rs) != 1 {
		t.Fatal(len(rs), err)
	}
	if got := rs[0].Text(); got != "[picture 16x2]\n\n" {
		t.Errorf("text %q", got)
	}
	if pic := rs[0].Picture(nil, 384); ink(pic.Pix) != 4 || pic.GrayAt(15, 1).Y != 0 {
		t.Error("the dots are not where they belong")
	}
}

func ink(pix []byte) int {
	n := 0
	for _, p := range pix {
		if p == 0 {
			n++
		}
	}
	return n
}

func TestReadCode(t *testing.T) {
	t.Parallel()
	rs, err := Receipts([]byte("\n\x1ba\x01\x1d(k\x03\x001C\x06\x1d(k\x03\x001E1\x1d(k\x0d\x001P0441403-ab\xe4\x1d(k\x03\x001Q0\n\n\x1dV\x00"))
	if err != nil {
		t.Fatal(err)
	}
	if got, err := ReadCode(rs[0].Picture(nil, 0)); err != nil || !strings.HasPrefix(got, "441403-ab") {
		t.Errorf("got %q, %v", got, err)
	}
	if _, err := ReadCode((Receipt{}).Picture(nil, 0)); err == nil {
		t.Error("white paper has a code")
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte("\x1b@\x1c&\xd6\xd0\n\x1dv0\x00\x01\x00\x02\x00\xff\x00\x1d(k\x03\x001Q0\x1dVB\x00"))
	f.Add([]byte("\x1d(k\x03\x001C\x00\x1d(k\x04\x001P0a\x1d(k\x03\x001Q0\x1dL\xff\xff\x1dW\x00\x00abc\n"))
	f.Add([]byte("\x1d(L\x0c\x000p0\x01\x011\x08\x00\x02\x00\xff\x81\x1d(L\x02\x0002\x1d8L\x02\x00\x00\x0002"))
	f.Add([]byte("\x81\x39\xef\x31\x10\x04\x01"))
	f.Fuzz(func(t *testing.T, in []byte) {
		cmds, _ := Parse(in)
		end := 0
		for _, c := range cmds {
			if c.Offset < end || c.Len < 1 || c.Offset+c.Len > len(in) {
				t.Fatalf("command %s of %d bytes at %d of %d", c, c.Len, c.Offset, len(in))
			}
			end = c.Offset + c.Len
		}
		if len(in) > 2000 || bytes.Count(in, []byte{0x1d}) > 20 {
			return // drawing takes its time
		}
		rs, _ := Receipts(in)
		for _, r := range rs {
			_ = r.Text()
			_ = Dump(r.Commands)
			_ = r.Picture(nil, 384)
		}
	})
}
