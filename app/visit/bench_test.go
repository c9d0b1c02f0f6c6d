package visit

import (
	"testing"

	"zhizhu/devices"
)

// BenchmarkTouch is one touch taken in and the page that follows: the share of the visit in a tap's time.
func BenchmarkTouch(b *testing.B) {
	s := New(testWorld())
	for _, ev := range []Event{Clock{start}, Health{healthy()}, Begin{}, OpenItem{"allowance"}, StartItem{}, read(cardA())} {
		s, _ = Next(s, ev)
	}
	b.ReportAllocs()
	for b.Loop() {
		next, _ := Next(s, Answer{"care", "able"})
		if Look(next).Body == nil {
			b.Fatal("no body")
		}
	}
}

// BenchmarkReceipt is from "on disk" to the document that is printed.
func BenchmarkReceipt(b *testing.B) {
	s := New(testWorld())
	card := cardA()
	events := []Event{
		Clock{start},
		Health{healthy()},
		Begin{},
		OpenItem{"qualify"},
		StartItem{},
		read(card),
		Tick{0, true},
		Continue{},
		finger(),
		Continue{},
		Confirm{},
	}
	for _, ev := range events {
		s, _ = Next(s, ev)
	}
	if s.step != Lodging {
		b.Fatalf("at %s", s.step)
	}
	b.ReportAllocs()
	for b.Loop() {
		_, fx := Next(s, Lodged{ID: "m", Number: receiptNumber, At: start})
		var doc devices.Document
		for _, e := range fx {
			if p, ok := e.(Print); ok {
				doc = p.Doc
			}
		}
		if len(doc.Blocks) == 0 {
			b.Fatal("nothing is printed")
		}
	}
}
