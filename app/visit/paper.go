package visit

import (
	"time"

	"zhizhu/devices"
)

// printing reports whether a paper is on its way.
func (s State) printing() bool {
	return s.out.paper.state == paperPrinting || s.find.paper.state == paperPrinting || s.list.state == paperPrinting ||
		s.parked != nil && s.parked.printing()
}

// send starts a print job, and returns how it stands. While another paper is on its way nothing is started.
func (t *turn) send(old paper, number string, doc devices.Document) paper {
	came := old.came && old.number == number
	switch {
	case t.s.printing():
		return old
	case !t.s.report.CanPrint:
		return paper{number: number, state: paperSkipped, came: came}
	}
	t.s.jobs++
	t.do(Print{Job: t.s.jobs, Number: number, Doc: doc})
	return paper{job: t.s.jobs, number: number, state: paperPrinting, came: came}
}

// papers are the places of a state where a print job can stand.
func (s *State) papers() []*paper { return []*paper{&s.out.paper, &s.find.paper, &s.list} }

// eachPrinting changes the papers that are on their way, those of what was left for 办不成事 included. A parked state
// is replaced, never changed.
func (t *turn) eachPrinting(change func(p *paper)) {
	apply := func(s *State) {
		for _, p := range s.papers() {
			if p.state == paperPrinting {
				change(p)
			}
		}
	}
	apply(&t.s)
	if t.s.parked != nil && t.s.parked.printing() {
		parked := *t.s.parked
		apply(&parked)
		t.s.parked = &parked
	}
}

func (t *turn) onPrintDone(e PrintDone) {
	known := false
	t.eachPrinting(func(p *paper) {
		if p.job == e.Job {
			p.state, p.result, known = paperDone, e.Result, true
			p.came = p.came || p.out()
		}
	})
	if known {
		t.s.idle = 0
		t.printed()
	}
}

// printed ends a visit whose resident has gone already. A receipt that did not come out keeps its page: the code on
// the screen is then all that there is.
func (t *turn) printed() {
	if !t.s.leaving || t.s.printing() {
		return
	}
	t.s.leaving = false
	if t.s.step == Receipt && !t.s.out.paper.came {
		return
	}
	t.wipe("left")
}

// out reports whether the paper is known to have come out.
func (p paper) out() bool { return p.state == paperDone && p.result.Outcome == devices.Printed }

// unconfirmed returns the number of a matter that was lodged in this visit and whose slip isn't known to have come out
// (nor is on its way), "" for none. The number on the screen is then all that its resident has.
func (s State) unconfirmed() string {
	switch {
	case s.step == Receipt && !s.out.paper.came && s.out.paper.state != paperPrinting:
		return s.out.lodged.Number
	case s.parked != nil:
		return s.parked.unconfirmed()
	}
	return ""
}

// patience gives up a job that nobody ever answers: its result is unknown.
func (t *turn) patience(d time.Duration) {
	given := false
	t.eachPrinting(func(p *paper) {
		p.since += d
		if p.since > paperPatience {
			p.state, p.result, given = paperDone, devices.PrintResult{}, true
		}
	})
	if given {
		t.printed()
	}
}

// dropList forgets the checklist of an item that is left, unless it is on its way still.
func (t *turn) dropList() {
	if t.s.list.state != paperPrinting {
		t.s.list = paper{}
	}
}

// printList prints what to bring to the window.
func (t *turn) printList() {
	if t.s.work.item != nil {
		t.s.list = t.send(t.s.list, "", checklistDoc(t.s))
	}
}
