package pilot

import (
	"context"
	"errors"

	"zhizhu/app/visit"
)

// Window is the real window, driven through the widgets that a finger meets. All methods may be called from any one
// goroutine.
type Window interface {
	// Texts returns all that can be read now; of the page under an overlay nothing.
	Texts() []string
	// Tap touches the topmost enabled control that bears the label. What does not fit the page is turned to.
	Tap(label string) error
	// TapID touches the control of a View's action, by the action's id: words may stand on several controls.
	TapID(id string) error
	// Type fills in a field; the text replaces what stood there.
	Type(label, text string) error
	// Choose chooses an option of a field or row.
	Choose(label, option string) error
	// Sign signs with a scribble.
	Sign() error
	// Step is the page shown.
	Step() visit.Step
	// Shot writes a PNG of what is shown.
	Shot(path string) error
	// WaitView returns once a view that satisfies ok has been painted; at once when it stands already. ok must not
	// call the Window.
	WaitView(ctx context.Context, ok func(visit.View) bool) error
}

// Devices are the played devices. A method returns [ErrByHand] where the config names a real port.
type Devices interface {
	// Personas returns the ids of the people whose cards can be laid, in a fixed order.
	Personas() []string
	// Card lays a persona's card, found by id or by name, in place of one that lies there.
	Card(ctx context.Context, persona string) error
	Lift(ctx context.Context) error
	Scan(ctx context.Context, text string) error
	// Printer takes the states PaperOut and PaperOK.
	Printer(ctx context.Context, state string) error
	Net(ctx context.Context, up bool) error
}

// ErrByHand says that a device is a real one: what a line asks for is done by somebody's hand, and waited for.
var ErrByHand = errors.New("the device is a real one")

// byHand stands in for Devices where all are real.
type byHand struct{}

func (byHand) Personas() []string                    { return nil }
func (byHand) Card(context.Context, string) error    { return ErrByHand }
func (byHand) Lift(context.Context) error            { return ErrByHand }
func (byHand) Scan(context.Context, string) error    { return ErrByHand }
func (byHand) Printer(context.Context, string) error { return ErrByHand }
func (byHand) Net(context.Context, bool) error       { return ErrByHand }
