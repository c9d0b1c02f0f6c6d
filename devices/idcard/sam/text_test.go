package sam

import (
	"bytes"
	"encoding/binary"
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"zhizhu/devices"
)

func cards() map[string]devices.Card {
	return map[string]devices.Card{
		"resident": {
			Type: devices.ResidentCard, Name: "测试甲", Sex: '2', Nation: "01", Birth: "1956-03-08",
			Address: strings.Repeat("广东省梅州市", 5) + "梅县区松口", Number: "441403195603080021", Authority: "梅州市公安局梅县分局",
			ValidFrom: "2010-01-02", ValidTo: devices.LongTerm,
		},
		"rare name": {Type: devices.ResidentCard, Name: "𠮷䶮\ue000", Sex: '9', Nation: "56", ValidTo: "2031-12-31"},
		"permit": {
			Type: devices.ResidencePermit, Name: "测试乙", Sex: '1', Birth: "1970-12-31", Address: "广东省梅州市梅县区",
			Number: "810000197012310015", Authority: "梅州市公安局梅县分局", ValidFrom: "2020-02-29", ValidTo: "2025-02-28",
			PassNumber: "H00000001", IssueCount: "02",
		},
		"foreigner 2017": {
			Type: devices.Foreigner2017, Name: "测试丙", EnglishName: "TEST, VERY LONG NAME OF SEVERAL WORDS", Sex: '1', Birth: "1980-05-05",
			Number: "XXA440080050516", Nationality: "XXA", Authority: "4400", ValidFrom: "2018-01-01", ValidTo: "2028-01-01",
		},
		"foreigner 2023": {
			Type: devices.Foreigner2023, Name: "测试丁", EnglishName: "TEST A NAME THAT GOES ON IN THE SEC OND PART", Sex: '2', Renewals: "00",
			Birth: "1990-07-07", Number: "944999199007070010", Nationality: "XXA", ValidFrom: "2024-01-01", ValidTo: "2034-01-01", FormerNumber: "123",
		},
	}
}

func TestTextBlocksComeBackAsTheyWent(t *testing.T) {
	for name, want := range cards() {
		t.Run(name, func(t *testing.T) {
			block, err := EncodeText(want)
			if err != nil {
				t.Fatal(err)
			}
			got, err := ParseText(block)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got\n%#v, want\n%#v", got, want)
			}
		})
	}
}

// put writes a field by the table of protocols.md A5, so that parser and encoder can't be wrong together.
func put(block []byte, at int, s string) {
	for i, r := range []rune(s) {
		binary.LittleEndian.PutUint16(block[at+2*i:], uint16(r))
	}
}

func blank(flag byte) []byte {
	b := make([]byte, 256)
	put(b, 0, strings.Repeat(" ", 128))
	put(b, 248, string(rune(flag)))
	return b
}

// person is a block that looks like one.
func person() []byte {
	b := blank(' ')
	put(b, 0, "甲")
	put(b, 36, "19560308")
	put(b, 122, "441403195603080021")
	return b
}

