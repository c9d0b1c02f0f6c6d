package sim

import (
	"bytes"
	"context"
	"os"
	"runtime"
	"testing"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/idcard/sam"
)

// asker is a host that sends one command and reads one reply, without any driver.
type asker struct {
	*testing.T
	f   *os.File
	dec sam.Decoder
}

func playCard(t *testing.T) (*CardReader, *asker) {
	t.Helper()
	tty := openTTY(t, "", 0)
	r := NewCardReader(tty)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = r.Serve(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	return r, &asker{T: t, f: host(t, tty.Path())}
}

func (a *asker) ask(op sam.Op) sam.Reply {
	a.Helper()
	if _, err := a.f.Write(sam.AppendRequest(nil, op)); err != nil {
		a.Fatal(err)
	}
	buf := make([]byte, 4096)
	if err := a.f.SetReadDeadline(now().Add(5 * time.Second)); err != nil {
		a.Fatal(err)
	}
	for {
		if body, ok := a.dec.Next(); ok {
			r, err := sam.ParseReply(body)
			if err != nil {
				a.Fatal(err)
			}
			return r
		}
		n, err := a.f.Read(buf)
		if err != nil {
			a.Fatalf("%v: %v", op, err)
		}
		a.dec.Write(buf[:n])
	}
}

func (a *asker) want(op sam.Op, status sam.Status, bytes int) {
	a.Helper()
	if r := a.ask(op); r.Status != status || len(r.Data) != bytes {
		a.Errorf("%v: %v with %d bytes, want %v with %d", op, r.Status, len(r.Data), status, bytes)
	}
}

// TestCardReaderIsAsStubbornAsRealOnes follows protocols.md A4.
func TestCardReaderIsAsStubbornAsRealOnes(t *testing.T) {
	r, a := playCard(t)
	a.want(sam.StatusSAM, sam.OK, 0)
	a.want(sam.ReadID, sam.OK, 16)
	a.want(sam.Find, sam.NoCard, 0)
	a.want(sam.ReadText, sam.ReadFailed, 0)
	p, _ := FindPersona("chen-guilan")
	if err := r.Lay(p.Card); err != nil {
		t.Fatal(err)
	}
	a.want(sam.ReadText, sam.ReadFailed, 0) // not selected
	a.want(sam.Select, sam.SelectFailed, 0) // not found
	a.want(sam.Find, sam.Found, 4)
	a.want(sam.Select, sam.OK, 8)
	a.want(sam.ReadText, sam.OK, 1284)
	a.want(sam.Find, sam.NoCard, 0)    // deaf until it leaves
	a.want(sam.ReadText, sam.OK, 1284) // but selected still
	r.Lift()
	a.want(sam.ReadText, sam.ReadFailed, 0)
	if err := r.Lay(p.Card); err != nil {
		t.Fatal(err)
	}
	a.want(sam.Find, sam.Found, 4)
	a.want(sam.ReadAddress, sam.NoSuchItem, 0)
	a.want(0x7777, sam.BadCommand, 0)
	r.Fail(CardFaults{Dead: sam.Unauthorised})
	a.want(sam.Find, sam.Unauthorised, 0)
}

func TestCardReaderSendsPrintsInTheLongFormOnly(t *testing.T) {
	r, a := playCard(t)
	p, _ := FindPersona("chen-guilan")
	p.Card.Fingerprint = make([]byte, 1024)
	if err := r.Lay(p.Card); err != nil {
		t.Fatal(err)
	}
	a.ask(sam.Find)
	a.ask(sam.Select)
	a.want(sam.ReadText, sam.OK, 1284)
	a.want(sam.ReadAll, sam.OK, 2310)
	if err := r.Lay(devices.Card{Type: 'Z'}); err == nil {
		t.Error("a card of no type was laid")
	}
}

// TestCardReaderAnswersEveryCommand follows protocols.md A2 and A8.
func TestCardReaderAnswersEveryCommand(t *testing.T) {
	r, a := playCard(t)
	p, _ := FindPersona("chen-guilan")
	p.Card.LatestAddress = "广东省梅州市梅县区演示路2号"
	if err := r.Lay(p.Card); err != nil {
		t.Fatal(err)
	}
	a.want(sam.ResetSAM, sam.OK, 0)
	a.want(sam.SetBaud|4, sam.OK, 0)
	a.want(sam.SetBaud|5, sam.BadCommand, 0)
	a.want(sam.SetRFFrame, sam.BadLength, 0)
	r.Adjust(func(f *CardFaults) { f.NoIIN, f.LongForm = true, true })
	a.want(sam.Find, sam.Found, 0)
	a.want(sam.Select, sam.OK, 8)
	a.want(sam.ReadText, sam.OK, 1286)
	reply := a.ask(sam.ReadAddress)
	if got, err := sam.ParseAddress(reply.Data); err != nil || got != p.Card.LatestAddress {
		t.Errorf("%v, appended address is another", err)
	}
	if r.Readings() != 1 {
		t.Errorf("%d readings", r.Readings())
	}
}

func TestCardReaderSaysWhatIsScripted(t *testing.T) {
	r, a := playCard(t)
	p, _ := FindPersona("chen-guilan")
	if err := r.Lay(p.Card); err != nil {
		t.Fatal(err)
	}
	for _, s := range []sam.Status{sam.CardRefusedSAM, sam.SAMRefusedCard, sam.BadInformation, sam.RandomFailed, sam.SelectFailed, sam.BadChecksum} {
		op := StatusOp(s)
		r.Adjust(func(f *CardFaults) {
			f.Answers = []Answer{{Op: op, Times: 2, Reply: sam.Reply{SW1: 0x6A, SW2: 0x82, Status: s}}}
		})
		if op == 0 {
			op = sam.Find
		}
		a.ask(sam.Find)
		a.ask(sam.Select)
		for range 2 {
			r.Adjust(func(f *CardFaults) { f.Answers[0].Times = 1 })
			if got := a.ask(op); got.Status != s || got.SW1 != 0x6A {
				t.Errorf("%v to %v", got.Status, op)
			}
		}
		if got := a.ask(op); got.Status == s {
			t.Errorf("%v comes for ever", s)
		}
	}
}

func TestCardIsLiftedInTheMiddleOfAReading(t *testing.T) {
	r, a := playCard(t)
	p, _ := FindPersona("chen-guilan")
	for _, after := range []int{-1, 700} {
		if err := r.Lay(p.Card); err != nil {
			t.Fatal(err)
		}
		a.ask(sam.Find)
		a.ask(sam.Select)
		r.Fail(CardFaults{LiftAfter: after})
		if after < 0 {
			a.want(sam.ReadText, sam.ReadFailed, 0)
		} else {
			if _, err := a.f.Write(sam.AppendRequest(nil, sam.ReadText)); err != nil {
				t.Fatal(err)
			}
			if b := readN(t, a.f, after); len(b) != after {
				t.Fatalf("%d bytes of the reading came", len(b))
			}
		}
		a.want(sam.Find, sam.NoCard, 0)
		a.want(sam.ReadText, sam.ReadFailed, 0)
	}
}

func TestCardReaderAnswersAWrongChecksum(t *testing.T) {
	_, a := playCard(t)
	bad := sam.AppendRequest(nil, sam.StatusSAM)
	bad[len(bad)-1] ^= 1
	if _, err := a.f.Write(bad); err != nil {
		t.Fatal(err)
	}
	got := readN(t, a.f, 11)
	if want := sam.AppendReply(nil, sam.Reply{Status: sam.BadChecksum}); !bytes.Equal(got, want) {
		t.Errorf("% x", got)
	}
}

// TestCardReaderChangesItsSpeed: the answer comes at the old one, and then only the new one is understood.
func TestCardReaderChangesItsSpeed(t *testing.T) {
	tty := openTTY(t, "", 115200)
	r := NewCardReader(tty)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() { defer close(done); _ = r.Serve(ctx) }()
	t.Cleanup(func() { cancel(); <-done })
	f := host(t, tty.Path())
	a := &asker{T: t, f: f}
	a.want(sam.SetBaud|4, sam.OK, 0)
	for tty.Baud() != 9600 { // it changes when the last bit has gone out
		runtime.Gosched()
	}
	if err := raw(f, 9600); err != nil {
		t.Fatal(err)
	}
	a.want(sam.StatusSAM, sam.OK, 0)
	if err := r.PowerCycle(t.Context(), []byte("\x00\xAA")); err != nil || tty.Baud() != 115200 {
		t.Errorf("%d baud after power came back, %v", tty.Baud(), err)
	}
}
