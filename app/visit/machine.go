package visit

import (
	"time"

	"zhizhu/app/health"
	"zhizhu/app/receipt"
	"zhizhu/devices"
)

// State is a visit at one moment: a value. What it points to is never changed in place, so that every State that was
// ever returned stays what it was. It holds personal data.
type State struct {
	world   *World
	step    Step
	now     time.Time
	report  health.Report
	checked bool // a report has come
	guided  bool
	idle    time.Duration // since the last sign of life, by the clock's ticks
	over    overlay
	leaving bool // wipe as soon as the paper is out
	armed   bool // the reader was told to look for cards
	watched bool // the reader was told to say whether the card that was read still lies there
	aiming  bool // the scanner was told that a code is wanted
	left    leftCard
	leftFor time.Duration // how long nobody has said whether a card lies there, by the clock's ticks
	wipeBad bool          // the last wipe failed
	young   int           // ticks until the receipt page counts as seen: a second touch on 确认提交 isn't 退出

	theme, query string // of the list; a theme or a search, never both
	page         int
	from         Step // page that the guide goes back to

	card   *devices.Card // who is here, nil until a card was read
	other  *devices.Card // another person's card, laid while this visit goes on
	reader readerState

	work   work            // the item in hand
	drafts map[string]work // items that were left half-way, by id
	parked *State          // what was left for 办不成事

	out  outcome // the matter that was lodged last
	find finding // the progress page
	list paper   // the checklist for the window

	jobs, asks int // numbers of print jobs and look-ups given so far
}

// overlay says what lies over the page.
type overlay int

const (
	overNone overlay = iota
	overHelp
	overLeave
	overIdle
	overWindow
	overPerson
	overPaper // leaving while nobody knows that the slip came out
)

// readerState is what the reader (or scanner) said last on the pages that use it.
type readerState int

const (
	readerQuiet readerState = iota
	readerReading
	readerTroubled
	readerUnknown
	readerGone
	readerBadScan
)

// leftCard is what is known of a card that was read and may have been left on the reader. It outlives the visit: a
// forgotten card must not open the next person's.
type leftCard int

const (
	cardAway  leftCard = iota
	cardMaybe          // a card was read in the visit that has just ended; the reader was asked
	cardLies
)

// outcome is the matter that was lodged last.
type outcome struct {
	lodged      Lodged
	network     receipt.Network // where it was when it was lodged
	clockUnsure bool            // the clock wasn't checked when it was lodged
	paper       paper
	rated       int // level, 0 for none
}

// finding is a look-up of what was lodged here.
type finding struct {
	ask     int
	waiting bool
	done    bool
	failed  bool
	byCard  bool // looked up by this visit's card, so that the name may be printed
	records []Record
	paper   paper
}

// paper is one print job.
type paper struct {
	job    int
	number string
	state  paperState
	result devices.PrintResult
	came   bool          // a copy of it is known to have come out, this one or an earlier one
	since  time.Duration // how long it has been printing, by the clock's ticks
}

type paperState int

const (
	paperNone    paperState = iota
	paperSkipped            // the printer could not be used: nothing was sent to it
	paperPrinting
	paperDone
)

// New returns the state of a machine that waits for somebody.
func New(w World) State {
	w.Idle = w.Idle.withDefaults()
	if w.Trouble == "" {
		w.Trouble = TroubleItem
	}
	s := State{world: &w}
	if w.Catalog == nil || len(w.Catalog.Items) == 0 {
		s.step = OutOfService
	}
	return s
}

// fresh returns the state of a machine that waits for somebody, with what is known of time and devices kept.
func fresh(s State) State {
	n := New(*s.world)
	n.world, n.now, n.report, n.checked = s.world, s.now, s.report, s.checked
	n.armed, n.watched, n.aiming = s.armed, s.watched, s.aiming // settle turns off what isn't wanted any more
	n.left, n.leftFor = s.left, s.leftFor
	if n.left == cardAway && s.card != nil {
		n.left = cardMaybe
	}
	return n
}

// Step returns the page that a visit stands on.
func (s State) Step() Step { return s.step }

// Now returns the time of the last Clock.
func (s State) Now() time.Time { return s.now }

// turn is one event being taken in: the state that comes of it, and its effects.
type turn struct {
	s  State
	fx []Effect
}