func TestOffsetsAreThoseOfTheTable(t *testing.T) {
	for _, tc := range []struct {
		name string
		flag byte
		at   map[int]string
		want devices.Card
	}{
		{
			"resident", ' ',
			map[int]string{0: "甲", 30: "1", 32: "02", 36: "20000229", 52: "址 址", 122: "12", 158: "局", 188: "20200101", 204: "长期"},
			devices.Card{Type: ' ', Name: "甲", Sex: '1', Nation: "02", Birth: "2000-02-29", Address: "址 址", Number: "12", Authority: "局", ValidFrom: "2020-01-01", ValidTo: "长期"},
		},
		{
			"permit", 'J',
			map[int]string{0: "甲", 30: "2", 32: "99", 220: "H12345678", 238: "01", 204: "20300230"},
			devices.Card{Type: 'J', Name: "甲", Sex: '2', PassNumber: "H12345678", IssueCount: "01"},
		},
		{
			"foreigner 2017", 'I',
			map[int]string{0: "A B", 120: "1", 122: "N", 152: "XXA", 158: "甲", 188: "20180101", 204: "20280101", 220: "19800505", 236: "01", 240: "4400"},
			devices.Card{
				Type: 'I', EnglishName: "A B", Sex: '1', Number: "N", Nationality: "XXA", Name: "甲", ValidFrom: "2018-01-01",
				ValidTo: "2028-01-01", Birth: "1980-05-05", Authority: "4400",
			},
		},
		{
			"foreigner 2023", 'Y',
			map[int]string{0: "甲", 30: "x", 32: "01", 36: "00000000", 52: strings.Repeat("A", 35), 122: "9", 220: "BC", 242: "XXA", 250: "123"},
			devices.Card{
				Type: 'Y', Name: "甲", Sex: '0', Renewals: "01", EnglishName: strings.Repeat("A", 35) + "BC", Number: "9",
				Nationality: "XXA", FormerNumber: "123",
			},
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			b := blank(tc.flag)
			for at, s := range tc.at {
				put(b, at, s)
			}
			got, err := ParseText(b)
			if err != nil {
				t.Fatal(err)
			}
			if !reflect.DeepEqual(got, tc.want) {
				t.Errorf("got\n%#v, want\n%#v", got, tc.want)
			}
		})
	}
}

func TestParseTextRefusesWhatItDoesNotKnow(t *testing.T) {
	if _, err := ParseText(blank('Q')); !errors.Is(err, ErrUnknownType) {
		t.Errorf("flag Q: %v", err)
	}
	if _, err := ParseText(make([]byte, 255)); err == nil {
		t.Error("255 bytes were taken for a text block")
	}
	if c, err := ParseText(make([]byte, 256)); err != nil || c.Type != devices.ResidentCard || c.Name != "" {
		t.Errorf("a block of NUL: %#v, %v", c, err)
	}
}

func TestEncodeTextRefusesWhatDoesNotFit(t *testing.T) {
	for _, c := range []devices.Card{
		{Type: ' ', Name: strings.Repeat("长", 16)},
		{Type: ' ', Address: strings.Repeat("址", 36)},
		{Type: 'Y', EnglishName: strings.Repeat("A", 47)},
		{Type: 'Z'},
	} {
		if _, err := EncodeText(c); err == nil {
			t.Errorf("type %c was encoded", c.Type)
		}
	}
}

func TestReadingsOfEveryLength(t *testing.T) {
	text := person()
	photo := make([]byte, 1024)
	for _, tc := range []struct {
		name   string
		three  bool
		finger int
		frame  int // total, as the public pages give it
	}{
		{"30 01", false, 0, 1295},
		{"30 10 without prints", true, 0, 1297},
		{"one print", true, 512, 1809},
		{"two prints", true, 1024, 2321},
	} {
		t.Run(tc.name, func(t *testing.T) {
			data := AppendReading(nil, Reading{text, photo, make([]byte, tc.finger)}, tc.three)
			if n := len(AppendReply(nil, Reply{Status: OK, Data: data})); n != tc.frame {
				t.Errorf("frame of %d bytes, want %d", n, tc.frame)
			}
			for _, extra := range []int{0, 1} {
				r, err := ParseReading(append(data, make([]byte, extra)...))
				if err != nil || len(r.Text) != 256 || len(r.Photo) != 1024 || len(r.Fingerprint) != tc.finger {
					t.Errorf("%d extra bytes: %d %d %d, %v", extra, len(r.Text), len(r.Photo), len(r.Fingerprint), err)
				}
			}
			if _, err := ParseReading(data[:900]); !errors.Is(err, ErrShort) {
				t.Errorf("cut short: %v", err)
			}
		})
	}
}

func TestParseID(t *testing.T) {
	id, err := ParseID(AppendID(nil, 5, 3, 20240101, 1, 4294967295))
	if want := "05.03-20240101-0000000001-4294967295"; err != nil || id != want {
		t.Errorf("%q, %v, want %q", id, err, want)
	}
	if _, err := ParseID(make([]byte, 15)); err == nil {
		t.Error("15 bytes were taken for an id")
	}
}

