//go:build cups

package a4_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/a4"
)

var (
	done    = devices.PrintResult{Outcome: devices.Printed}
	unknown = devices.PrintResult{Outcome: devices.PrintUnknown}
)

// print prints a page in the background.
func (r *rig) print(ctx context.Context, p *a4.Printer) <-chan devices.PrintResult {
	res := make(chan devices.PrintResult, 1)
	go func() { res <- p.Print(ctx, page) }()
	return res
}

// inPrinter waits until the printer has begun a job, which then waits at its panel.
func (r *rig) inPrinter() {
	r.Helper()
	r.await("a job in the printer", func() bool { return len(r.contents("jobs/*")) > 0 })
}

func (r *rig) is(p *a4.Printer, what string, so func(devices.Status) bool) {
	r.Helper()
	var st devices.Status
	defer func() {
		if r.Failed() {
			r.Logf("last status %+v", st)
		}
	}()
	r.await(what, func() bool { st, _ = p.Look(r.Context()); return so(st) })
}

func ready(st devices.Status) bool { return st.State == devices.Ready && st.Paper == devices.PaperOK }

func because(state devices.State, k devices.Kind) func(devices.Status) bool {
	return func(st devices.Status) bool { return st.State == state && st.Reason == k }
}

func (r *rig) want(got, want devices.PrintResult, papers int) {
	r.Helper()
	if got != want {
		r.Errorf("result %+v, want %+v", got, want)
	}
	if n := len(r.printed()); n != papers {
		r.Errorf("%d documents came out, want %d", n, papers)
	}
	r.nothingKept()
}

func TestADocumentComesOutOfThePrinter(t *testing.T) {
	t.Parallel()
	r := cups(t)
	p := r.driver()
	if st := r.look(p); !ready(st) || st.Model != "Example Printer" {
		t.Errorf("before: %+v", st)
	}
	r.want(p.Print(t.Context(), page), done, 1)
	if out := r.printed(); len(out) != 1 || !bytes.HasPrefix(out[0], []byte("%PDF-")) {
		t.Error("what came out is no PDF")
	}
	r.want(p.Print(t.Context(), a4.Job{PDF: a4.TestPage(), Copies: 2, Duplex: true}), done, 2)
	r.is(p, "ready again", ready)
}

func TestPaperOutAndPutIn(t *testing.T) {
	t.Parallel()
	r := cups(t)
	p := r.driver()
	panel := r.panel()
	res := r.print(t.Context(), p)
	r.inPrinter()
	r.say(panel, "STATE: +media-empty,media-needed")
	r.want(<-res, failed(devices.PaperOut), 0)
	r.drop(panel)

	r.load(a4.A4, 0)
	r.is(p, "paper out", func(st devices.Status) bool {
		return because(devices.Faulty, devices.PaperOut)(st) && st.Paper == devices.PaperEnd
	})
	r.want(p.Print(t.Context(), page), failed(devices.PaperOut), 0)
	// The queue goes on telling of the last job's empty tray; the printer itself knows better.
	r.load(a4.A4, 250)
	r.is(p, "ready with paper", ready)
	r.want(p.Print(t.Context(), page), done, 1)
}

func TestATroubleAtThePrinterEndsTheJob(t *testing.T) {
	for state, kind := range map[string]devices.Kind{"media-jam": devices.PaperJam, "cover-open": devices.CoverOpen} {
		t.Run(state, func(t *testing.T) {
			t.Parallel()
			r := cups(t)
			p := r.driver()
			panel := r.panel()
			res := r.print(t.Context(), p)
			r.inPrinter()
			r.say(panel, "STATE: +"+state)
			r.want(<-res, failed(kind), 0)
			r.is(p, "told", because(devices.Faulty, kind))
		})
	}
}

func TestATroubleThatIsMendedInTimeDoesNotEndTheJob(t *testing.T) {
	t.Parallel()
	r := cups(t)
	p := r.driver(func(o *a4.Options) { o.Fault = patience })
	panel := r.panel()
	res := r.print(t.Context(), p)
	r.inPrinter()
	r.say(panel, "STATE: +cover-open")
	r.is(p, "cover open", because(devices.Faulty, devices.CoverOpen))
	r.say(panel, "STATE: -cover-open")
	r.is(p, "busy", because(devices.Busy, devices.OK))
	r.resume(panel)
	r.want(<-res, done, 1)
}

