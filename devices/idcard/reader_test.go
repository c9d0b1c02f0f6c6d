package idcard_test

import (
	"context"
	"errors"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/idcard"
	"zhizhu/devices/idcard/sam"
	"zhizhu/devices/port"
	"zhizhu/devices/sim"
)

// rig is a driver on a real serial port (tarm/serial over a pty) with a simulated reader behind it.
type rig struct {
	*testing.T
	tty    *sim.TTY
	dev    *sim.CardReader
	reader *idcard.Reader
	events chan devices.CardEvent
	status chan devices.Status
	ended  chan error
	cancel context.CancelFunc
}

func newRig(t *testing.T, baud int, before ...func(*rig)) *rig {
	t.Helper()
	tty, err := sim.OpenTTY(filepath.Join(t.TempDir(), "idcard"), baud)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r := &rig{
		T: t, tty: tty, dev: sim.NewCardReader(tty), cancel: cancel, ended: make(chan error, 1),
		events: make(chan devices.CardEvent, 100), status: make(chan devices.Status, 100),
	}
	for _, f := range before {
		f(r)
	}
	played := make(chan struct{})
	go func() { defer close(played); _ = r.dev.Serve(ctx) }()
	line, err := port.Open(ctx, port.Config{Path: tty.Path(), Baud: max(baud, 9600), Device: "idcard"})
	if err != nil {
		t.Fatal(err)
	}
	r.reader = idcard.New(idcard.Options{Now: time.Now, PollIdle: 50 * time.Millisecond, OnEvent: func(e devices.CardEvent) { r.events <- e }})
	go func() { r.ended <- r.reader.Serve(ctx, line, func(s devices.Status) { r.status <- s }) }()
	t.Cleanup(func() {
		cancel()
		<-played
		if err := errors.Join(line.Close(), tty.Close()); err != nil {
			t.Error(err)
		}
	})
	return r
}

func (r *rig) lay(id string) devices.Card {
	r.Helper()
	p, ok := sim.FindPersona(id)
	if !ok {
		r.Fatalf("no persona %s", id)
	}
	if err := r.dev.Lay(p.Card); err != nil {
		r.Fatal(err)
	}
	return p.Card
}

const patience = 20 * time.Second

func (r *rig) want(kinds ...devices.CardEventKind) devices.CardEvent {
	r.Helper()
	var e devices.CardEvent
	for _, k := range kinds {
		select {
		case e = <-r.events:
		case <-time.After(patience):
			r.Fatalf("no event came, want %d", k)
		}
		if e.Kind != k {
			r.Fatalf("event %d, want %d", e.Kind, k)
		}
	}
	return e
}

func (r *rig) wantState(state devices.State, reason devices.Kind) devices.Status {
	r.Helper()
	for {
		select {
		case s := <-r.status:
			if s.State == state && s.Reason == reason {
				return s
			}
		case <-time.After(patience):
			r.Fatalf("never told state %d, %v", state, reason)
		}
	}
}

// quiet proves that nothing happens during the next n commands that the simulated reader gets.
func (r *rig) quiet(n int) {
	r.Helper()
	until := r.dev.Commands() + n
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for r.dev.Commands() < until {
		select {
		case e := <-r.events:
			r.Fatalf("unexpected event %d", e.Kind)
		case <-tick.C:
		}
	}
}

func same(t *testing.T, got, want devices.Card) {
	t.Helper()
	got.Photo, got.Fingerprint = nil, nil
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %#v, want %#v", got, want)
	}
}

func TestEveryLayoutIsRead(t *testing.T) {
	t.Parallel()
	r := newRig(t, 0)
	for _, id := range []string{"chen-guilan", "gu-jimei", "ho-kamwing", "anna-example", "john-sample"} {
		want := r.lay(id)
		r.reader.Arm(true)
		same(t, r.want(devices.CardFound, devices.CardRead).Card, want)
		r.dev.Lift()
		r.quiet(3)
	}
}

func TestAnUnarmedReaderTellsNothing(t *testing.T) {
	t.Parallel()
	r := newRig(t, 0)
	s := r.wantState(devices.Ready, devices.OK)
	if want := "05.03-20240101-0001234567-0007654321"; s.Model != want {
		t.Errorf("model %q, want %q", s.Model, want)
	}
	r.lay("chen-guilan")
	r.reader.Arm(true)
	r.want(devices.CardFound, devices.CardRead)
	r.reader.Arm(false)
	r.lay("liu-agen")
	select {
	case e := <-r.events:
		t.Fatalf("event %d", e.Kind)
	case <-time.After(100 * time.Millisecond):
	}
	r.reader.Arm(true)
	same(t, r.want(devices.CardFound, devices.CardRead).Card, persona(t, "liu-agen"))
}

func persona(t *testing.T, id string) devices.Card {
	t.Helper()
	p, ok := sim.FindPersona(id)
	if !ok {
		t.Fatalf("no persona %s", id)
	}
	return p.Card
}

func TestACardIsToldOnceUntilItLeftOrTheReaderIsArmedAgain(t *testing.T) {
	t.Parallel()
	for _, always := range []bool{false, true} {
		r := newRig(t, 0, func(r *rig) { r.dev.Fail(sim.CardFaults{AlwaysFinds: always}) })
		want := r.lay("chen-guilan")
		r.reader.Arm(true)
		r.want(devices.CardFound, devices.CardRead)
		r.quiet(3)
		r.reader.Arm(true) // it still lies there, and a real reader's "find" doesn't see it
		same(t, r.want(devices.CardFound, devices.CardRead).Card, want)
		r.quiet(3)
		r.dev.Lift()
		r.quiet(2)
		r.lay("chen-guilan")
		same(t, r.want(devices.CardFound, devices.CardRead).Card, want)
	}
}