func TestAppendedAddressesComeBackAsTheyWent(t *testing.T) {
	b := make([]byte, 70)
	put(b, 0, strings.Repeat(" ", 35))
	put(b, 0, "新址 1号")
	for name, data := range map[string][]byte{"70 bytes": b, "more": append(bytes.Clone(b), 0, 0)} {
		if a, err := ParseAddress(data); err != nil || a != "新址 1号" {
			t.Errorf("%s: %q, %v", name, a, err)
		}
	}
	if got, err := AppendAddress(nil, "新址 1号"); err != nil || !bytes.Equal(got, b) {
		t.Errorf("encoded: % X, %v", got, err)
	}
	if _, err := ParseAddress(b[:69]); !errors.Is(err, ErrShort) {
		t.Errorf("69 bytes: %v", err)
	}
	if _, err := AppendAddress(nil, strings.Repeat("址", 36)); err == nil {
		t.Error("36 characters were taken")
	}
}

// TestReadingsOfOddReaders holds what readers send beside the four forms of the public pages.
func TestReadingsOfOddReaders(t *testing.T) {
	text, photo := person(), bytes.Repeat([]byte{7}, 1024)
	two := AppendReading(nil, Reading{Text: text, Photo: photo}, false)
	three := func(finger int) []byte {
		return AppendReading(nil, Reading{text, photo, bytes.Repeat([]byte{9}, finger)}, true)
	}
	noPhoto := AppendReading(nil, Reading{Text: text}, false)
	nul := AppendReading(nil, Reading{Text: make([]byte, 256), Photo: photo}, false)
	for _, tc := range []struct {
		name          string
		data          []byte
		photo, finger int
	}{
		{"two words and a byte more", append(bytes.Clone(two), 0xAA), 1024, 0},
		{"two words and as much more as a third word and a print", append(bytes.Clone(two), make([]byte, 514)...), 1024, 0},
		{"three words without prints and a byte more", append(three(0), 1), 1024, 0},
		{"three words and a print that is cut short", three(1024)[:6+256+1024+512], 1024, 0},
		{"three words and no print at all", three(512)[:6+256+1024], 1024, 0},
		{"a print and more", append(three(512), 1, 2, 3), 1024, 512},
		{"no photo", noPhoto, 0, 0},
		{"a text of NUL in two words", nul, 1024, 0},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, err := ParseReading(tc.data)
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Photo) != tc.photo || len(r.Fingerprint) != tc.finger || !bytes.Equal(r.Photo, photo[:tc.photo]) {
				t.Errorf("photo of %d bytes, prints of %d; want %d, %d", len(r.Photo), len(r.Fingerprint), tc.photo, tc.finger)
			}
			if bytes.ContainsFunc(r.Fingerprint, func(c rune) bool { return c != 9 }) {
				t.Error("the prints are not the prints")
			}
			if want := text; tc.name != "a text of NUL in two words" && !bytes.Equal(r.Text, want) {
				t.Error("the text is not the text")
			}
		})
	}
	for _, bad := range [][]byte{nil, two[:3], two[:4], two[:259], two[:1283], {0, 255, 4, 0}, {1, 0, 255, 255, 0, 0}, three(0)[:1285]} {
		if _, err := ParseReading(bad); err == nil {
			t.Errorf("%d bytes were taken for a reading", len(bad))
		}
	}
}

