package devicetest

import (
	"context"
	"slices"
	"testing"
	"time"

	"zhizhu/devices"
)

// PrintDriver is a driver of receipt printers.
type PrintDriver interface {
	devices.Driver
	Print(ctx context.Context, doc devices.Document) devices.PrintResult
}

// Printer is the suite of receipt printers.
type Printer struct {
	Bench
	// New makes a driver.
	New func() PrintDriver
	// Silent says that the device never answers: its jobs end as PrintUnknown.
	Silent bool
	// EndPaper and FillPaper take the roll out and put it back; nil where nobody can: that case is left out.
	EndPaper, FillPaper func() error
	// Troubles happen to a job that has begun. Heal ends them.
	Troubles []PrintTrouble
	Heal     func() error
	// Whole counts the receipts that came out with all of the job with this text, and nothing else; nil where nobody can
	// tell. What is told as printed must be among them.
	Whole func(text string) int
	// PullInJob has the cable pulled in the middle of the next job; nil where nobody can.
	PullInJob func() error
}

// PrintTrouble is a trouble with what may be told of the job that it happens to.
type PrintTrouble struct {
	Trouble
	Want []devices.PrintResult
}

func slip(text string) devices.Document {
	return devices.Document{Title: "conformance", Blocks: []devices.Block{
		{Text: "设备测试", Size: 2, Align: devices.Centre},
		{Kind: devices.RuleBlock},
		{Kind: devices.PairBlock, Label: "项目", Text: text},
		{Kind: devices.CodeBlock, Text: "CONFORMANCE"},
	}}
}

// Run runs the suite.
func (p Printer) Run(t *testing.T) {
	p.driver(t, func() devices.Driver { return p.New() })
	good := p.good()
	t.Run("prints", func(t *testing.T) {
		d := p.New()
		p.serve(t, d).usable()
		for range 2 {
			if res := d.Print(t.Context(), slip("打印")); res.Outcome != good {
				t.Errorf("outcome %d (%v), want %d", res.Outcome, res.Reason, good)
			}
		}
	})
	t.Run("a job without a line fails and says why", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		if res := p.New().Print(ctx, slip("无设备")); res.Outcome == devices.Printed {
			t.Error("printed without a printer")
		}
	})
	t.Run("a cancelled job is not told as printed", func(t *testing.T) {
		d := p.New()
		p.serve(t, d).usable()
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if res := d.Print(ctx, slip("取消")); res.Outcome == devices.Printed {
			t.Error("a job whose visit was over is told as printed")
		}
		if res := d.Print(t.Context(), slip("下一张")); res.Outcome != good {
			t.Errorf("the next job: outcome %d (%v), want %d", res.Outcome, res.Reason, good)
		}
	})
	p.RunTroubles(t)
	if p.EndPaper == nil || p.FillPaper == nil || p.Silent {
		return
	}
	t.Run("paper out is told, and over when there is paper", func(t *testing.T) { p.paper(t, good) })
}

func (p Printer) paper(t *testing.T, good devices.Outcome) {
	d := p.New()
	s := p.serve(t, d)
	s.usable()
	if err := p.EndPaper(); err != nil {
		t.Fatal(err)
	}
	s.until("paper out", func(st devices.Status) bool { return st.Paper == devices.PaperEnd })
	if res := d.Print(t.Context(), slip("缺纸")); res.Outcome != devices.PrintFailed || res.Reason != devices.PaperOut {
		t.Errorf("without paper: outcome %d (%v)", res.Outcome, res.Reason)
	}
	if err := p.FillPaper(); err != nil {
		t.Fatal(err)
	}
	s.until("paper", func(st devices.Status) bool { return st.Paper == devices.PaperOK && st.Usable() })
	if res := d.Print(t.Context(), slip("有纸")); res.Outcome != good {
		t.Errorf("with paper again: outcome %d (%v)", res.Outcome, res.Reason)
	}
}

// RunTroubles runs only what goes wrong in a job.
func (p Printer) RunTroubles(t *testing.T) {
	good := p.good()
	for _, x := range p.Troubles {
		t.Run("tells the truth about "+x.Name, func(t *testing.T) {
			d := p.New()
			s := p.serve(t, d)
			s.usable()
			p.trouble(t, d, x)
			p.do(t, p.Heal)
			s.until("usable and well", func(st devices.Status) bool { return st.Usable() && st.Reason != devices.PaperOut })
			p.printed(t, d, good)
		})
	}
	if p.PullInJob == nil || p.Plug == nil {
		return
	}
	t.Run("a job ends with its line", func(t *testing.T) {
		d := p.New()
		s := p.serve(t, d)
		s.usable()
		p.do(t, p.PullInJob)
		if res := d.Print(t.Context(), slip("拔线")); res.Outcome == devices.Printed {
			t.Errorf("outcome %d (%v) of a job whose cable was pulled", res.Outcome, res.Reason)
		}
		s.lost()
		p.do(t, p.Plug)
		p.serve(t, d).usable()
		p.printed(t, d, good)
	})
}

// trouble prints one job in which something goes wrong.
func (p Printer) trouble(t *testing.T, d PrintDriver, x PrintTrouble) {
	t.Helper()
	p.do(t, x.Make)
	before := p.whole("故障")
	ctx, cancel := context.WithTimeout(t.Context(), p.patience())
	defer cancel()
	res := d.Print(ctx, slip("故障"))
	if !slices.Contains(x.Want, res) {
		t.Errorf("outcome %d (%v), want one of %v", res.Outcome, res.Reason, x.Want)
	}
	if res.Outcome == devices.Printed {
		p.onPaper(t, "故障", before)
	}
}

// printed prints one job that must come out, alone and whole.
func (p Printer) printed(t *testing.T, d PrintDriver, good devices.Outcome) {
	t.Helper()
	before := p.whole("之后")
	if res := d.Print(t.Context(), slip("之后")); res.Outcome != good {
		t.Errorf("the next job: outcome %d (%v), want %d", res.Outcome, res.Reason, good)
	}
	if good == devices.Printed {
		p.onPaper(t, "之后", before)
	}
}

// onPaper proves that one whole receipt with a text came out since there were so many. What is told by reckoning may be a little ahead
// of the paper.
func (p Printer) onPaper(t *testing.T, text string, before int) {
	t.Helper()
	if p.Whole == nil {
		return
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(5 * time.Second); p.whole(text) == before; {
		select {
		case <-tick.C:
			continue
		case <-late:
		}
		break
	}
	if n := p.whole(text) - before; n != 1 {
		t.Errorf("told as printed, and %d whole receipts came out", n)
	}
}

// good is how a job ends that comes out.
func (p Printer) good() devices.Outcome {
	if p.Silent {
		return devices.PrintUnknown
	}
	return devices.Printed
}

func (p Printer) whole(text string) int {
	if p.Whole == nil {
		return 0
	}
	return p.Whole(text)
}

func (p Printer) do(t *testing.T, act func() error) {
	t.Helper()
	if err := act(); err != nil {
		t.Fatal(err)
	}
}
