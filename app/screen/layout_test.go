package screen

import (
	"fmt"
	"testing"

	"zhizhu/app/screen/gallery"
	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
)

// panels are the three that the program is made for.
var panels = []struct{ w, h int }{{1080, 1920}, {1920, 1080}, {1280, 800}}

// Every page, at every size, in both modes, with the longest words: nothing lies over anything else, nothing leaves the
// window, every control is large enough for a finger and holds its words.
func TestLayout(t *testing.T) {
	for _, p := range panels {
		t.Run(fmt.Sprintf("%dx%d", p.w, p.h), func(t *testing.T) {
			w := newWindow(t, p.w, p.h)
			for _, n := range gallery.Views() {
				w.s.Show(n.View)
				w.drain()
				pages := max(w.s.pagesNow(), 1)
				for i := range pages {
					checkLayout(t, w.s, fmt.Sprintf("%s page %d", n.Name, i+1))
					w.s.turnPage()
				}
			}
		})
	}
}

func checkLayout(t *testing.T, s *Screen, name string) {
	t.Helper()
	window := touch.Rect{W: s.size.Width, H: s.size.Height}
	var tiles []*touch.Tile
	var words []touch.Said
	for _, b := range s.boards() {
		tiles = append(tiles, b.Tiles()...)
		for _, said := range b.Said() {
			if !said.Control {
				words = append(words, said)
			}
		}
	}
	least := s.kit.Metrics.Target()
	for i, a := range tiles {
		r := a.Rect()
		if !r.Within(window) {
			t.Errorf("%s: %q leaves the window: %v", name, a.Spec().Label, r)
		}
		if r.W < least-1 || r.H < least-1 {
			t.Errorf("%s: %q is %.0fx%.0f, want %.0f at least", name, a.Spec().Label, r.W, r.H, least)
		}
		if a.Overflows() {
			t.Errorf("%s: the words of %q are larger than its %.0fx%.0f", name, a.Spec().Label, r.W, r.H)
		}
		for _, b := range tiles[i+1:] {
			if r.Overlaps(b.Rect()) {
				t.Errorf("%s: %q lies over %q", name, a.Spec().Label, b.Spec().Label)
			}
		}
	}
	for i, a := range words {
		if !a.Rect.Within(window) {
			t.Errorf("%s: the words %q leave the window: %v", name, a.Text, a.Rect)
		}
		for _, b := range words[i+1:] {
			if a.Rect.Overlaps(b.Rect) {
				t.Errorf("%s: the words %q lie over %q", name, a.Text, b.Text)
			}
		}
		for _, b := range tiles {
			if a.Rect.Overlaps(b.Rect()) {
				t.Errorf("%s: the words %q lie over %q", name, a.Text, b.Spec().Label)
			}
		}
	}
}

// Whatever a View says is on the glass, on one of the page's own pages: nothing is truncated or left out.
func TestEverythingIsSaid(t *testing.T) {
	w := newWindow(t, 1080, 1920)
	for _, n := range gallery.Views() {
		w.s.Show(n.View)
		w.drain()
		said := map[string]bool{}
		for range max(w.s.pagesNow(), 1) {
			for _, b := range w.s.boards() {
				for _, x := range b.Said() {
					said[x.Text] = true
				}
			}
			w.s.turnPage()
		}
		for _, text := range wordsOf(n.View) {
			if text != "" && !said[text] {
				t.Errorf("%s: %q is not on the screen", n.Name, text)
			}
		}
	}
}

// wordsOf collects what a resident must be able to read.
func wordsOf(v visit.View) []string {
	if o := v.Overlay; o != nil {
		return append(append([]string{o.Title}, o.Lines...), labels(o.Actions)...)
	}
	words := append([]string{v.Title, v.Lead, v.Header.Station, v.Header.Network}, labels(v.Bar)...)
	words = append(words, labels(v.Links)...)
	if v.Notice != nil {
		words = append(words, v.Notice.Text)
	}
	switch b := v.Body.(type) {
	case *visit.HomeBody:
		words = append(words, labels(b.Frequent)...)
		words = append(append(words, labels(b.Themes)...), labels(b.Others)...)
	case *visit.ListBody:
		words = append(words, labels(b.Items)...)
	case *visit.GuideBody:
		for _, s := range b.Sections {
			words = append(append(words, s.Title), s.Lines...)
		}
	case *visit.QuestionBody:
		words = append(append(words, b.Wrong, b.Progress), labels(b.Options)...)
	case *visit.MaterialsBody:
		for _, r := range b.Rows {
			words = append(append(words, r.Name, r.Help, r.Met), labels(r.Choices)...)
		}
	case *visit.CommitBody:
		words = append(words, b.Liability, b.Wrong)
		for _, r := range b.Ticks {
			words = append(words, r.Text)
		}
	case *visit.ReviewBody:
		words = append(words, b.Wrong...)
		for _, r := range b.Rows {
			words = append(words, r.Label, r.Value)
		}
	case *visit.ReceiptBody:
		words = append(append(words, b.Heading, b.Print.Text, b.CodeTip, b.Thanks, b.RateAsk), labels(b.Rates)...)
		for _, r := range b.Rows {
			words = append(words, r.Label, r.Value)
		}
	case *visit.RecordsBody:
		for _, r := range b.Rows {
			words = append(words, r.Name, r.Number, r.When, r.State)
		}
	case *visit.StaffBody:
		for _, r := range b.Rows {
			words = append(words, r.Label, r.Value)
		}
	}
	return words
}

func labels(all []visit.Action) []string {
	var words []string
	for _, a := range all {
		words = append(words, a.Label, a.Sub, a.Why)
	}
	return words
}
