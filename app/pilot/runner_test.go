package pilot

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"zhizhu/app/sheet"
	"zhizhu/app/visit"
	"zhizhu/devices"
	"zhizhu/devices/sim"
	"zhizhu/offline/catalog"
)

func runner(t *testing.T, w *window, d Devices) *Runner {
	t.Helper()
	return New(Options{
		Window: w, Devices: d, Shots: filepath.Join(t.TempDir(), "shots"), Now: time.Now, Log: slog.New(slog.DiscardHandler),
		Settle:  func(context.Context) error { return nil }, // this window answers before a touch returns
		Catalog: &catalog.Catalog{Items: []*catalog.Item{everything(), trouble(), frequent(), guideOnly()}},
	})
}

func catalogue() []*catalog.Item {
	return []*catalog.Item{everything(), trouble(), frequent(), guideOnly()}
}

func run(t *testing.T, r *Runner, script string) error {
	t.Helper()
	commands, err := Parse("test.pilot", strings.NewReader(script))
	if err != nil {
		t.Fatal(err)
	}
	return r.Run(t.Context(), commands)
}

func TestServe(t *testing.T) {
	for _, name := range []string{"all", "样样都有", "often", visit.TroubleItem} {
		t.Run(name, func(t *testing.T) {
			w := newWindow(t, catalogue()...)
			d := &played{w: w}
			r := runner(t, w, d)
			for seed := range uint64(5) {
				served, err := r.Serve(t.Context(), name, seed)
				if err != nil {
					t.Fatal(err)
				}
				if want := fmt.Sprintf("MX0427-1-20261123-%04d-5", seed+1); served.Number != want {
					t.Errorf("number %q, want %q", served.Number, want)
				}
				if got := w.Step(); got != visit.Attract {
					t.Errorf("ends on %s, want attract", got)
				}
			}
			if len(w.lodged) != 5 {
				t.Errorf("%d lodged, want 5", len(w.lodged))
			}
			for _, l := range w.lodged {
				if found := sheet.Deficiencies(l.Item, l.Answers, l.Materials, testDay); found != nil {
					t.Errorf("lodged with %+v", found)
				}
			}
		})
	}
}

// Any seed leads to a receipt, and the same seed to the same sheet.
func TestServeAnySeed(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		seed := rapid.Uint64().Draw(rt, "seed")
		var drafts []visit.Draft
		for range 2 {
			w := newWindow(t, catalogue()...)
			if _, err := runner(t, w, &played{w: w}).Serve(t.Context(), "all", seed); err != nil {
				rt.Fatal(err)
			}
			drafts = append(drafts, w.lodged[0])
		}
		for field, value := range drafts[0].Answers {
			if drafts[1].Answers[field] != value {
				rt.Errorf("%s is %q, then %q", field, value, drafts[1].Answers[field])
			}
		}
	})
}

// A card that gives trouble is lifted and laid again; one that never reads ends the visit with words.
func TestServeTroubledCard(t *testing.T) { synctest.Test(t, testServeTroubledCard) }

func testServeTroubledCard(t *testing.T) {
	trouble := devices.CardEvent{Kind: devices.CardTroubled}
	w := newWindow(t, catalogue()...)
	w.cards = []devices.CardEvent{trouble}
	d := &played{w: w}
	r := runner(t, w, d)
	if _, err := r.Serve(t.Context(), "all", 3); err != nil {
		t.Fatal(err)
	}
	if len(d.laid) != 2 || d.lifts < 2 {
		t.Errorf("laid %d times, lifted %d times, want 2 and at least 2", len(d.laid), d.lifts)
	}

	w.cards = []devices.CardEvent{trouble, trouble, trouble, trouble}
	if _, err := r.Serve(t.Context(), "all", 3); err == nil {
		t.Error("served without a card")
	}
}

// The receipt that did not come out ends the visit all the same: the matter is lodged.
func TestServeWithoutPaper(t *testing.T) {
	for _, result := range []devices.PrintResult{{Outcome: devices.PrintFailed, Reason: devices.PaperOut}, {Outcome: devices.PrintUnknown}} {
		w := newWindow(t, catalogue()...)
		w.print = result
		if _, err := runner(t, w, &played{w: w}).Serve(t.Context(), "often", 1); err != nil {
			t.Error(err)
		}
	}
}

