package visit

import (
	"slices"

	"zhizhu/app/sheet"
	"zhizhu/offline/catalog"
)

// path are the pages of an item that a resident fills in, in their order.
func path() []Step { return []Step{Identify, Questions, Materials, Commitment, Signing, Review} }

// applies reports whether a page of the path has anything to ask for this item and these answers.
func (s State) applies(step Step) bool {
	w := s.work
	switch step {
	case Identify:
		return w.needsCard()
	case Questions:
		return len(w.asked()) > 0
	case Materials:
		return sheet.MustChoose(w.item, w.all())
	case Commitment, Signing:
		return w.mustSign()
	case Review:
		return true
	case Attract, Home, List, Guide, Lodging, Receipt, Progress, Wiped, OutOfService, Staff:
	}
	return false
}

// complete reports whether a page of the path needs nothing more.
func (s State) complete(step Step) bool {
	w := s.work
	switch step {
	case Identify:
		return s.card != nil
	case Questions:
		return w.firstWrong(s) == ""
	case Materials:
		for _, d := range w.deficiencies(s.now) {
			if d.Material != "" {
				return false
			}
		}
		return true
	case Commitment:
		return w.allTicked()
	case Signing:
		return w.signedNow()
	case Review:
		return false
	case Attract, Home, List, Guide, Lodging, Receipt, Progress, Wiped, OutOfService, Staff:
	}
	return true
}

// firstWrong returns the first question whose answer is missing or wrong, or "".
func (w work) firstWrong(s State) string {
	for _, f := range w.asked() {
		if fault, _ := sheet.Check(f, w.answers[f.ID], s.now); fault != sheet.Fine {
			return f.ID
		}
	}
	return ""
}

// forward goes to the next page of the path that has something to ask. Who came from the review page meets only pages
// that the change has left incomplete, wherever they lie.
func (t *turn) forward() {
	t.s.work = t.s.work.settled(t.s.card, t.s.now)
	for _, step := range path() {
		if step <= t.s.step && !t.s.work.editing {
			continue
		}
		if !t.s.applies(step) {
			continue
		}
		// Who is known already is not asked again in this visit.
		if (t.s.work.editing || step == Identify) && t.s.complete(step) {
			continue
		}
		t.arrive(step, false)
		return
	}
}

// arrive goes to a page of the path, from before it or, going back, from behind it.
func (t *turn) arrive(step Step, back bool) {
	t.enter(step)
	switch step {
	case Questions:
		asked := t.s.work.asked()
		switch {
		case t.s.work.editing:
			if id := t.s.work.firstWrong(t.s); id != "" {
				t.s.work.field = id
			}
		case back:
			t.s.work.field = asked[len(asked)-1].ID
		default:
			t.s.work.field = asked[0].ID
		}
	case Review:
		t.s.work.editing = false
	case Attract, Home, List, Guide, Identify, Materials, Commitment, Signing, Lodging, Receipt, Progress, Wiped,
		OutOfService, Staff:
	}
}

// back goes one page back on the path. Nothing is lost by it.
func (t *turn) back() {
	if t.s.work.editing {
		// From a page that was opened on the review page, back means: to the review page.
		t.s.work.editing = false
		t.arrive(Review, true)
		return
	}
	for _, step := range slices.Backward(path()) {
		if step < t.s.step && t.s.applies(step) {
			t.arrive(step, true)
			return
		}
	}
	if t.s.parked != nil {
		t.resume()
		return
	}
	t.enter(Guide)
}

// offer is whether an item can be begun now, and if not, why.
type offer struct {
	off bool
	why string
}

// guideOnly reports whether an item is never begun at the machine.
func guideOnly(it *catalog.Item) bool {
	return it.Offline == catalog.OfflineGuide && it.Kind == catalog.PayGuide
}

// offer says whether an item can be begun now. Its guide can be read in any case.
func (s State) offer(it *catalog.Item) offer {
	r := s.report
	switch {
	case guideOnly(it):
		return offer{true, "这件事本机只能看指南"}
	case !s.checked:
		return offer{true, "机器正在准备，请稍等"}
	case !r.CanLodge:
		return offer{true, r.NoLodge}
	case it.Identity != catalog.IdentityNone && s.card == nil && !r.CanRead:
		return offer{true, r.NoRead}
	case it.Offline == catalog.OfflineGuide && !r.Online:
		if r.Held {
			return offer{true, "要等上级平台能收了才能办"}
		}
		return offer{true, "要等网络恢复才能办"}
	}
	for _, need := range it.Needs {
		if why := s.lacks(need); why != "" {
			return offer{true, why}
		}
	}
	return offer{}
}

// lacks says why a device that an item needs can't be used, "" where it can.
func (s State) lacks(module string) string {
	switch module {
	case "idcard":
		if s.card == nil && !s.report.CanRead {
			return s.report.NoRead
		}
	case "printer":
		if !s.report.CanPrint {
			return s.report.NoPrint
		}
	case "scanner":
		if !s.report.CanScan {
			return s.report.NoScan
		}
	}
	return ""
}
