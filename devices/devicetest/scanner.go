package devicetest

import (
	"testing"
	"time"

	"zhizhu/devices"
)

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
	// Survived are troubles in which codes still come as they are.
	Survived []Trouble
	// Heal ends what a trouble does; nil with no troubles.
	Heal func() error
	// Hold holds a code before a scanner that sends it again and again, Away takes it away; nil where nobody can.
	Hold func(text string) error
	Away func() error
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
	for _, x := range s.Survived {
		t.Run("survives "+x.Name, func(t *testing.T) {
			scans := make(chan devices.Scan, 100)
			s.serve(t, s.New(func(c devices.Scan) { scans <- c })).usable()
			s.do(t, x.Make)
			defer s.do(t, s.Heal)
			for i, want := range s.Codes {
				s.do(t, func() error { return s.Show(want) })
				if got := await(t, scans, s.patience(), "a code", func(devices.Scan) bool { return true }); got.Text != want {
					t.Errorf("code %d of %d came as another", i+1, len(s.Codes))
				}
			}
		})
	}
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
	if s.Hold != nil && s.Away != nil {
		t.Run("tells a code that is held before it once", s.held)
	}
}

func (s Scanner) do(t *testing.T, act func() error) {
	t.Helper()
	if err := act(); err != nil {
		t.Fatal(err)
	}
}

// held shows the same code for a while and then another: each must come once.
func (s Scanner) held(t *testing.T) {
	scans := make(chan devices.Scan, 100)
	s.serve(t, s.New(func(c devices.Scan) { scans <- c })).usable()
	for _, want := range s.Codes[:2] {
		s.do(t, func() error { return s.Hold(want) })
		if got := await(t, scans, s.patience(), "a code", func(devices.Scan) bool { return true }); got.Text != want {
			t.Error("the codes came otherwise than once each")
		}
		select {
		case <-scans:
			t.Error("a code that is held there comes again")
		case <-time.After(min(s.patience(), 400*time.Millisecond)):
		}
		s.do(t, s.Away)
	}
}
