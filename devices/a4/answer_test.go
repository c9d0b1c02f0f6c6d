package a4

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/OpenPrinting/goipp"

	"zhizhu/devices"
)

// said is a printer's answer with the given state and reasons.
func said(state int, reasons ...string) answer {
	return answer{State: state, Reasons: reasons, Model: "Example Printer"}
}

func TestReasons(t *testing.T) {
	loaded := said(idle, "media-empty-report")
	loaded.Loaded = true
	for _, c := range []struct {
		a    answer
		want devices.Kind
	}{
		{said(idle), devices.OK},
		{said(processing, "cups-waiting-for-job-completed", "cups-remote-processing"), devices.OK},
		{said(idle, "media-empty"), devices.PaperOut},
		{said(idle, "media-empty-report"), devices.PaperOut},
		{loaded, devices.OK},
		{said(processing, "media-needed-warning"), devices.PaperOut},
		{said(idle, "input-tray-missing"), devices.PaperOut},
		{said(stopped, "media-jam-error"), devices.PaperJam},
		{said(idle, "cover-open-report"), devices.CoverOpen},
		{said(idle, "door-open"), devices.CoverOpen},
		{said(processing, "toner-empty-warning"), devices.OK}, // it prints on, faintly
		{said(stopped, "toner-empty-warning"), devices.InkOut},
		{said(processing, "marker-supply-empty-error"), devices.InkOut},
		{said(idle, "toner-low", "media-low-report"), devices.OK},
		{said(idle, "paused"), devices.Paused},
		{said(processing, "offline-report"), devices.HungUp},
		{said(processing, "connecting-to-device"), devices.HungUp},
		{said(stopped), devices.Internal},
		{said(stopped, "com.maker-something-error"), devices.Internal},
		{said(processing, "spool-area-full-report"), devices.OK},
		{said(processing, "output-area-full"), devices.Stalled},
		{said(stopped, "media-empty-error", "cover-open-error"), devices.CoverOpen},
		{said(stopped, "toner-empty-error", "media-empty-error", "media-jam-error"), devices.PaperJam},
	} {
		if got := worst(c.a); got != c.want {
			t.Errorf("%d %v: %v, want %v", c.a.State, c.a.Reasons, got, c.want)
		}
		back := c.a
		back.Reasons = slices.Clone(c.a.Reasons)
		slices.Reverse(back.Reasons)
		if got := worst(back); got != c.want {
			t.Errorf("%d %v: %v, want %v", back.State, back.Reasons, got, c.want)
		}
	}
}

