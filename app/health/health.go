package health

import (
	"time"

	"zhizhu/devices"
)

// Upstream says how the line to the gateway is.
type Upstream int

// Upstream states. Everything but UpstreamOK means that matters wait in the outbox.
const (
	UpstreamUnknown Upstream = iota // not tried yet
	UpstreamOK
	UpstreamUnreachable // no route, refused, time-out
	UpstreamDNS         // the name can't be resolved
	UpstreamCertificate // the server isn't the one we pinned, or its certificate is out of date
	UpstreamClock       // the certificate check fails because this machine's clock is wrong
	UpstreamPortal      // something answers 200 that isn't the gateway: captive portal, proxy
	UpstreamRefused     // 401, 403, 404: this terminal isn't (or no longer) registered there
	UpstreamBusy        // 429, 5xx: it answers, but takes nothing now
	UpstreamUnenrolled  // this machine has no certificate yet
)

// Facts are what the rooms know of themselves now.
type Facts struct {
	IDCard, Printer, Scanner devices.Status
	// A4 and Camera (高拍仪) are told to staff only where the machine has them: Unconfigured says nothing.
	A4, Camera devices.Status

	Upstream      Upstream
	UpstreamSince time.Time
	Queued        int       // matters waiting to go up
	Oldest        time.Time // lodging time of the oldest of them, zero for none
	Acknowledged  int       // matters the gateway has signed for, since the store was made
	Quarantined   int       // records set aside
	SyncFaults    []string  // what of the lesser traffic doesn't get through, for staff; empty when all does

	StoreOK      bool   // matters can be lodged
	StoreRenamed string // name of a damaged file put aside at start, "" for none
	StoreSaved   string // what was brought over from it and from back-ups, and what wasn't, for staff; "" where nobody knows
	StoreWhole   bool   // all of it was brought over
	DiskFull     bool
	Enrolled     bool

	// ClockTrust is how far this machine's clock can be trusted: "synced", "offset" or "unknown", as in wire.Matter;
	// "" while nobody has said. Whatever isn't synced counts as unsure.
	ClockTrust string
}

// Report is what follows from the facts. The zero Report offers nothing but guides.
type Report struct {
	Online   bool // upstream answers
	CanLodge bool // store, enrolment: a matter may be taken in
	CanRead  bool // ID cards can be read
	CanPrint bool // receipts can be printed; without it they are shown as a code on the screen
	CanScan  bool
	Resident []string // words for residents, worst first; empty when nothing concerns them
	Staff    []Line   // words for staff, worst first
	Queued   int
	LowPaper bool

	// Why something can't be done now, one sentence for residents each; empty where it can.
	NoLodge, NoRead, NoPrint, NoScan string

	// Net says to residents in a few words how the line is; empty on the zero Report only.
	Net string
	// Held says that there is a network, but what stands behind it takes nothing from this machine now. It isn't Online
	// either, and must not be told as a network that is down.
	Held bool
	// ClockUnsure says that the clock wasn't checked against the gateway's: slips say that the office's time counts.
	ClockUnsure bool
	// StoreRenamed says that a damaged data file was put aside at start: what was lodged before can't be shown here.
	StoreRenamed bool

	Acknowledged int       // matters the gateway has signed for
	Quarantined  int       // records set aside
	Oldest       time.Time // lodging time of the oldest matter that waits, zero for none
}

// Line is one finding for staff.
type Line struct {
	Subject  string // 读卡器, 打印机, 扫码器, 网络, 存储
	Severity Severity
	Text     string // what is wrong
	Todo     string // what to do
}

// Severity orders findings.
type Severity int

// Severities.
const (
	Fine Severity = iota
	Notice
	Broken
)
