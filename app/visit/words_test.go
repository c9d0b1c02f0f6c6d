package visit

import (
	"strings"
	"testing"

	"zhizhu/app/sheet"
	"zhizhu/devices"
	"zhizhu/offline/catalog"
)

func TestEveryFaultHasWords(t *testing.T) {
	f := &catalog.Field{Label: "x", Type: catalog.Text}
	seen := map[string]sheet.Fault{}
	for fault := sheet.Missing; fault <= sheet.BadCharacter; fault++ {
		w := wrongWords(f, fault, "7")
		if other, twice := seen[w]; w == "" || twice {
			t.Errorf("fault %d: %q, as for %d", fault, w, other)
		}
		seen[w] = fault
	}
	if w := wrongWords(f, sheet.Fine, ""); w != "" {
		t.Errorf("a good answer is told %q", w)
	}
	own := &catalog.Field{Wrong: "看水费单右上角。"}
	if w := wrongWords(own, sheet.TooShort, "4"); w != "看水费单右上角。" {
		t.Errorf("the item's own words are not used: %q", w)
	}
}

func TestEveryKindHasWords(t *testing.T) {
	seen := map[string]catalog.Kind{}
	for _, it := range testCatalog().Items {
		w := wordsOf(it)
		if w.start == "" || w.confirm == "" || w.lodged == "" || lodgedNext(it) == "" {
			t.Errorf("%s lacks words: %+v", it.Kind, w)
		}
		down, held := offlineWords(it, false), offlineWords(it, true)
		if !strings.Contains(down, "没有网络") || strings.Contains(held, "没有网络") || strings.Contains(held, "网络恢复") {
			t.Errorf("%s is told %q with the line down, %q with the line held", it.Kind, down, held)
		}
		// The machine shows no result and prints no certificate, whether the line is up or down.
		if it.Kind == catalog.Query || it.Kind == catalog.Print {
			for _, words := range []string{down, held, w.next} {
				if !strings.Contains(words, "部门答复") || strings.Contains(words, "查不了") || strings.Contains(words, "打不了") {
					t.Errorf("%s promises what the machine doesn't do: %q", it.Kind, words)
				}
			}
		}
		if other, twice := seen[w.lodged]; twice && other != it.Kind {
			t.Errorf("%s and %s are told the same", it.Kind, other)
		}
		seen[w.lodged] = it.Kind
	}
}

func TestEveryPrinterFaultHasWords(t *testing.T) {
	for k := devices.OK; k <= devices.Internal; k++ {
		if printFault(k) == "" {
			t.Errorf("%s has no words", k)
		}
	}
	for f := LodgeDiskFull; f <= LodgeInDoubt; f++ {
		if faultWords(f) == "" {
			t.Errorf("fault %d has no words", f)
		}
	}
}

func TestAge(t *testing.T) {
	for birth, want := range map[string]int{
		"1944-02-11": 82, "1966-11-23": 60, "1966-11-24": 59, "": -1, "x": -1,
	} {
		c := devices.Card{Birth: birth}
		if got := ageOn(&c, start); got != want {
			t.Errorf("born %q: %d, want %d", birth, got, want)
		}
	}
	if ageOn(nil, start) != -1 {
		t.Error("nobody has an age")
	}
}

func TestInked(t *testing.T) {
	cases := []struct {
		name string
		s    Sign
		want bool
	}{
		{"nothing", Sign{W: 900, H: 400}, false},
		{"a dot", Sign{W: 900, H: 400, Strokes: [][]Point{{{10, 10}}}}, false},
		{"a wet finger's tremble", Sign{W: 900, H: 400, Strokes: [][]Point{{{10, 10}, {12, 14}}}}, false},
		{"a cross", Sign{W: 900, H: 400, Strokes: [][]Point{{{10, 10}, {80, 80}}, {{80, 10}, {10, 80}}}}, true},
		{"an upright stroke", Sign{W: 900, H: 400, Strokes: [][]Point{{{10, 10}, {10, 300}}}}, true},
	}
	for _, c := range cases {
		if got := inked(c.s); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
	palm := Sign{W: 900, H: 400, Strokes: make([][]Point, maxStrokes+1)}
	if sane(palm) {
		t.Error("a palm passes for a signature")
	}
}