func TestAJobIsNotPrintedIntoTheNextVisit(t *testing.T) {
	t.Parallel()
	r := cups(t)
	p := r.driver()
	panel := r.panel()
	visit, leave := context.WithCancel(t.Context())
	res := r.print(visit, p)
	r.inPrinter()
	leave()
	r.want(<-res, unknown, 0) // it was at the printer already
	if !r.toldToCancel() {
		t.Error("the printer wasn't told to cancel its job")
	}
	r.drop(panel)
	r.is(p, "ready for the next", func(st devices.Status) bool { return st.State == devices.Ready })
}

func TestAVisitThatIsOverPrintsNothing(t *testing.T) {
	t.Parallel()
	r := cups(t)
	p := r.driver()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	r.want(p.Print(over, page), failed(devices.Cancelled), 0)
}

func TestThePrinterIsSwitchedOff(t *testing.T) {
	t.Parallel()
	r := cups(t)
	p := r.driver()
	r.stop(r.printer)
	r.is(p, "missing", because(devices.Missing, devices.HungUp))
	r.want(p.Print(t.Context(), page), failed(devices.HungUp), 0)
	r.startPrinter()
	r.load(a4.A4, 250)
	r.is(p, "back", ready)
	r.want(p.Print(t.Context(), page), done, 1)
}

func TestThePrinterIsSwitchedOffInMidJob(t *testing.T) {
	t.Parallel()
	r := cups(t)
	p := r.driver()
	panel := r.panel()
	res := r.print(t.Context(), p)
	r.inPrinter()
	r.stop(r.printer)
	if got := <-res; got != failed(devices.HungUp) && got != unknown { // CUPS may call it completed
		t.Errorf("result %+v", got)
	}
	r.nothingKept()
	r.drop(panel)
	r.startPrinter()
	r.load(a4.A4, 250)
	r.is(p, "back", ready)
	r.want(p.Print(t.Context(), page), done, 1) // only this one
}

func TestAQueueThatStaffStopped(t *testing.T) {
	t.Parallel()
	r := cups(t)
	p := r.driver()
	for _, by := range []string{"cupsdisable", "cupsreject"} {
		r.tool(by, "a4")
		r.is(p, by, because(devices.Faulty, devices.Paused))
		r.want(p.Print(t.Context(), page), failed(devices.Paused), 0)
		r.tool(map[string]string{"cupsdisable": "cupsenable", "cupsreject": "cupsaccept"}[by], "a4")
		r.is(p, "ready", ready)
	}
	panel := r.panel()
	res := r.print(t.Context(), p)
	r.inPrinter()
	r.tool("cupsdisable", "a4")
	r.want(<-res, failed(devices.Paused), 0)
	r.drop(panel)
	r.tool("cupsenable", "a4")
	r.want(p.Print(t.Context(), page), done, 1)
}

func TestAQueueThatIsNotThere(t *testing.T) {
	t.Parallel()
	r := cups(t)
	p := r.driver(func(o *a4.Options) { o.Queue = "nowhere" })
	r.is(p, "missing", because(devices.Missing, devices.NotFound))
	r.want(p.Print(t.Context(), page), failed(devices.NotFound), 0)
	named, byDefault := r.driver(func(o *a4.Options) { o.Queue = "a4" }), r.driver()
	r.want(named.Print(t.Context(), page), done, 1)
	r.tool("lpadmin", "-x", "a4")
	r.is(byDefault, "no queue at all", because(devices.Missing, devices.NotFound))
}

func TestCupsIsDownAndComesBack(t *testing.T) {
	t.Parallel()
	r := cups(t)
	p := r.driver()
	r.stop(r.cupsd)
	r.is(p, "no scheduler", because(devices.Missing, devices.NoPort))
	r.want(p.Print(t.Context(), page), failed(devices.NoPort), 0)
	r.startCups()
	r.is(p, "back", ready)
	r.want(p.Print(t.Context(), page), done, 1)
}

// A power cut for the scheduler alone: what was spooled lies on its disk and would be printed when it comes back.
func TestCupsIsKilledInMidJobAndStaysAway(t *testing.T) {
	t.Parallel()
	r := cups(t)
	p := r.driver(func(o *a4.Options) { o.Lost = 200 * time.Millisecond })
	r.tool("lpadmin", "-p", "a4", "-o", "printer-error-policy=retry-job")
	panel := r.panel()
	res := r.print(t.Context(), p)
	r.inPrinter()
	r.stop(r.cupsd)
	if got := <-res; got != unknown {
		t.Errorf("result %+v", got)
	}
	r.tidyBackends()
	r.stop(r.printer) // so that the scheduler finds nobody to print on before we ask it
	r.startCups()
	r.is(p, "swept", because(devices.Missing, devices.HungUp))
	r.drop(panel)
	r.startPrinter()
	r.load(a4.A4, 250)
	r.is(p, "ready", ready)
	r.want(p.Print(t.Context(), page), done, 1)
}

