package visit

import (
	"time"

	"zhizhu/app/sheet"
)

func (t *turn) atReview(ev Event) {
	switch e := ev.(type) {
	case Confirm:
		t.confirm()
	case Edit:
		for _, f := range t.s.work.asked() {
			if f.ID == e.Field {
				t.enter(Questions)
				t.s.work.field, t.s.work.editing = f.ID, true
				return
			}
		}
	case Revisit:
		switch e.Step {
		case Materials, Commitment, Signing:
			if t.s.applies(e.Step) {
				t.enter(e.Step)
				t.s.work.editing = true
			}
		default: // only these pages are gone back to; questions have Edit
		}
	case Back:
		t.back()
	}
}

// confirm lodges the sheet once: the page that waits takes no second touch.
func (t *turn) confirm() {
	if len(t.s.wrongs()) > 0 {
		t.s.work.tried = true
		return
	}
	t.s.work.fault = 0
	t.note("lodge")
	t.do(Lodge{Draft: t.s.lodging()})
	t.enter(Lodging)
}

// lodging is the sheet as it is lodged.
func (s State) lodging() Draft {
	w := s.work
	d := Draft{
		Item:      w.item,
		Card:      w.holder(s.card),
		Answers:   w.final(),
		Materials: sheet.FinalMaterials(w.item, w.all(), w.materials),
		Statement: sheet.Statement(w.item),
		About:     w.about,
		At:        s.now,
	}
	if w.mustSign() {
		sign := w.sign.copied()
		d.Signature = &sign
	}
	return d
}

// seenAfter is after how many ticks a receipt page counts as seen: the first may come at once, so that two are at least
// a second. Once it is known what became of the paper, leaving is no loss, or asks.
const seenAfter = 2

func (t *turn) onLodged(e Lodged) {
	if t.s.step != Lodging {
		return
	}
	t.note("lodged")
	t.s.drafts = withoutDraft(t.s.drafts, t.s.work.item.ID)
	t.s.out = outcome{lodged: e, network: network(t.s.report), clockUnsure: t.s.report.ClockUnsure}
	t.s.idle, t.s.young = 0, seenAfter
	t.enter(Receipt)
	t.s.out.paper = t.send(t.s.out.paper, e.Number, receiptDoc(t.s, time.Time{}))
}

func (t *turn) onLodgeFailed(reason LodgeFault) {
	if t.s.step != Lodging {
		return
	}
	if reason == 0 {
		reason = LodgeStore
	}
	t.note("lodge failed")
	t.enter(Review)
	t.s.idle = 0
	t.s.work.fault = reason
}

func (t *turn) atReceipt(ev Event) {
	switch e := ev.(type) {
	case PrintAgain:
		if e.Number == t.s.out.lodged.Number {
			t.s.out.paper = t.send(t.s.out.paper, e.Number, receiptDoc(t.s, t.s.now))
		}
	case Rate:
		t.rate(e.Level)
	case Another:
		if t.s.parked == nil {
			t.another()
		}
	case Resume:
		t.resume()
	}
}

// another begins the next item of the same person, once the paper of this one is out.
func (t *turn) another() {
	if t.s.printing() {
		return
	}
	t.s.work, t.s.out = work{}, outcome{}
	t.dropList()
	t.enter(Home)
}

// rate takes a rating in, once. Nobody is asked about a feedback of their own.
func (t *turn) rate(level int) {
	if level < 1 || level > 5 || !t.s.ratable() {
		return
	}
	t.s.out.rated = level
	t.do(PutRating{
		Matter: t.s.out.lodged.ID,
		Number: t.s.out.lodged.Number,
		Item:   t.s.work.item.ID,
		Level:  level,
		At:     t.s.now,
	})
}
