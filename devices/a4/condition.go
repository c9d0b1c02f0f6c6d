package a4

import (
	"slices"
	"strings"

	"zhizhu/devices"
)

// condition is all that is known of a printer at one moment.
type condition struct {
	queue   answer
	direct  bool   // the printer itself can be asked, and was
	printer answer // what it said
	trouble devices.Kind
}

// status tells a condition.
func (c condition) status() devices.Status {
	st := devices.Status{State: devices.Ready, Model: c.model(), Paper: c.paper()}
	switch k, sure := c.fault(); {
	case k == devices.OK:
	case !sure:
		st.State, st.Reason = devices.Unknown, k
	case k == devices.HungUp:
		st.State, st.Reason = devices.Missing, k
	default:
		st.State, st.Reason = devices.Faulty, k
	}
	if st.State == devices.Ready && c.queue.State == processing {
		st.State = devices.Busy
	}
	return st
}

// fault is why the printer can't print now. Not sure means that it is an old story which CUPS tells of an earlier job.
func (c condition) fault() (k devices.Kind, sure bool) {
	if c.queue.Refuses || c.queue.State == stopped {
		return devices.Paused, true
	}
	if slices.ContainsFunc(c.queue.Reasons, broken) {
		return devices.Internal, true
	}
	if !c.direct {
		return worst(c.queue), c.queue.State == processing
	}
	switch c.trouble {
	case devices.OK:
		return worst(c.printer), true
	case devices.NoPort, devices.HungUp: // nobody listens there: switched off, or unplugged
		return devices.HungUp, true
	default:
		return c.trouble, true
	}
}

// source is who says how the printer itself is.
func (c condition) source() answer {
	if c.direct {
		return c.printer
	}
	return c.queue
}

func (c condition) paper() devices.Paper {
	a := c.source()
	switch k, sure := c.fault(); {
	case k == devices.PaperOut && sure:
		return devices.PaperEnd
	case !sure && k != devices.OK, c.direct && c.trouble != devices.OK, !c.direct && a.State != processing:
		return devices.PaperUnknown
	case slices.ContainsFunc(a.Reasons, func(r string) bool { return keyword(r) == "media-low" }):
		return devices.PaperLow
	default:
		return devices.PaperOK
	}
}

// model names the printer, with what staff should know though it still prints: "Brand X (toner-low)".
func (c condition) model() string {
	a := c.source()
	name := a.Model
	if name == "" {
		name = c.queue.Model
	}
	var notes []string
	for _, r := range a.Reasons {
		if r = keyword(r); slices.Contains(notable, r) && !slices.Contains(notes, r) {
			notes = append(notes, r)
		}
	}
	if len(notes) == 0 {
		return name
	}
	slices.Sort(notes)
	return strings.TrimSpace(name + " (" + strings.Join(notes, ", ") + ")")
}

// notable are reasons for staff to come soon.
var notable = []string{"marker-supply-low", "marker-waste-almost-full", "media-empty", "output-area-almost-full", "toner-low"}