// Next takes an event in. It is total: every event is defined at every step, ignored where it means nothing, and it
// never panics.
func Next(s State, ev Event) (State, []Effect) {
	if s.world == nil {
		s = New(World{})
	}
	t := &turn{s: s}
	switch e := ev.(type) {
	case nil:
	case Clock:
		t.clock(e.Now)
	case Health:
		t.s.report, t.s.checked = e.Report, true
		if !e.Report.CanRead {
			t.s.left = cardAway // nobody can tell any more
		}
	case CardEvent:
		t.onCard(e.CardEvent)
	case Scanned:
		t.onScan(e.Text)
	case Lodged:
		t.onLodged(e)
	case LodgeFailed:
		t.onLodgeFailed(e.Reason)
	case PrintDone:
		t.onPrintDone(e)
	case Found:
		t.onFound(e)
	case WipeDone:
		t.onWipeDone()
	case WipeFailed:
		t.s.wipeBad = t.s.step == Wiped
	default:
		t.onTouch(ev)
	}
	t.settle()
	return t.s, t.fx
}

func (t *turn) do(e Effect) { t.fx = append(t.fx, e) }

func (t *turn) note(act string) {
	n := Note{Act: act}
	if t.s.work.item != nil {
		n.Item = t.s.work.item.ID
	}
	t.do(n)
}

// enter goes to a step. What lay over the page is closed.
func (t *turn) enter(step Step) {
	t.s.step, t.s.over, t.s.reader = step, overNone, readerQuiet
	t.s.work.tried = false
}

// settle restores what must always hold after an event: prefilled answers are there as soon as somebody is known, a
// signature covers what stands on the sheet now, and reader and scanner look for cards and codes only where they are
// asked for.
func (t *turn) settle() {
	t.s.work = t.s.work.settled(t.s.card, t.s.now)
	if want := t.s.wantsCard(); want != t.s.armed {
		t.s.armed = want
		t.do(ArmCard{On: want})
	}
	if want := t.s.wantsWatch(); want != t.s.watched {
		t.s.watched = want
		t.do(WatchCard{On: want})
	}
	if want := t.s.wantsScan(); want != t.s.aiming {
		t.s.aiming = want
		t.do(AimScanner{On: want})
	}
}

// wantsCard reports whether the page asks for a card, or another person's would be a matter for words: somebody who lays
// a second card in the middle of a visit must be told whose visit this is.
func (s State) wantsCard() bool {
	if s.card == nil && s.left != cardAway {
		return false // the last person's card, which must go first
	}
	switch s.step {
	case Identify:
		return true
	case Progress:
		return s.card == nil && !s.find.done && !s.find.waiting
	case Questions, Materials, Commitment, Signing, Review:
		return s.card != nil && s.work.needsCard()
	case Attract, Home, List, Guide, Lodging, Receipt, Wiped, OutOfService, Staff:
	}
	return false
}

// onTouch takes in what a resident does on the screen.
func (t *turn) onTouch(ev Event) {
	t.s.idle = 0
	if t.s.leaving {
		return // the paper comes out, then the machine is wiped
	}
	if t.s.over == overIdle {
		t.s.over = overNone // any touch says: I am here
		if _, leave := ev.(ConfirmLeave); leave {
			t.exit("left")
			return
		}
	}
	if t.s.over != overNone {
		t.onOverlay(ev)
		return
	}
	if t.anywhere(ev) {
		return
	}
	t.onPage(ev)
}

// onPage takes in what belongs to the page itself.
func (t *turn) onPage(ev Event) {
	switch t.s.step {
	case Attract:
		t.atAttract(ev)
	case Home:
		t.atHome(ev)
	case List:
		t.atList(ev)
	case Guide:
		t.atGuide(ev)
	case Identify:
		t.atIdentify(ev)
	case Questions:
		t.atQuestions(ev)
	case Materials:
		t.atMaterials(ev)
	case Commitment:
		t.atCommitment(ev)
	case Signing:
		t.atSigning(ev)
	case Review:
		t.atReview(ev)
	case Receipt:
		t.atReceipt(ev)
	case Progress:
		t.atProgress(ev)
	case Staff:
		t.atStaff(ev)
	case Lodging, Wiped, OutOfService:
		// The machine works, or nobody is served: touches mean nothing.
	}
}

// Abandon gives a visit up from outside: after a fault of the program itself, when nobody knows what stands where. All
// of it is wiped before anyone else is let on.
func Abandon(s State) (State, []Effect) {
	if s.world == nil {
		s = New(World{})
	}
	t := &turn{s: s}
	t.wipe("abandoned")
	t.settle()
	return t.s, t.fx
}
