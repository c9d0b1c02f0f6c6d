package a4

import (
	"strings"

	"zhizhu/devices"
)

// keyword takes the severity off a printer-state-reason (RFC 8011 sec. 5.4.12).
func keyword(reason string) string {
	for _, s := range []string{"-report", "-warning", "-error"} {
		if k, ok := strings.CutSuffix(reason, s); ok {
			return k
		}
	}
	return reason
}

// worst is the trouble that keeps a printer from printing, OK for none. The gravest comes first: who stands before an
// open cover need not hear of the paper yet.
func worst(a answer) devices.Kind {
	grave := devices.OK
	for _, r := range a.Reasons {
		if k := trouble(a, r); k != devices.OK && (grave == devices.OK || rank(k) < rank(grave)) {
			grave = k
		}
	}
	if grave == devices.OK && a.State == stopped {
		return devices.Internal // it says that it can't, and not why
	}
	return grave
}

// trouble is what one reason means. How grave a printer calls it counts for little: makers differ, and some derive it
// from printer-state only (so does ippeveprinter). It counts where a printer is known to print on.
func trouble(a answer, reason string) devices.Kind {
	stops := a.State == stopped || !strings.HasSuffix(reason, "-warning") && !strings.HasSuffix(reason, "-report")
	switch keyword(reason) {
	case "media-jam":
		return devices.PaperJam
	case "cover-open", "door-open", "interlock-open":
		return devices.CoverOpen
	case "media-needed", "input-tray-missing":
		return devices.PaperOut
	case "media-empty":
		if !stops && a.Loaded { // an empty tray beside a full one
			return devices.OK
		}
		return devices.PaperOut
	case "toner-empty", "marker-supply-empty", "marker-waste-full", "marker-supply-missing":
		if stops {
			return devices.InkOut
		}
	case "paused", "moving-to-paused":
		return devices.Paused
	case "offline", "shutdown", "timed-out", "connecting-to-device":
		return devices.HungUp
	case "output-area-full", "output-tray-missing", "spool-area-full":
		if stops {
			return devices.Stalled
		}
	}
	return devices.OK
}

// broken is a reason for which a queue of CUPS can't print at all: its driver is gone or isn't allowed to run.
func broken(reason string) bool {
	k := keyword(reason)
	return k == "cups-missing-filter" || k == "cups-insecure-filter"
}

// rank orders troubles, the gravest first.
func rank(k devices.Kind) int {
	switch k {
	case devices.HungUp:
		return 0
	case devices.Paused:
		return 1
	case devices.PaperJam:
		return 2
	case devices.CoverOpen:
		return 3
	case devices.PaperOut:
		return 4
	case devices.InkOut:
		return 5
	default:
		return 6
	}
}
