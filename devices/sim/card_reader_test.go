package sim

import (
	"context"
	"os"
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
