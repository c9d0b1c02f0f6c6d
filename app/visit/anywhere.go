package visit

// inItem reports whether the page belongs to an item in hand.
func (s State) inItem() bool {
	return s.work.item != nil && s.step >= Guide && s.step <= Receipt
}

// served reports whether somebody is being served: the pages where help, leaving and guided mode mean something.
func (s State) served() bool {
	switch s.step {
	case Attract, Wiped, OutOfService, Staff:
		return false
	case Home, List, Guide, Identify, Questions, Materials, Commitment, Signing, Review, Lodging, Receipt, Progress:
	}
	return true
}

// losable reports whether leaving now would lose answers.
func (s State) losable() bool {
	if s.step >= Guide && s.step < Receipt && !s.work.empty() {
		return true
	}
	for _, w := range s.drafts {
		if !w.empty() {
			return true
		}
	}
	return s.parked != nil && s.parked.losable()
}

// anywhere takes in what means the same on every page of a visit, and reports whether it did.
func (t *turn) anywhere(ev Event) bool {
	if !t.s.served() {
		return false
	}
	switch ev.(type) {
	case ToggleGuided:
		t.s.guided = !t.s.guided
		t.s.page = 0 // pages hold fewer items in guided mode
	case Help:
		t.s.over = overHelp
	case Leave:
		t.leave()
	case Trouble:
		t.trouble()
	case ToWindow:
		if t.s.inItem() {
			t.s.over = overWindow
		}
	default:
		return false
	}
	return true
}

// leave goes, after one question if answers would be lost.
func (t *turn) leave() {
	switch {
	case t.s.step == Lodging: // a matter that is being written is never left half-way
	case t.s.step == Receipt && t.s.young > 0 && t.s.printing(): // the second touch on 确认提交, which stood there
	case t.s.unconfirmed() != "":
		t.s.over = overPaper
	case t.s.losable():
		t.s.over = overLeave
	default:
		t.exit("left")
	}
}

// exit wipes the machine, as soon as the paper that is being printed is out.
func (t *turn) exit(act string) {
	if t.s.printing() {
		t.s.leaving, t.s.over = true, overNone
		return
	}
	t.wipe(act)
}

// wipe drops the whole visit and asks the other rooms to do so.
func (t *turn) wipe(act string) {
	t.note(act)
	t.s = fresh(t.s)
	t.s.step = Wiped
	t.do(Wipe{})
}

func (t *turn) onWipeDone() {
	if t.s.step == Wiped {
		t.s = fresh(t.s)
	}
}

// onOverlay takes in the touches of what lies over the page. All others are late touches of the page beneath.
func (t *turn) onOverlay(ev Event) {
	over := t.s.over
	switch ev.(type) {
	case Close:
		t.s.over, t.s.other = overNone, nil
	case ConfirmLeave:
		if over == overLeave || over == overPaper {
			t.exit("left")
		}
	case SwitchPerson:
		if over == overPerson {
			t.switchPerson()
		}
	case PrintList:
		if over == overWindow {
			t.printList()
		}
	case ToWindow, Trouble, ToggleGuided, Leave:
		if over == overHelp {
			t.s.over = overNone
			t.anywhere(ev)
		}
	}
}

// trouble opens 办不成事, and keeps what was being done for the way back.
func (t *turn) trouble() {
	it := t.s.world.trouble()
	switch {
	case t.s.step == Lodging:
		return
	case it == nil || t.s.offer(it).off:
		t.s.over = overHelp // with the telephone number: nothing can be taken in here
		return
	case t.s.inItem() && t.s.work.item.ID == it.ID:
		return // there already
	}
	here := t.s
	here.over, here.parked = overNone, nil
	t.s.parked = &here
	about := t.s.about()
	t.s.out, t.s.list = outcome{}, paper{}
	t.s.work = t.s.draft(it)
	t.s.work.about = about
	t.note("trouble")
	t.s.step = Guide
	t.forward()
}

// about says what the resident is doing.
func (s State) about() *About {
	a := &About{Step: s.step.String()}
	if s.inItem() {
		a.Item, a.ItemName = s.work.item.ID, s.work.item.Name
	}
	return a
}

// resume goes back to what was left for 办不成事. What was answered there stays as a draft, unless it was lodged.
func (t *turn) resume() {
	old := t.s.parked
	if old == nil || t.s.step == Receipt && t.s.printing() {
		return
	}
	if t.s.step != Receipt {
		t.s.drafts = withDraft(t.s.drafts, t.s.work)
	}
	t.s.parked = nil
	t.s.work, t.s.out, t.s.find, t.s.list = old.work, old.out, old.find, old.list
	t.s.theme, t.s.query, t.s.page, t.s.from = old.theme, old.query, old.page, old.from
	t.enter(old.step)
	if t.s.step == Progress && t.s.find.waiting {
		t.openProgress() // the answer came while nobody listened
	}
}

// switchPerson lets the other card's holder go on. Nothing of the first person stays.
func (t *turn) switchPerson() {
	card := t.s.other
	step, it := t.s.step, t.s.work.item
	t.s.card, t.s.other = card, nil
	t.s.drafts, t.s.parked, t.s.find, t.s.out = nil, nil, finding{}, outcome{}
	t.s.over = overNone
	t.note("person")
	switch {
	case card == nil:
	case step == Progress:
		t.s.work = work{}
		t.lookUp(card.Number, "")
	case step == Guide:
		t.s.work = newWork(it)
	case it != nil:
		t.s.work = newWork(it)
		t.s.step = Identify
		t.forward()
	}
}
