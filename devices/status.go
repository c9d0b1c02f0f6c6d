package devices

import (
	"errors"
	"fmt"
	"time"
)

// Kind names a trouble, so that words for residents and staff can be chosen by it.
type Kind int

// Kinds of trouble.
const (
	OK           Kind = iota
	Unconfigured      // no port is named in the config
	NoPort            // the named port is not there
	InUse             // another program holds the port
	Silent            // the port is open, nothing answers
	HungUp            // unplugged, or the far end closed
	Garbled           // what comes is no reply of this kind of device
	SelfTest          // the device says that it is broken (SAM 60)
	Unauthorised      // SAM 66
	PaperOut
	CoverOpen
	CutterJam
	Stalled // takes no more bytes
	Cancelled
	Internal
	WrongDevice  // another kind of device answers on this port
	NoPermission // the port is there, but this program may not open it
	NotFound     // searched for on every port, found on none
	PaperJam     // a sheet is stuck in an A4 printer
	InkOut       // toner or ink is used up, or its waste box is full
	Paused       // an A4 printer's queue was stopped by hand, or takes no jobs
	BadDocument  // what was to be printed is no document that can be
)

// String is for logs and staff's tools, never for residents.
func (k Kind) String() string {
	if k < 0 || int(k) >= len(kindNames) {
		return fmt.Sprintf("kind %d", int(k))
	}
	return kindNames[k]
}

var kindNames = [...]string{
	OK: "ok", Unconfigured: "no port configured", NoPort: "no such port", InUse: "port in use", Silent: "silent",
	HungUp: "hung up", Garbled: "garbled", SelfTest: "self test failed", Unauthorised: "unauthorised",
	PaperOut: "paper out", CoverOpen: "cover open", CutterJam: "cutter jam", Stalled: "stalled",
	Cancelled: "cancelled", Internal: "internal", WrongDevice: "wrong device", NoPermission: "no permission",
	NotFound: "not found", PaperJam: "paper jam", InkOut: "ink out", Paused: "paused", BadDocument: "bad document",
}

// Error is an error of a device with its kind. Its text is for logs and holds no personal data.
type Error struct {
	Device string // "idcard", "printer", "scanner"
	Kind   Kind
	Op     string // what was tried: "open port", "read card"
	Err    error  // may be nil
	Holder string // with InUse: see Status.Holder
}

func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%s: %s: %s", e.Device, e.Op, e.Kind)
	}
	return fmt.Sprintf("%s: %s: %s: %v", e.Device, e.Op, e.Kind, e.Err)
}

func (e *Error) Unwrap() error { return e.Err }

// KindOf returns the kind of the first *Error in err's chain, OK for nil and Internal for any other error.
func KindOf(err error) Kind {
	if err == nil {
		return OK
	}
	if e, ok := errors.AsType[*Error](err); ok {
		return e.Kind
	}
	return Internal
}

// State says whether a device can be used now.
type State int

// States of a device.
const (
	Unknown State = iota // not asked yet, or it never answers (a silent printer still prints)
	Ready
	Busy
	Missing // Reason: Unconfigured, NoPort, NotFound, InUse, NoPermission, HungUp
	Faulty  // Reason says why
)

// Paper is what a printer says of its roll.
type Paper int

// Paper states.
const (
	PaperUnknown Paper = iota
	PaperOK
	PaperLow
	PaperEnd
)

// Status is how a device is.
type Status struct {
	State  State
	Reason Kind
	Paper  Paper  // printers only
	Port   string // path of the port, for staff
	Model  string // what the device says of itself (SAM id, printer id), for staff
	Since  time.Time
	Baud   int    // speed of the line, 0 where there is none
	Holder string // with InUse: the program that holds the port ("minicom, pid 812"), "" where it can't be told
	// Dropped counts frames or lines that were garbage and were dropped.
	Dropped int
}

// Usable says whether work may be given to the device.
func (s Status) Usable() bool { return s.State == Ready || s.State == Busy || s.State == Unknown }
