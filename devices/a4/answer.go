package a4

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/OpenPrinting/goipp"
)

// answer is what a queue, or a printer, says of itself.
type answer struct {
	State   int      // printer-state (RFC 8011 sec. 5.4.11): idle, processing, stopped
	Reasons []string // printer-state-reasons without "none"
	Refuses bool     // printer-is-accepting-jobs is false
	Model   string
	Device  string // device-uri, queues only
	Loaded  bool   // some tray says that it has paper (PWG 5100.13 printer-input-tray), printers only
}

// Values of printer-state.
const (
	idle       = 3
	processing = 4
	stopped    = 5
)

// progress is how a job is.
type progress struct {
	State   int // job-state (RFC 8011 sec. 5.3.7)
	Reasons []string
	Begun   bool // it was given to the printer: paper may have come out
}

// Values of job-state.
const (
	jobPending    = 3
	jobHeld       = 4
	jobProcessing = 5
	jobStopped    = 6
	jobCanceled   = 7
	jobAborted    = 8
	jobCompleted  = 9
)

// over says that the job won't change any more.
func (p progress) over() bool { return p.State >= jobCanceled }

func readPrinter(m *goipp.Message) answer {
	a := answer{
		Reasons: slices.DeleteFunc(texts(m.Printer, "printer-state-reasons"), func(s string) bool { return s == "none" }),
		Model:   printable(text(m.Printer, "printer-make-and-model")),
		Device:  text(m.Printer, "device-uri"),
		Loaded:  slices.ContainsFunc(texts(m.Printer, "printer-input-tray"), loaded),
	}
	a.State, _ = number(m.Printer, "printer-state")
	if v, ok := first(m.Printer, "printer-is-accepting-jobs"); ok {
		accepts, is := v.(goipp.Boolean)
		a.Refuses = is && !bool(accepts)
	}
	return a
}

func readJob(attrs goipp.Attributes) progress {
	p := progress{Reasons: texts(attrs, "job-state-reasons")}
	p.State, _ = number(attrs, "job-state")
	_, timed := number(attrs, "time-at-processing") // "no-value" until then
	p.Begun = timed || p.State == jobProcessing || p.State == jobStopped
	return p
}

// loaded reads one value of printer-input-tray: "type=…;level=100;status=0;…". Level counts sheets; -3 means that there
// is some paper, -2 that nobody knows, 0 that there is none (RFC 3805 prtInputCurrentLevel).
func loaded(tray string) bool {
	for field := range strings.SplitSeq(tray, ";") {
		if v, ok := strings.CutPrefix(field, "level="); ok {
			n, err := strconv.Atoi(v)
			return err == nil && (n > 0 || n == -3)
		}
	}
	return false
}

func first(attrs goipp.Attributes, name string) (goipp.Value, bool) {
	for _, a := range attrs {
		if a.Name == name && len(a.Values) > 0 {
			return a.Values[0].V, true
		}
	}
	return nil, false
}

func number(attrs goipp.Attributes, name string) (int, bool) {
	v, ok := first(attrs, name)
	n, is := v.(goipp.Integer)
	return int(n), ok && is
}

func text(attrs goipp.Attributes, name string) string {
	if all := texts(attrs, name); len(all) > 0 {
		return all[0]
	}
	return ""
}

func texts(attrs goipp.Attributes, name string) []string {
	var all []string
	for _, a := range attrs {
		if a.Name != name {
			continue
		}
		for _, v := range a.Values {
			switch v := v.V.(type) {
			case goipp.String:
				all = append(all, string(v))
			case goipp.TextWithLang:
				all = append(all, v.Text)
			case goipp.Binary:
				all = append(all, string(v))
			}
		}
	}
	return all
}

// printable keeps a printer's name for itself from spoiling a log or a table.
func printable(s string) string {
	s = strings.Map(func(r rune) rune {
		if !strconv.IsPrint(r) {
			return -1
		}
		return r
	}, s)
	return clip(s, 80)
}

// ended says that an operation came too late: CUPS knows the job no longer, or it has ended.
func ended(err error) bool {
	r, ok := errors.AsType[refusal](err)
	return ok && (goipp.Status(r) == goipp.StatusErrorNotFound || goipp.Status(r) == goipp.StatusErrorNotPossible)
}

// directly says whether the device of a queue can be asked by IPP.
func directly(uri string) bool {
	u, err := url.Parse(uri)
	return err == nil && (u.Scheme == "ipp" || u.Scheme == "ipps") && u.Hostname() != "" && !strings.Contains(u.Host, "._")
}
