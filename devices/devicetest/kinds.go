package devicetest

import (
	"context"
	"testing"
	"time"

	"zhizhu/devices"
)

// CardDriver is a driver of ID-card readers.
type CardDriver interface {
	devices.Driver
	Arm(on bool)
	Forget()
}

// CardReader is the suite of ID-card readers.
type CardReader struct {
	Bench
	// New makes a driver that tells its events to onEvent.
	New func(onEvent func(devices.CardEvent)) CardDriver
	// Lay puts a card on the reader, Lift takes it away. With real hardware a person does.
	Lay, Lift func() error
	// Want is the card's number, "" to accept any.
	Want string
}

// Run runs the suite.
func (c CardReader) Run(t *testing.T) {
	c.driver(t, func() devices.Driver { return c.New(func(devices.CardEvent) {}) })
	t.Run("reads a card, once for each time it is laid", func(t *testing.T) {
		d, events := c.serving(t)
		d.Arm(true)
		for range 2 {
			c.do(t, c.Lay)
			c.read(t, events)
			c.do(t, c.Lift)
			c.nothing(t, events)
		}
	})
	t.Run("reads a card that still lies there when it is armed again", func(t *testing.T) {
		d, events := c.serving(t)
		c.do(t, c.Lay)
		for range 3 {
			d.Arm(true)
			c.read(t, events)
		}
		c.do(t, c.Lift)
	})
	t.Run("tells nothing while it is not armed", func(t *testing.T) {
		d, events := c.serving(t)
		c.do(t, c.Lay)
		c.nothing(t, events)
		d.Arm(true)
		c.read(t, events)
		d.Arm(false)
		d.Forget()
		c.do(t, c.Lift)
		c.nothing(t, events)
	})
}

func (c CardReader) serving(t *testing.T) (CardDriver, <-chan devices.CardEvent) {
	t.Helper()
	events := make(chan devices.CardEvent, 1000)
	d := c.New(func(e devices.CardEvent) { events <- e })
	c.serve(t, d).usable()
	return d, events
}

func (c CardReader) do(t *testing.T, act func() error) {
	t.Helper()
	if err := act(); err != nil {
		t.Fatal(err)
	}
}

func (c CardReader) read(t *testing.T, events <-chan devices.CardEvent) {
	t.Helper()
	for _, kind := range []devices.CardEventKind{devices.CardFound, devices.CardRead} {
		e := await(t, events, c.patience(), "a card's next event", func(devices.CardEvent) bool { return true })
		if e.Kind != kind {
			t.Fatalf("event %d, want %d", e.Kind, kind)
		}
		if kind == devices.CardRead && c.Want != "" && e.Card.Number != c.Want {
			t.Error("another card was read")
		}
	}
}

// nothing proves that no event comes within a time in which several would.
func (c CardReader) nothing(t *testing.T, events <-chan devices.CardEvent) {
	t.Helper()
	select {
	case e := <-events:
		t.Fatalf("event %d, want none", e.Kind)
	case <-time.After(min(c.patience(), 400*time.Millisecond)):
	}
}

// ScanDriver is a driver of scanners.
type ScanDriver = devices.Driver

// Scanner is the suite of scanners.
type Scanner struct {
	Bench
	// New makes a driver that tells its codes to onScan.
	New func(onScan func(devices.Scan)) ScanDriver
	// Show holds a code before the scanner. With real hardware a person does.
	Show func(text string) error
	// Codes are the texts to show, each different from the one before.
	Codes []string
}

// Run runs the suite.
func (s Scanner) Run(t *testing.T) {
	s.driver(t, func() devices.Driver { return s.New(func(devices.Scan) {}) })
	t.Run("reads codes as they are", func(t *testing.T) {
		scans := make(chan devices.Scan, 100)
		s.serve(t, s.New(func(c devices.Scan) { scans <- c })).usable()
		for i, want := range s.Codes {
			if err := s.Show(want); err != nil {
				t.Fatal(err)
			}
			if got := await(t, scans, s.patience(), "a code", func(devices.Scan) bool { return true }); got.Text != want {
				t.Errorf("code %d of %d came as another", i+1, len(s.Codes))
			}
		}
	})
	t.Run("drops the same code again", func(t *testing.T) {
		scans := make(chan devices.Scan, 100)
		s.serve(t, s.New(func(c devices.Scan) { scans <- c })).usable()
		for _, code := range []string{s.Codes[0], s.Codes[0], s.Codes[1]} {
			if err := s.Show(code); err != nil {
				t.Fatal(err)
			}
		}
		for _, want := range s.Codes[:2] {
			if got := await(t, scans, s.patience(), "a code", func(devices.Scan) bool { return true }); got.Text != want {
				t.Error("the codes came otherwise than once each")
			}
		}
	})
}

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
	good := devices.Printed
	if p.Silent {
		good = devices.PrintUnknown
	}
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
