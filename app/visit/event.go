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
	Begin        struct{}                       // touch on the attract screen
	ToHome       struct{}                       // back to the start page, from the pages that hold no answers
	OpenTheme    struct{ Theme string }         // a theme's tile
	OpenSearch   struct{}                       //
	Search       struct{ Query string }         // the query so far
	OpenItem     struct{ Item string }          //
	OpenProgress struct{}                       // 查进度
	StartItem    struct{}                       // "开始办理" on the guide
	Answer       struct{ Field, Value string }  // the answer so far, at every change
	Continue     struct{}                       // next question, next step; refused with words while something is wrong
	Back         struct{}                       // one step back; never loses an answer
	SetMaterial  struct{ Material, How string } // How: have, later
	Tick         struct {
		Index int
		On    bool
	} // a sentence of the commitment or declaration
	Sign struct {
		W, H    int
		Strokes [][]Point
	} // the whole signature so far, at the end of every stroke
	ClearSign    struct{}                //
	Edit         struct{ Field string }  // from the review page
	Confirm      struct{}                // "确认提交" on the review page
	PrintAgain   struct{ Number string } // on the receipt page, or of a matter of the progress page
	Rate         struct{ Level int }     // 5 非常满意 ... 1 非常不满意
	Another      struct{}                // 再办一件: same person, the card's data stay
	Leave        struct{}                // 不办了, 退出: asks once while answers would be lost
	Help         struct{}                // 请人帮忙
	Trouble      struct{}                // 办不成事
	ToWindow     struct{}                // 去窗口办: what to bring
	PrintList    struct{}                // print that list
	ToggleGuided struct{}                // 长者模式
	Close        struct{}                // closes what lies over the page (help, leave question, idle notice)
	ConfirmLeave struct{}                // "是的, 不办了"
	Page         struct{ Delta int }     // pages of a list
	Touch        struct{}                // a touch that meant nothing else
	OpenStaff    struct{}                // long press on the hidden corner: diagnostics
	Revisit      struct{ Step Step }     // from the review page back to materials, commitment or signing
	SwitchPerson struct{}                // "换人办理": the other card that was laid takes the place of the first
	Resume       struct{}                // back to what was left for 办不成事
)

// Events from outside the screen.
type (
	Clock     struct{ Now time.Time }     // once a second
	CardEvent struct{ devices.CardEvent } //
	Scanned   struct{ devices.Scan }      //
	Lodged    struct {
		ID, Number string
		At         time.Time
	} // on disk
	LodgeFailed struct{ Reason LodgeFault } // not on disk
	PrintDone   struct {
		Job    int // of the Print that this answers
		Number string
		Result devices.PrintResult
	}
	Found struct {
		Ask     int // of the FindRecords that this answers
		Records []Record
		Failed  bool // the store could not be read: not the same as nothing found
	}
	Health     struct{ Report health.Report } //
	WipeDone   struct{}                       //
	WipeFailed struct{}                       // something could not be cleared: asked for again before anyone is let on
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
}

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