func TestServeRefuses(t *testing.T) { synctest.Test(t, testServeRefuses) }

func testServeRefuses(t *testing.T) {
	w := newWindow(t, catalogue()...)
	r := runner(t, w, &played{w: w})
	if _, err := r.Serve(t.Context(), "nothing", 1); err == nil || !strings.Contains(err.Error(), "there are all, fb-cannot-do, often, pay") {
		t.Errorf("unknown item: %v", err)
	}
	if _, err := r.Serve(t.Context(), "pay", 1); err == nil || !strings.Contains(err.Error(), "guide only") {
		t.Errorf("guide only: %v", err)
	}
	if _, err := r.Serve(t.Context(), "all", 1); err == nil || !strings.Contains(err.Error(), "a visit begins at attract or home") {
		t.Errorf("in the middle of a visit: %v", err)
	}
	w = newWindow(t, catalogue()...)
	w.stuck = true
	r = runner(t, w, &played{w: w})
	if _, err := r.Serve(t.Context(), "often", 1); err == nil || !strings.Contains(err.Error(), "the page stays as it is") {
		t.Errorf("stuck: %v", err)
	}
}

func TestScript(t *testing.T) {
	w := newWindow(t, catalogue()...)
	r := runner(t, w, &played{w: w})
	var served []Served
	r.OnServed = func(s Served) { served = append(served, s) }
	err := run(t, r, `
wait attract 5
shot 01
tap 点这里开始
expect 您要办什么
tap 社会保险
tap 样样
tap `+startLabel(t)+`
card 陈桂兰
wait questions
choose 哪一种 甲
tap 下一步
tap 上一步
expect 哪一种
tap 下一步
tap 不办了
tap 是的，不办了
wait wiped
wait attract
net down
net up
lift
serve 常办 9
`)
	if err != nil {
		t.Fatal(err)
	}
	if len(served) != 1 || served[0].Item != "often" || served[0].Seed != 9 || served[0].Persona != sim.Personas()[9].ID {
		t.Errorf("served %+v", served)
	}
	if _, err := os.Stat(filepath.Join(r.Shots, "01.png")); err != nil {
		t.Error(err)
	}
}

// startLabel is the words of the guide's main action.
func startLabel(t *testing.T) string {
	w := newWindow(t, catalogue()...)
	for _, ev := range []visit.Event{visit.Begin{}, visit.OpenTheme{Theme: "social"}, visit.OpenItem{Item: "all"}} {
		w.post(ev)
	}
	v, _ := w.look()
	return v.Body.(*visit.GuideBody).Start.Label
}

// A line that fails names itself, leaves a picture and the words of the screen, and none of them in the error's text.
func TestFailedLine(t *testing.T) { synctest.Test(t, testFailedLine) }

func testFailedLine(t *testing.T) {
	w := newWindow(t, catalogue()...)
	r := runner(t, w, &played{w: w})
	tests := []struct{ line, want string }{
		{"tap 没有这个", "no control is labelled 没有这个"},
		{"expect 没有这个", "these words are not on the screen: 没有这个"},
		{"wait receipt 2.5", "receipt is not shown after 2.5s, but attract"},
		{"type 电话 1", "no such field"},
		{"sign", "no pad"},
	}
	for _, tt := range tests {
		err := run(t, r, "wait attract\n"+tt.line+"\nlift")
		var line *LineError
		if !errors.As(err, &line) {
			t.Fatalf("%s: got %v, want a *LineError", tt.line, err)
		}
		shot := filepath.Join(r.Shots, "failed-line-2.png")
		if !strings.HasPrefix(err.Error(), "test.pilot:2: ") || !strings.Contains(err.Error(), tt.want) || line.Shot != shot {
			t.Errorf("%s: got %q with picture %q", tt.line, err, line.Shot)
		}
		if strings.Contains(err.Error(), "长教村") || !strings.Contains(strings.Join(line.Seen, " "), "长教村") {
			t.Errorf("%s: what was seen belongs in Seen, not in %q", tt.line, err)
		}
		text, err := os.ReadFile(strings.TrimSuffix(shot, ".png") + ".txt")
		if err != nil || !bytes.Contains(text, []byte("长教村")) {
			t.Errorf("%s: words beside the picture: %q, %v", tt.line, text, err)
		}
	}
}

