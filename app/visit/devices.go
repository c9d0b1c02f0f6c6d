package visit

import (
	"strings"

	"zhizhu/app/sheet"
	"zhizhu/devices"
	"zhizhu/offline/catalog"
)

// onCard takes a card event in. Cards mean something where one is asked for; another person's card is never mixed into
// a visit.
func (t *turn) onCard(e devices.CardEvent) {
	if e.Kind == devices.CardRead && e.Card.Number == "" {
		e = devices.CardEvent{Kind: devices.CardUnknown} // nobody can be told by it
	}
	if t.s.onLeft(e.Kind) || t.s.leaving {
		return
	}
	if e.Kind == devices.CardRead && t.s.card != nil && e.Card.Number != t.s.card.Number {
		t.onOtherCard(e.Card)
		return
	}
	if !t.s.wantsCard() || t.s.filling() {
		return // the card of whoever is here may lie there for as long as they like
	}
	t.s.idle = 0
	if t.s.over == overIdle {
		t.s.over = overNone
	}
	if e.Kind == devices.CardRead {
		t.identified(e.Card)
		return
	}
	t.s.reader = readerSays(e.Kind)
}

// filling reports whether the page is one on which a card is only looked for because it could be another person's.
func (s State) filling() bool { return s.step != Identify && s.step != Progress }

// readerSays is what the page tells of an event that is no reading.
func readerSays(k devices.CardEventKind) readerState {
	switch k {
	case devices.CardFound:
		return readerReading
	case devices.CardTroubled:
		return readerTroubled
	case devices.CardUnknown:
		return readerUnknown
	case devices.CardGone:
		return readerGone
	case devices.CardRead, devices.CardLying, devices.CardLifted:
	}
	return readerQuiet
}

// identified lets the holder of a card go on.
func (t *turn) identified(card devices.Card) {
	t.s.reader = readerQuiet
	if t.s.step == Identify && t.s.card != nil {
		return // it lies there still, or again: 继续 goes on, the card by itself doesn't
	}
	t.s.card = &card
	t.note("identified")
	if t.s.step == Progress {
		t.lookUp(card.Number, "")
		return
	}
	t.forward()
}

// onOtherCard asks whether another person's visit begins. Where nothing of a person is on the page, it means nothing.
func (t *turn) onOtherCard(card devices.Card) {
	switch t.s.step {
	case Guide, Identify, Questions, Materials, Commitment, Signing, Review, Progress:
		t.s.idle = 0
		t.s.reader = readerQuiet
		t.s.other, t.s.over = &card, overPerson
	case Attract, Home, List, Lodging, Receipt, Wiped, OutOfService, Staff:
	}
}

// onScan takes a scanned code in: an answer where the question may be scanned, else a receipt's number.
func (t *turn) onScan(text string) {
	text = strings.TrimSpace(text)
	if t.s.leaving || t.s.over == overPerson || t.s.over == overLeave {
		return
	}
	switch t.s.step {
	case Questions:
		if f, _, _ := t.s.work.question(); f != nil && f.Scan {
			t.s.idle, t.s.over = 0, overNone
			t.s.work = t.s.work.with(f.ID, sheet.Clean(f, clip(text, maxAnswer)))
			fault, _ := sheet.Check(f, t.s.work.answers[f.ID], t.s.now)
			t.s.work.tried = fault != sheet.Fine
		}
	case Attract, Home:
		if validNumber(text) {
			t.s.idle = 0
			t.openProgress()
			t.lookUp("", text)
		}
	case Progress:
		t.s.idle, t.s.over = 0, overNone
		if validNumber(text) {
			t.lookUp("", text)
			return
		}
		t.s.reader = readerBadScan
	case List, Guide, Identify, Materials, Commitment, Signing, Review, Lodging, Receipt, Wiped, OutOfService, Staff:
	}
}

// openProgress shows what this person lodged here, once we know who it is.
func (t *turn) openProgress() {
	t.s.find = finding{}
	t.enter(Progress)
	if t.s.card != nil {
		t.lookUp(t.s.card.Number, "")
	}
}

// lookUp asks for what was lodged by a person, or under a number.
func (t *turn) lookUp(idNumber, number string) {
	if t.s.find.paper.state == paperPrinting { // its fate stands on this page
		return
	}
	t.s.asks++
	t.s.find = finding{ask: t.s.asks, waiting: true, byCard: idNumber != ""}
	t.s.reader = readerQuiet
	t.do(FindRecords{Ask: t.s.asks, IDNumber: idNumber, Number: number})
}

func (t *turn) onFound(e Found) {
	if t.s.step != Progress || !t.s.find.waiting || e.Ask != t.s.find.ask {
		return
	}
	t.s.find.waiting, t.s.find.done, t.s.find.failed = false, true, e.Failed
	t.s.find.records = append([]Record(nil), e.Records...)
	t.s.idle = 0
	t.delivered()
}

func (t *turn) atProgress(ev Event) {
	switch e := ev.(type) {
	case Back, ToHome:
		if !t.s.printing() {
			t.s.find = finding{}
			t.enter(Home)
		}
	case PrintAgain:
		for _, r := range t.s.find.records {
			if r.Number == e.Number {
				t.s.find.paper = t.send(t.s.find.paper, r.Number, recordDoc(t.s, r))
				return
			}
		}
	case OpenProgress, Continue:
		if t.s.find.failed && t.s.card != nil {
			t.lookUp(t.s.card.Number, "")
		}
	case Page:
		last := max((len(t.s.find.records)-1)/t.s.recordsPage(), 0)
		t.s.page = min(max(t.s.page+min(max(e.Delta, -1), 1), 0), last)
		t.delivered()
	}
}

// ratable reports whether a rating of the lodged matter may be given: asked once, and never about a feedback.
func (s State) ratable() bool {
	return s.step == Receipt && s.out.rated == 0 && s.work.item.Kind != catalog.Feedback
}