// What a killed program left is cancelled by the next one; what staff print is theirs.
func TestJobsThatAKilledProgramLeftAreCancelled(t *testing.T) {
	t.Parallel()
	r := cups(t)
	r.tool("cupsdisable", "a4")
	r.lp("zhizhu", "left")
	r.lp("staff", "theirs")
	if n := len(r.contents("spool/d*")); n != 2 {
		t.Fatalf("%d documents in the spool before", n)
	}
	r.is(r.driver(), "told", because(devices.Faulty, devices.Paused))
	if n := len(r.contents("spool/d*")); n != 1 {
		t.Errorf("%d documents in the spool, want the one that is not ours", n)
	}
	r.tool("cupsenable", "a4")
	r.await("theirs", func() bool { return len(r.printed()) == 1 })
}

func (r *rig) lp(user, title string) {
	r.Helper()
	r.write("doc.pdf", string(a4.TestPage()), 0o644)
	cmd := exec.CommandContext(r.Context(), program(r.T, "lp"), "-h", r.path("sock"), "-U", user, "-d", "a4", "-t", title, r.path("doc.pdf"))
	cmd.Env = append(os.Environ(), "CUPS_SERVER="+r.path("sock"))
	if out, err := cmd.CombinedOutput(); err != nil {
		r.Fatalf("lp: %v\n%s", err, out)
	}
}

func TestWhatNobodyConfirmsIsUnknown(t *testing.T) {
	t.Run("no history kept", func(t *testing.T) {
		t.Parallel()
		r := cups(t, "PreserveJobHistory No")
		r.want(r.driver().Print(t.Context(), page), unknown, 1)
	})
	t.Run("handed over only", func(t *testing.T) {
		t.Parallel()
		r := cups(t)
		got := r.socketPrinter("socket")
		r.want(r.driver(func(o *a4.Options) { o.Queue = "socket" }).Print(t.Context(), page), unknown, 0)
		if b := <-got; !bytes.Equal(b, page.PDF) {
			t.Errorf("%d bytes reached the printer, %d were printed", len(b), len(page.PDF))
		}
	})
}

// socketPrinter makes a queue to a printer that takes bytes and says nothing.
func (r *rig) socketPrinter(queue string) <-chan []byte {
	r.Helper()
	l, err := net.Listen("tcp", "localhost:0")
	if err != nil {
		r.Fatal(err)
	}
	r.Cleanup(func() { _ = l.Close() })
	got := make(chan []byte, 1)
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer func() { _ = c.Close() }()
		b, _ := io.ReadAll(c)
		got <- b
	}()
	r.tool("lpadmin", "-p", queue, "-E", "-v", "socket://"+l.Addr().String(), "-m", "raw")
	return got
}

func TestAPrinterThatGivesUp(t *testing.T) {
	t.Parallel()
	r := cups(t)
	r.write("fail", "", 0o644)
	r.want(r.driver().Print(t.Context(), page), failed(devices.Internal), 0)
}

// A document with nothing to draw looks whole from outside. CUPS completes its job, the printer never hears of one.
func TestADocumentWithoutPages(t *testing.T) {
	t.Parallel()
	r := cups(t)
	pdf := bytes.ReplaceAll(a4.TestPage(), []byte("/Kids[3 0 R]/Count 1"), []byte("/Kids[     ]/Count 0"))
	r.want(r.driver().Print(t.Context(), a4.Job{PDF: pdf}), unknown, 0)
}

func TestADocumentThatTheFilterCannotRead(t *testing.T) {
	t.Parallel()
	r := cups(t)
	pdf := []byte("%PDF-1.4\n1 0 obj\n/Root startxref nothing that anybody could draw\n%%EOF\n")
	got := r.driver().Print(t.Context(), a4.Job{PDF: pdf})
	if got != failed(devices.BadDocument) {
		t.Errorf("result %+v", got)
	}
	r.nothingKept()
}

// The scheduler answers, the printer behind it hangs: its queue must not be told as ready.
func TestAPrinterThatNeverAnswers(t *testing.T) {
	t.Parallel()
	r := cups(t)
	l := mute(t, "tcp", "localhost:0")
	r.tool("lpadmin", "-p", "mute", "-E", "-v", "ipp://"+l.Addr().String()+"/ipp/print", "-m", "raw")
	p := r.driver(func(o *a4.Options) { o.Queue, o.Answer = "mute", 2*time.Second })
	r.is(p, "silent", because(devices.Faulty, devices.Silent))
	r.want(p.Print(t.Context(), page), failed(devices.Silent), 0)
}