// A touch waits for what is still on its way to the screen.
func TestTouchWaits(t *testing.T) { synctest.Test(t, testTouchWaits) }

func testTouchWaits(t *testing.T) {
	w := newWindow(t, catalogue()...)
	r := runner(t, w, &played{w: w})
	done := make(chan error, 1)
	go func() { done <- r.play(t.Context(), Command{Verb: Tap, Label: "社会保险"}) }()
	synctest.Wait()
	w.post(visit.Begin{})
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// Real devices: the four lines are waited for.
func TestByHand(t *testing.T) { synctest.Test(t, testByHand) }

func testByHand(t *testing.T) {
	w := newWindow(t, catalogue()...)
	r := runner(t, w, nil)
	var papers []bool
	r.WaitPaper = func(_ context.Context, ok bool) error { papers = append(papers, ok); return nil }
	hand := &played{w: w}

	done := make(chan error, 1)
	play := func(script string) { go func() { done <- run(t, r, script) }() }
	play("printer paper-out\nprinter ok\nlift\nnet down")
	synctest.Wait()
	if err := hand.Net(t.Context(), false); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil || len(papers) != 2 || papers[0] || !papers[1] {
		t.Errorf("papers %v, %v", papers, err)
	}

	w.post(visit.Begin{})
	w.post(visit.OpenItem{Item: "all"})
	w.post(visit.StartItem{})
	play("card somebody\nwait questions 1")
	synctest.Wait()
	if err := hand.Card(t.Context(), "chen-guilan"); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// The log says which lines were played and never what they say.
func TestLogHoldsNoWords(t *testing.T) {
	var log bytes.Buffer
	w := newWindow(t, catalogue()...)
	r := runner(t, w, &played{w: w})
	r.Log = slog.New(slog.NewTextHandler(&log, nil))
	if err := run(t, r, "serve all 4\ntap 点这里开始\n"); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(log.String(), "verb=serve") || strings.ContainsAny(log.String(), "点陈") {
		t.Errorf("log:\n%s", log.String())
	}
}

func TestCancelled(t *testing.T) { synctest.Test(t, testCancelled) }

func testCancelled(t *testing.T) {
	w := newWindow(t, catalogue()...)
	r := runner(t, w, &played{w: w})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx, []Command{{Verb: Wait, Label: "receipt", Limit: time.Hour}}) }()
	synctest.Wait()
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
}

// A hand that never comes ends the line; a card laid before it is asked for is not waited for.
func TestNoHand(t *testing.T) { synctest.Test(t, noHand) }

func noHand(t *testing.T) {
	w := newWindow(t, catalogue()...)
	r := runner(t, w, nil)
	begun := time.Now()
	if err := run(t, r, "card somebody"); err != nil || time.Since(begun) > moment {
		t.Errorf("card at the attract page: %v after %v", err, time.Since(begun))
	}
	for _, ev := range []visit.Event{visit.Begin{}, visit.OpenItem{Item: "all"}, visit.StartItem{}} {
		w.post(ev)
	}
	for line, want := range map[string]string{
		"card somebody": "waited 2m0s for a card to be laid",
		"net down":      "waited 2m0s for the network to go down",
		"scan 1":        "waited 2m0s for a code to be scanned",
	} {
		begun := time.Now()
		err := run(t, r, line)
		if err == nil || !strings.Contains(err.Error(), want) || time.Since(begun) < handPatience {
			t.Errorf("%s: %v after %v", line, err, time.Since(begun))
		}
	}
}

// TestWaitForPassedPage: a page that passed by itself since the last touch was reached; one before that touch was not.
func TestWaitForPassedPage(t *testing.T) { synctest.Test(t, testWaitForPassedPage) }

func testWaitForPassedPage(t *testing.T) {
	w := newWindow(t, catalogue()...)
	r := runner(t, w, &played{w: w})
	r.Saw(visit.View{Step: visit.Identify})
	if err := run(t, r, "wait identify 1"); err != nil {
		t.Errorf("a page that has just passed: %v", err)
	}
	if err := run(t, r, "tap 点这里开始\nwait identify 1"); err == nil {
		t.Error("a page that passed before the last touch was taken for reached")
	}
}
