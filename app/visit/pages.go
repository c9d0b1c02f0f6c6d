package visit

import (
	"zhizhu/app/sheet"
	"zhizhu/offline/catalog"
)

func (t *turn) atAttract(ev Event) {
	switch ev.(type) {
	case Begin:
		t.note("begin")
		t.enter(Home)
	case ToggleGuided:
		t.note("begin")
		t.s.guided = true
		t.enter(Home)
	case OpenStaff:
		t.enter(Staff)
	}
}

func (t *turn) atHome(ev Event) {
	switch e := ev.(type) {
	case OpenTheme:
		if t.s.world.Catalog.Theme(e.Theme) != nil {
			t.s.theme, t.s.query, t.s.page = e.Theme, "", 0
			t.enter(List)
		}
	case OpenSearch:
		t.s.theme, t.s.query, t.s.page = "", "", 0
		t.enter(List)
	case Search:
		t.s.theme, t.s.query, t.s.page = "", clip(e.Query, maxQuery), 0
		t.enter(List)
	case OpenItem:
		t.openItem(e.Item)
	case OpenProgress:
		t.openProgress()
	case OpenStaff:
		if t.s.card == nil && !t.s.losable() {
			t.enter(Staff)
		}
	}
}

// maxQuery and maxAnswer bound what is kept of a text, in characters.
const (
	maxQuery  = 40
	maxAnswer = 200
)

func clip(s string, n int) string {
	if r := []rune(s); len(r) > n {
		return string(r[:n])
	}
	return s
}

func (t *turn) atList(ev Event) {
	switch e := ev.(type) {
	case Search:
		if t.s.theme == "" {
			t.s.query, t.s.page = clip(e.Query, maxQuery), 0
		}
	case Page:
		t.s.page = min(max(t.s.page+min(max(e.Delta, -1), 1), 0), t.s.pages()-1)
	case OpenItem:
		t.openItem(e.Item)
	case Back, ToHome:
		t.enter(Home)
	}
}

// openItem opens an item's guide. What was filled in of another item is put aside, and found again on its guide.
func (t *turn) openItem(id string) {
	it := t.s.world.item(id)
	if it == nil {
		return
	}
	next := t.s.draft(it)
	if t.s.work.item != nil && t.s.work.item.ID != it.ID {
		t.s.drafts = withDraft(t.s.drafts, t.s.work)
	}
	t.s.from = t.s.step
	t.s.work, t.s.out, t.s.parked = next, outcome{}, nil
	t.dropList()
	t.s.drafts = withoutDraft(t.s.drafts, it.ID)
	t.note("open")
	t.enter(Guide)
}

func (t *turn) atGuide(ev Event) {
	switch ev.(type) {
	case StartItem, Continue:
		if !t.s.offer(t.s.work.item).off {
			t.note("start")
			t.forward()
		}
	case Back:
		if t.s.from == List {
			t.leaveGuide(List)
			return
		}
		t.leaveGuide(Home)
	case ToHome:
		t.leaveGuide(Home)
	}
}

// leaveGuide goes back to where items are chosen; the work is kept as a draft.
func (t *turn) leaveGuide(to Step) {
	t.s.drafts = withDraft(t.s.drafts, t.s.work)
	t.s.work = work{}
	t.dropList()
	t.enter(to)
}

func (t *turn) atIdentify(ev Event) {
	switch ev.(type) {
	case Continue:
		if t.s.card != nil {
			t.forward()
		}
	case Back:
		t.back()
	}
}

func (t *turn) atQuestions(ev Event) {
	f, i, asked := t.s.work.question()
	if f == nil {
		t.forward()
		return
	}
	t.s.work.field = f.ID
	switch e := ev.(type) {
	case Answer:
		if e.Field == f.ID {
			t.s.work = t.s.work.with(f.ID, sheet.Clean(f, clip(e.Value, maxAnswer)))
		}
	case Continue:
		t.nextQuestion(f)
	case Back:
		switch {
		case t.s.work.editing || i == 0:
			t.back()
		default:
			t.s.work.field, t.s.work.tried = asked[i-1].ID, false
		}
	}
}

// nextQuestion goes on from a question that is answered, and says what is wrong with one that isn't.
func (t *turn) nextQuestion(f *catalog.Field) {
	if fault, _ := sheet.Check(f, t.s.work.answers[f.ID], t.s.now); fault != sheet.Fine {
		t.s.work.tried = true
		return
	}
	t.s.work.tried = false
	if t.s.work.editing {
		t.forward()
		return
	}
	_, i, asked := t.s.work.question()
	if i+1 < len(asked) {
		t.s.work.field = asked[i+1].ID
		return
	}
	t.forward()
}

func (t *turn) atMaterials(ev Event) {
	switch e := ev.(type) {
	case SetMaterial:
		t.setMaterial(e)
	case Continue:
		t.goOnIf(t.s.complete(Materials))
	case Back:
		t.back()
	}
}

// setMaterial takes a decision in that the item allows for a material that is needed.
func (t *turn) setMaterial(e SetMaterial) {
	for _, m := range sheet.Materials(t.s.work.item, t.s.work.all(), t.s.work.materials) {
		if m.Material.ID != e.Material {
			continue
		}
		for _, how := range m.Choices {
			if how == e.How {
				t.s.work = t.s.work.withMaterial(e.Material, how)
			}
		}
	}
}

func (t *turn) atCommitment(ev Event) {
	switch e := ev.(type) {
	case Tick:
		if e.Index >= 0 && e.Index < len(t.s.work.ticks) {
			t.s.work = t.s.work.withTick(e.Index, e.On)
		}
	case Continue:
		t.goOnIf(t.s.complete(Commitment))
	case Back:
		t.back()
	}
}

func (t *turn) atSigning(ev Event) {
	switch e := ev.(type) {
	case Sign:
		if sane(e) {
			t.s.work.sign, t.s.work.resign = e.copied(), false
			t.s.work.signed = t.s.work.fingerprint()
			t.s.work.tried = false
		}
	case ClearSign:
		t.s.work.sign, t.s.work.resign = Sign{}, false
	case Continue:
		t.goOnIf(t.s.complete(Signing))
	case Back:
		t.back()
	}
}

// goOnIf goes forward where the page is complete, and says what is missing where it isn't.
func (t *turn) goOnIf(complete bool) {
	if complete {
		t.forward()
		return
	}
	t.s.work.tried = true
}

func (t *turn) atStaff(ev Event) {
	switch ev.(type) {
	case ToHome, Leave, Back, ConfirmLeave:
		t.wipe("staff left")
	}
}
