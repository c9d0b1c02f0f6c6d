package visit

import (
	"time"

	"zhizhu/app/health"
	"zhizhu/devices"
)

// Event is everything that can happen. Touches on the screen, devices, time and answers of the offline half alike.
type Event interface{ event() }

// Events of the screen. Every control of a View carries the event that its touch means.
type (
	// Begin is a touch on the attract screen.
	Begin struct{}
	// ToHome goes back to the start page, from the pages that hold no answers.
	ToHome struct{}
	// OpenTheme is a touch on a theme's tile.
	OpenTheme struct{ Theme string }
	// OpenSearch opens the search page.
	OpenSearch struct{}
	// Search is the query so far.
	Search struct{ Query string }
	// OpenItem opens an item's guide, by its id.
	OpenItem struct{ Item string }
	// OpenProgress is 查进度.
	OpenProgress struct{}
	// StartItem is the main action of the guide.
	StartItem struct{}
	// Answer is the answer so far, at every change. It counts only for the question on the page.
	Answer struct{ Field, Value string }
	// Continue goes to the next question or step; it is refused with words while something is wrong.
	Continue struct{}
	// Back goes one step back; it never loses an answer.
	Back struct{}
	// SetMaterial decides how a material is met: sheet.ByHand or sheet.ByLater.
	SetMaterial struct{ Material, How string }
	// Tick ticks a sentence of the commitment or declaration, or takes the tick away.
	Tick struct {
		Index int
		On    bool
	}
	// Sign is the whole signature so far, at the end of every stroke.
	Sign struct {
		W, H    int
		Strokes [][]Point
	}
	// ClearSign wipes the pad.
	ClearSign struct{}
	// Edit goes from the review page to one question, by its field's id.
	Edit struct{ Field string }
	// Revisit goes from the review page back to materials, commitment or signing.
	Revisit struct{ Step Step }
	// Confirm is "确认提交" on the review page.
	Confirm struct{}
	// PrintAgain asks for a further copy, on the receipt page or of a matter of the progress page.
	PrintAgain struct{ Number string }
	// Rate is a rating: 5 非常满意 ... 1 非常不满意.
	Rate struct{ Level int }
	// Another is 再办一件: the same person, the card's data stay.
	Another struct{}
	// Leave is 不办了 or 退出: asks once while answers would be lost.
	Leave struct{}
	// ConfirmLeave is "是的，不办了".
	ConfirmLeave struct{}
	// Help is 请人帮忙.
	Help struct{}
	// Trouble is 办不成事.
	Trouble struct{}
	// Resume goes back to what was left for 办不成事.
	Resume struct{}
	// ToWindow is 去窗口办: what to bring.
	ToWindow struct{}
	// PrintList prints that list.
	PrintList struct{}
	// SwitchPerson is 换人办: the other card that was laid takes the place of the first.
	SwitchPerson struct{}
	// ToggleGuided turns 长者模式 on or off.
	ToggleGuided struct{}
	// Close closes what lies over the page: help, the leave question, the idle notice.
	Close struct{}
	// Page turns the pages of a list.
	Page struct{ Delta int }
	// Touch is a touch that meant nothing else.
	Touch struct{}
	// OpenStaff is a long press on the hidden corner: diagnostics.
	OpenStaff struct{}
)

// Events from outside the screen.
type (
	// Clock tells the time, once a second.
	Clock struct{ Now time.Time }
	// CardEvent is what happened on the ID-card reader.
	CardEvent struct{ devices.CardEvent }
	// Scanned is a code that was scanned.
	Scanned struct{ devices.Scan }
	// Lodged says that a matter is on disk.
	Lodged struct {
		ID, Number string
		At         time.Time
	}
	// LodgeFailed says that it is not on disk.
	LodgeFailed struct{ Reason LodgeFault }
	// PrintDone says what became of a print job.
	PrintDone struct {
		Job    int // of the Print that this answers
		Number string
		Result devices.PrintResult
	}
	// Found is the answer to FindRecords.
	Found struct {
		Ask     int // of the FindRecords that this answers
		Records []Record
		Failed  bool // the store could not be read: not the same as nothing found
	}
	// Health is how the machine is now.
	Health struct{ Report health.Report }
	// WipeDone says that nothing of the visit is left in other rooms.
	WipeDone struct{}
	// WipeFailed says that something could not be cleared: it is asked for again before anyone is let on.
	WipeFailed struct{}
)

// Point is one point of a signature, in the pad's own units.
type Point struct{ X, Y int16 }

// LodgeFault says why a matter was not taken in.
type LodgeFault int

// Faults of lodging.
const (
	LodgeDiskFull LodgeFault = iota + 1
	LodgeStore
	LodgeUnenrolled
	LodgeInDoubt // it may be on disk or not: nobody can say now
)

// Record is what the terminal still knows of a lodged matter: no answers, those are sealed.
type Record struct {
	ID       string
	Number   string
	Item     string // id
	ItemName string
	At       time.Time
	Accepted bool
	Sent     bool // the gateway has signed for it
	Printed  bool
	// Stuck says that it could not be sent and was set aside: it goes nowhere by itself.
	Stuck bool
	// ClockUnsure says that the machine's clock was not checked when it was lodged.
	ClockUnsure bool
	// Refused and Settled are the upstream's last word on it.
	Refused, Settled bool
	// Letters are what the upstream has said about it, newest first.
	Letters []Letter
}

// Letter is what the upstream says about a matter. It holds personal data.
type Letter struct {
	ID      string
	Kind    LetterKind
	At      time.Time
	Office  string   // who says so
	Text    string   // plain words
	Missing []string // LetterCorrection: one deficiency each
	Due     string   // LetterCorrection: ISO 8601 date, "" for none
}

// LetterKind says what a letter is, in the words of wire.LetterKind.
type LetterKind string

// Kinds of letters.
const (
	LetterAccepted   LetterKind = "accepted"
	LetterCorrection LetterKind = "correction"
	LetterRefused    LetterKind = "refused"
	LetterSettled    LetterKind = "settled"
	LetterReply      LetterKind = "reply"
)

func (Begin) event()        {}
func (ToHome) event()       {}
func (OpenTheme) event()    {}
func (OpenSearch) event()   {}
func (Search) event()       {}
func (OpenItem) event()     {}
func (OpenProgress) event() {}
func (StartItem) event()    {}
func (Answer) event()       {}
func (Continue) event()     {}
func (Back) event()         {}
func (SetMaterial) event()  {}
func (Tick) event()         {}
func (Sign) event()         {}
func (ClearSign) event()    {}
func (Edit) event()         {}
func (Confirm) event()      {}
func (PrintAgain) event()   {}
func (Rate) event()         {}
func (Another) event()      {}
func (Leave) event()        {}
func (Help) event()         {}
func (Trouble) event()      {}
func (ToWindow) event()     {}
func (PrintList) event()    {}
func (ToggleGuided) event() {}
func (Close) event()        {}
func (ConfirmLeave) event() {}
func (Page) event()         {}
func (Touch) event()        {}
func (OpenStaff) event()    {}
func (Clock) event()        {}
func (CardEvent) event()    {}
func (Scanned) event()      {}
func (Lodged) event()       {}
func (LodgeFailed) event()  {}
func (PrintDone) event()    {}
func (Found) event()        {}
func (Health) event()       {}
func (WipeDone) event()     {}
func (WipeFailed) event()   {}
func (Revisit) event()      {}
func (SwitchPerson) event() {}
func (Resume) event()       {}