func TestTroubleOnTheWayIsMended(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]sim.CardFaults{
		"find says 80 at first":   {Busy: 5},
		"select says 81 twice":    {SelectFails: 2},
		"read says 41 once":       {ReadFails: 1},
		"wrong checksum once":     {BadChecksum: 1},
		"wrong checksum twice":    {BadChecksum: 2},
		"garbage before frames":   {Garbage: []byte("\x00\xFFxx\xAA\xAA\xAA\x96")},
		"more AA than three":      {Garbage: []byte{0xAA, 0xAA}},
		"torn halves":             {Torn: 6, TornPause: 150 * time.Millisecond},
		"half a reply, then none": {LostTail: 2},
		"silent for a moment":     {Silent: 2},
		"find without IIN":        {NoIIN: true},
		"slow module":             {Think: 700 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, 0)
			r.wantState(devices.Ready, devices.OK)
			r.dev.Fail(f)
			want := r.lay("wu-yan")
			r.reader.Arm(true)
			same(t, r.want(devices.CardFound, devices.CardRead).Card, want)
		})
	}
}

func TestATroubledCardIsToldOnceAndStillReadLater(t *testing.T) {
	t.Parallel()
	r := newRig(t, 0)
	r.dev.Fail(sim.CardFaults{ReadFails: -1, AlwaysFinds: true})
	want := r.lay("chen-guilan")
	r.reader.Arm(true)
	r.want(devices.CardFound, devices.CardTroubled)
	r.quiet(20)
	r.dev.Fail(sim.CardFaults{})
	same(t, r.want(devices.CardRead).Card, want)
}

func TestACardTakenAwayEarlyIsGone(t *testing.T) {
	t.Parallel()
	r := newRig(t, 0)
	r.dev.Fail(sim.CardFaults{ReadFails: -1, Busy: 0})
	r.lay("chen-guilan")
	r.reader.Arm(true)
	r.want(devices.CardFound)
	r.dev.Lift()
	r.want(devices.CardGone)
	r.dev.Fail(sim.CardFaults{})
	want := r.lay("liu-agen")
	same(t, r.want(devices.CardFound, devices.CardRead).Card, want)
}

func TestOtherCardsAreUnknown(t *testing.T) {
	t.Parallel()
	r := newRig(t, 0)
	r.reader.Arm(true)
	r.dev.LayUnknown()
	r.want(devices.CardFound, devices.CardUnknown)
	r.quiet(5)
	r.dev.Lift()
	r.quiet(2)
	block, err := sam.EncodeText(persona(t, "chen-guilan"))
	if err != nil {
		t.Fatal(err)
	}
	block[248] = 'Q'
	r.dev.LayData(sam.AppendReading(nil, sam.Reading{Text: block}, false))
	r.want(devices.CardFound, devices.CardUnknown)
}

func TestADeadModuleIsAnAlarmAndNotHammered(t *testing.T) {
	t.Parallel()
	for status, reason := range map[sam.Status]devices.Kind{0x60: devices.SelfTest, 0x66: devices.Unauthorised} {
		r := newRig(t, 0, func(r *rig) { r.dev.Fail(sim.CardFaults{Dead: status}) })
		r.reader.Arm(true)
		r.wantState(devices.Faulty, reason)
		before := r.dev.Commands()
		select {
		case e := <-r.events:
			t.Errorf("event %d", e.Kind)
		case <-time.After(500 * time.Millisecond):
		}
		if n := r.dev.Commands() - before; n > 1 {
			t.Errorf("%d commands in half a second to a module that says it is broken", n)
		}
	}
}

func TestASilentReaderIsFaultyAndComesBack(t *testing.T) {
	t.Parallel()
	r := newRig(t, 0, func(r *rig) { r.dev.Fail(sim.CardFaults{Silent: -1}) })
	r.wantState(devices.Faulty, devices.Silent)
	r.dev.Fail(sim.CardFaults{})
	r.wantState(devices.Ready, devices.OK)
}

func TestADumbReaderThatOnlyKnowsCards(t *testing.T) {
	t.Parallel()
	r := newRig(t, 0, func(r *rig) { r.dev.Fail(sim.CardFaults{Silent: 2}) }) // answers neither 11 FF nor 12 FF at first
	r.wantState(devices.Ready, devices.OK)
}

func TestServeEndsWithTheLine(t *testing.T) {
	t.Parallel()
	r := newRig(t, 0)
	r.wantState(devices.Ready, devices.OK)
	if err := r.tty.HangUp(); err != nil {
		t.Fatal(err)
	}
	if err := <-r.ended; devices.KindOf(err) != devices.HungUp {
		t.Errorf("got %v", err)
	}
}

func TestUnpluggedInTheMiddleOfAReading(t *testing.T) {
	t.Parallel()
	r := newRig(t, 0)
	r.dev.Fail(sim.CardFaults{HangUpRead: 1})
	r.lay("chen-guilan")
	r.reader.Arm(true)
	r.want(devices.CardFound)
	if err := <-r.ended; devices.KindOf(err) != devices.HungUp {
		t.Errorf("got %v", err)
	}
}

func TestServeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	r := newRig(t, 0)
	r.reader.Arm(true)
	r.quiet(10)
	r.cancel()
	if err := <-r.ended; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

func TestNoiseIsCounted(t *testing.T) {
	t.Parallel()
	r := newRig(t, 0)
	r.wantState(devices.Ready, devices.OK)
	if err := r.tty.Send(t.Context(), []byte(strings.Repeat("noise ", 10))); err != nil {
		t.Fatal(err)
	}
	r.reader.Arm(true)
	for s := r.wantState(devices.Ready, devices.OK); s.Dropped == 0; s = r.wantState(devices.Ready, devices.OK) {
	}
}