func TestStatuses(t *testing.T) {
	refuses := said(idle)
	refuses.Refuses = true
	for name, c := range map[string]struct {
		c    condition
		want devices.Status
	}{
		"asked itself, well": {
			condition{queue: said(idle), direct: true, printer: said(idle)},
			devices.Status{State: devices.Ready, Paper: devices.PaperOK},
		},
		"asked itself, the queue's old story doesn't count": {
			condition{queue: said(idle, "media-empty-report"), direct: true, printer: said(idle)},
			devices.Status{State: devices.Ready, Paper: devices.PaperOK},
		},
		"asked itself, out of paper": {
			condition{queue: said(idle), direct: true, printer: said(idle, "media-empty-report")},
			devices.Status{State: devices.Faulty, Reason: devices.PaperOut, Paper: devices.PaperEnd},
		},
		"asked itself, low": {
			condition{queue: said(idle), direct: true, printer: said(idle, "media-low-warning")},
			devices.Status{State: devices.Ready, Paper: devices.PaperLow},
		},
		"switched off": {
			condition{queue: said(idle), direct: true, trouble: devices.NoPort},
			devices.Status{State: devices.Missing, Reason: devices.HungUp},
		},
		"hangs": {
			condition{queue: said(idle), direct: true, trouble: devices.Silent},
			devices.Status{State: devices.Faulty, Reason: devices.Silent},
		},
		"can't be asked, idle": {
			condition{queue: said(idle)},
			devices.Status{State: devices.Ready},
		},
		"can't be asked, an old story": {
			condition{queue: said(idle, "media-empty-error")},
			devices.Status{State: devices.Unknown, Reason: devices.PaperOut},
		},
		"can't be asked, at work": {
			condition{queue: said(processing, "media-empty-error")},
			devices.Status{State: devices.Faulty, Reason: devices.PaperOut, Paper: devices.PaperEnd},
		},
		"at work": {
			condition{queue: said(processing), direct: true, printer: said(processing)},
			devices.Status{State: devices.Busy, Paper: devices.PaperOK},
		},
		"stopped by staff": {
			condition{queue: said(stopped), direct: true, printer: said(idle)},
			devices.Status{State: devices.Faulty, Reason: devices.Paused, Paper: devices.PaperOK},
		},
		"takes no jobs": {
			condition{queue: refuses, direct: true, printer: said(idle)},
			devices.Status{State: devices.Faulty, Reason: devices.Paused, Paper: devices.PaperOK},
		},
		"its driver is gone": {
			condition{queue: said(idle, "cups-missing-filter-warning")},
			devices.Status{State: devices.Faulty, Reason: devices.Internal},
		},
	} {
		got := c.c.status()
		got.Model = ""
		if got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
	c := condition{queue: said(idle), direct: true, printer: said(idle, "toner-low-report", "marker-supply-low", "media-low")}
	if got := c.model(); got != "Example Printer (marker-supply-low, toner-low)" {
		t.Errorf("model %q", got)
	}
}

func TestVerdicts(t *testing.T) {
	printed := devices.PrintResult{Outcome: devices.Printed}
	unknown := devices.PrintResult{Outcome: devices.PrintUnknown}
	job := func(state int, reasons ...string) progress { return progress{State: state, Reasons: reasons} }
	for _, c := range []struct {
		cups, own progress
		after     devices.Kind
		want      devices.PrintResult
	}{
		{job(jobCompleted), job(jobCompleted, "job-completed-successfully"), devices.OK, printed},
		{job(jobCompleted), job(jobCompleted), devices.PaperOut, printed}, // that was the last sheet
		{job(jobCompleted), job(jobCompleted), devices.PaperJam, unknown},
		{job(jobCompleted), job(jobCompleted, "job-completed-with-errors"), devices.OK, unknown},
		{job(jobCompleted), progress{}, devices.OK, unknown},
		{job(jobCompleted), progress{}, devices.HungUp, unknown},
		{job(jobCompleted), job(jobProcessing), devices.OK, unknown},
		{job(jobCompleted), job(jobAborted), devices.OK, failed(devices.Internal)},
		{job(jobCompleted), job(jobCanceled), devices.OK, failed(devices.Cancelled)},
		{job(jobCanceled), job(jobAborted, "document-format-error"), devices.OK, failed(devices.BadDocument)},
		{job(jobCanceled, "job-canceled-at-device"), progress{}, devices.OK, failed(devices.Cancelled)},
		{job(jobCanceled), progress{}, devices.PaperOut, failed(devices.PaperOut)},
		{job(jobAborted), progress{}, devices.OK, failed(devices.Internal)},
		{job(jobAborted), progress{}, devices.HungUp, failed(devices.HungUp)},
		{job(jobAborted, "document-unprintable-error"), progress{}, devices.OK, failed(devices.BadDocument)},
		{progress{}, progress{}, devices.OK, unknown},
	} {
		if got := verdict(c.cups, c.own, c.after); got != c.want {
			t.Errorf("%+v, printer %+v, then %v: %+v, want %+v", c.cups, c.own, c.after, got, c.want)
		}
	}
}

func TestCheckPDF(t *testing.T) {
	good := TestPage()
	for name, c := range map[string]struct {
		pdf  []byte
		want devices.Kind
	}{
		"test page":       {good, devices.OK},
		"mail before it":  {append([]byte(strings.Repeat("x", 900)), good...), devices.OK},
		"nothing in it":   {[]byte("%PDF-1.4\nnothing that anybody could draw\n%%EOF\n"), devices.BadDocument},
		"empty":           {nil, devices.BadDocument},
		"a web page":      {[]byte("<!DOCTYPE html>%%EOF"), devices.BadDocument},
		"cut off":         {good[:len(good)/2], devices.BadDocument},
		"too large":       {slices.Concat([]byte("%PDF-1.4"), make([]byte, MaxPDF), []byte("%%EOF")), devices.BadDocument},
		"header too late": {append([]byte(strings.Repeat("x", 2000)), good...), devices.BadDocument},
	} {
		if got := devices.KindOf(CheckPDF(c.pdf)); got != c.want {
			t.Errorf("%s: %v, want %v", name, got, c.want)
		}
	}
}

func TestJobsAreFilledIn(t *testing.T) {
	j := Job{Title: "办理\n结果\x00", Copies: 1000}.filled()
	if j.Title != "办理 结果 " || j.Copies != maxCopies || j.Media != A4 {
		t.Errorf("%q %d %q", j.Title, j.Copies, j.Media)
	}
	if j := (Job{Title: strings.Repeat("智", 200), Copies: -1}).filled(); len(j.Title) != 99 || j.Copies != 1 {
		t.Errorf("%d bytes of title, %d copies", len(j.Title), j.Copies)
	}
	if j := (Job{Title: "\t\xff "}).filled(); j.Title != "document" {
		t.Errorf("title %q", j.Title)
	}
	if s := fmt.Sprint(Job{Title: "t", PDF: []byte("secret")}.LogValue()); strings.Contains(s, "secret") {
		t.Errorf("logged %q", s)
	}
}

func TestWhyThereIsNoAnswer(t *testing.T) {
	for _, c := range []struct {
		err  error
		want devices.Kind
	}{
		{&fs.PathError{Err: syscall.ENOENT}, devices.NoPort},
		{os.NewSyscallError("connect", syscall.ECONNREFUSED), devices.NoPort},
		{os.NewSyscallError("connect", syscall.EACCES), devices.NoPermission},
		{os.ErrDeadlineExceeded, devices.Silent},
		{errors.New("EOF"), devices.HungUp},
	} {
		if got := kindOfCall(c.err); got != c.want {
			t.Errorf("%v: %v, want %v", c.err, got, c.want)
		}
	}
	for s, want := range map[goipp.Status]devices.Kind{
		goipp.StatusOk: devices.OK, goipp.StatusOkIgnoredOrSubstituted: devices.OK, goipp.StatusErrorNotFound: devices.NotFound,
		goipp.StatusErrorForbidden: devices.NoPermission, goipp.StatusErrorNotAcceptingJobs: devices.Paused,
		goipp.StatusErrorDocumentFormatNotSupported: devices.BadDocument, goipp.StatusErrorBusy: devices.Stalled,
		goipp.StatusErrorInternal: devices.Internal, goipp.StatusRedirectionOtherSite: devices.Internal,
	} {
		if got := kindOfIPP(s); got != want {
			t.Errorf("%v: %v, want %v", s, got, want)
		}
	}
	if _, err := understand("ask", []byte{2, 0, 0, 0, 0, 0, 0, 1, 3}, 2); devices.KindOf(err) != devices.Garbled {
		t.Errorf("the answer to another question: %v", err)
	}
}

func TestOptionsThatCannotBe(t *testing.T) {
	now := Options{Now: nil}
	if _, err := New(now); err == nil {
		t.Error("made without a clock")
	}
	for _, o := range []Options{{Queue: "a b"}, {Queue: "a/../b"}, {Server: "cups"}, {Server: "lpd://printer"}} {
		o.Now = clock
		if _, err := New(o); err == nil {
			t.Errorf("made with queue %q and server %q", o.Queue, o.Server)
		}
	}
}

// FuzzUnderstand feeds answers to all that reads them.
func FuzzUnderstand(f *testing.F) {
	for _, attrs := range []goipp.Attributes{
		{
			goipp.MakeAttr("printer-state", goipp.TagEnum, goipp.Integer(3)),
			goipp.MakeAttr("printer-state-reasons", goipp.TagKeyword, goipp.String("none")),
			goipp.MakeAttr("printer-is-accepting-jobs", goipp.TagBoolean, goipp.Boolean(true)),
			goipp.MakeAttr("printer-make-and-model", goipp.TagTextLang, goipp.TextWithLang{Lang: "zh", Text: "打印机"}),
			goipp.MakeAttr("printer-input-tray", goipp.TagString, goipp.Binary("type=other;level=-3;")),
			goipp.MakeAttr("device-uri", goipp.TagURI, goipp.String("ipp://localhost:631/ipp/print?waitjob=false")),
		},
		{goipp.MakeAttr("job-state", goipp.TagEnum, goipp.Integer(9)), goipp.MakeAttr("job-id", goipp.TagInteger, goipp.Integer(7))},
	} {
		m := goipp.NewResponse(goipp.MakeVersion(2, 0), goipp.StatusOk, 1)
		m.Printer, m.Job = attrs, attrs
		b, err := m.EncodeBytes()
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add(bytes.Repeat([]byte{1}, 20))
	f.Fuzz(func(t *testing.T, b []byte) {
		m, err := understand("ask", b, 1)
		if err != nil {
			if k := devices.KindOf(err); k == devices.OK {
				t.Errorf("error %v has no kind", err)
			}
			return
		}
		a := readPrinter(m)
		st := condition{queue: a, direct: directly(a.Device), printer: a}.status()
		if st.Usable() == (st.State == devices.Faulty || st.State == devices.Missing) {
			t.Errorf("status %+v", st)
		}
		if len(a.Model) > 80 || strings.ContainsAny(st.Model, "\n\x1b") {
			t.Errorf("model %q", st.Model)
		}
		if got := verdict(readJob(m.Job), progress{}, devices.OK); got.Outcome == devices.Printed {
			t.Error("printed, though the printer never said so")
		}
	})
}

func clock() time.Time { return time.Time{} }