// TestAShiftedCardIsNeverRead: whatever the words say, the text is cut out where it is, or not at all.
func TestAShiftedCardIsNeverRead(t *testing.T) {
	photo := make([]byte, 1024)
	for name, c := range cards() {
		if c.Birth == "" || c.Number == "" {
			continue // nothing tells where it begins
		}
		block, err := EncodeText(c)
		if err != nil {
			t.Fatal(err)
		}
		body := append(bytes.Clone(block), photo...)
		for at := range 1 << 16 {
			data := append([]byte{1, 0, 4, 0, byte(at >> 8), byte(at)}, body...)
			finger := at == 0 || at == 512 || at == 1024
			switch r, err := ParseReading(data); {
			case finger && (err != nil || !bytes.Equal(r.Text, block)):
				t.Fatalf("%s: third word %d: %v", name, at, err)
			case !finger && !errors.Is(err, ErrForm):
				t.Fatalf("%s: third word %d was taken: %v", name, at, err)
			}
		}
		two := append([]byte{1, 0, 4, 0}, body...)
		for more := range 1100 {
			if r, err := ParseReading(append(bytes.Clone(two), make([]byte, more)...)); err != nil || !bytes.Equal(r.Text, block) {
				t.Fatalf("%s: two words and %d bytes more: %v", name, more, err)
			}
		}
		short := append([]byte{1, 0, 4, 0, 0, 0}, body[:len(body)-2]...) // fits two words exactly
		if _, err := ParseReading(short); !errors.Is(err, ErrForm) {
			t.Errorf("%s: three words, two bytes less: %v", name, err)
		}
	}
}

// TestOnlyOnePlaceLooksRight is what looksRight promises, for people of all ages and fields without any room left.
func TestOnlyOnePlaceLooksRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		figures := func(n int, what string) string {
			return rapid.StringMatching("[0-9]{"+strconv.Itoa(n)+"}").Draw(t, what)
		}
		block := make([]byte, 2+256+2) // what stands around it is figures too
		put(block, 0, figures(130, "all"))
		year := strconv.Itoa(rapid.IntRange(1800, 2100).Draw(t, "year"))
		flag := rapid.SampledFrom([]string{" ", "J", "I", "Y"}).Draw(t, "flag")
		put(block, 2+248, flag)
		near := rapid.SampledFrom([]string{" ", "J", "I", "Y"}).Draw(t, "near")
		put(block, 2+246, near)
		put(block, 2+250, near)
		if flag == "I" {
			put(block, 2+122, "ABC")
			put(block, 2+220, year)
		} else {
			put(block, 2+36, year)
		}
		if !looksRight(block[2:]) {
			t.Fatal("it doesn't look right where it begins")
		}
		if looksRight(block) || looksRight(block[4:]) {
			t.Error("it looks right one character off")
		}
	})
}

func TestControlCharactersAreDropped(t *testing.T) {
	b := person()
	put(b, 0, "\x01陈\n \u0085桂\u2028\x00兰\x7f\ue000\u200d \x02")
	put(b, 52, "\r\n村\t1 号\u2029")
	put(b, 36, "1956\x0003")
	c, err := ParseText(b)
	if err != nil {
		t.Fatal(err)
	}
	if c.Name != "陈 桂兰\ue000\u200d" || c.Address != "村1 号" || c.Birth != "" {
		t.Errorf("%q, %q, %q", c.Name, c.Address, c.Birth)
	}
	address := make([]byte, addressLen)
	put(address, 0, "新\u2028址\x1b")
	if a, err := ParseAddress(address); err != nil || a != "新址" {
		t.Errorf("%q, %v", a, err)
	}
}

func FuzzParseCard(f *testing.F) {
	for _, c := range cards() {
		block, err := EncodeText(c)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(AppendReading(nil, Reading{block, make([]byte, 1024), nil}, false))
		f.Add(AppendReading(nil, Reading{block, nil, make([]byte, 512)}, true))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := ParseCard(data)
		if err != nil {
			return
		}
		block, err := EncodeText(c)
		if err != nil {
			t.Fatalf("a parsed card can't be encoded: %v", err)
		}
		again, err := ParseText(block)
		if err != nil {
			t.Fatal(err)
		}
		again.Photo, again.Fingerprint = c.Photo, c.Fingerprint
		if !reflect.DeepEqual(again, c) {
			t.Error("encoded and parsed again, the card is another")
		}
	})
}
