package devicetest

import (
	"testing"
	"time"

	"zhizhu/devices"
)

// CardDriver is a driver of ID-card readers.
type CardDriver interface {
	devices.Driver
	Arm(on bool)
	Watch(on bool)
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
	// Survived are troubles that a driver overcomes: the next card is read all the same.
	Survived []Trouble
	// Told are troubles with a card that end with an event of their own. The card that is laid after Heal is read.
	Told []CardTrouble
	// Heal ends what a trouble does; nil with no troubles.
	Heal func() error
	// PullInReading has the cable pulled in the middle of the next reading; nil where nobody can.
	PullInReading func() error
}

// Trouble is something that goes wrong. Make makes it happen from now on.
type Trouble struct {
	Name string
	Make func() error
}

// CardTrouble is a trouble with the event that tells it.
type CardTrouble struct {
	Trouble
	Want devices.CardEventKind
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
	t.Run("tells that a watched card lies there, and that it was lifted", func(t *testing.T) {
		d, events := c.serving(t)
		d.Arm(true)
		d.Watch(true)
		c.do(t, c.Lay)
		c.read(t, events)
		c.next(t, events, devices.CardLying)
		c.do(t, c.Lift)
		c.next(t, events, devices.CardLifted)
		c.nothing(t, events)
	})
	c.RunTroubles(t)
}

// RunTroubles runs only what goes wrong.
func (c CardReader) RunTroubles(t *testing.T) {
	for _, x := range c.Survived {
		t.Run("survives "+x.Name, func(t *testing.T) {
			d, events := c.serving(t)
			c.do(t, x.Make)
			defer c.do(t, c.Heal)
			d.Arm(true)
			c.do(t, c.Lay)
			c.read(t, events)
			c.do(t, c.Lift)
		})
	}
	for _, x := range c.Told {
		t.Run("tells of "+x.Name, func(t *testing.T) {
			d, events := c.serving(t)
			c.do(t, x.Make)
			d.Arm(true)
			c.do(t, c.Lay)
			c.do(t, x.Make) // again, for a trouble that is a card
			await(t, events, c.patience(), "the event of this trouble", func(e devices.CardEvent) bool {
				if e.Kind == devices.CardRead {
					t.Fatal("a card was read")
				}
				return e.Kind == x.Want
			})
			c.do(t, c.Heal)
			c.do(t, c.Lift)
			d.Arm(true)
			c.do(t, c.Lay)
			await(t, events, c.patience(), "the card", func(e devices.CardEvent) bool { return e.Kind == devices.CardRead })
			c.do(t, c.Lift)
		})
	}
	if c.PullInReading == nil || c.Plug == nil {
		return
	}
	t.Run("ends when the cable is pulled in a reading, and reads when it is back", func(t *testing.T) {
		events := make(chan devices.CardEvent, 1000)
		d := c.New(func(e devices.CardEvent) { events <- e })
		s := c.serve(t, d)
		s.usable()
		c.do(t, c.PullInReading)
		d.Arm(true)
		c.do(t, c.Lay)
		s.lost()
		c.do(t, c.Plug)
		c.serve(t, d).usable()
		e := await(t, events, c.patience(), "the card", func(e devices.CardEvent) bool { return e.Kind == devices.CardRead })
		if c.Want != "" && e.Card.Number != c.Want {
			t.Error("another card was read")
		}
		c.do(t, c.Lift)
	})
}

func (c CardReader) next(t *testing.T, events <-chan devices.CardEvent, want devices.CardEventKind) {
	t.Helper()
	e := await(t, events, c.patience(), "a card's next event", func(devices.CardEvent) bool { return true })
	if e.Kind != want {
		t.Fatalf("event %d, want %d", e.Kind, want)
	}
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
