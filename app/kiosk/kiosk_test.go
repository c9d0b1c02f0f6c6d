package kiosk

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/app/health"
	"zhizhu/app/visit"
	"zhizhu/devices"
)

func TestWholeVisit(t *testing.T) {
	r := &rooms{}
	inBubble(t, r, func(b *bench) {
		b.at(visit.Attract).review().post(visit.Confirm{}).at(visit.Receipt)
		b.post(visit.Rate{Level: 4}, visit.Leave{}).at(visit.Attract)
		if len(r.lodged) != 1 || len(r.printed) != 1 || len(r.marked) != 1 || r.marked[0] != number || len(r.rated) != 1 {
			t.Errorf("lodged %d printed %d marked %v rated %d", len(r.lodged), len(r.printed), r.marked, len(r.rated))
		}
		if r.wiped != 1 || r.forgot != 1 || r.unscanned != 1 {
			t.Errorf("wiped %d, card forgotten %d, code forgotten %d; want one each", r.wiped, r.forgot, r.unscanned)
		}
		if len(r.watched) == 0 || !r.watched[0] || len(r.aimed) == 0 || !r.aimed[0] {
			t.Errorf("reader watched %v, scanner aimed %v; want both, from true on", r.watched, r.aimed)
		}
		if n := len(r.armed); n < 2 || !r.armed[0] || r.armed[n-1] {
			t.Errorf("reader %v", r.armed)
		}
		for _, personal := range []string{person.Name, person.Number, number} {
			if strings.Contains(b.log.String(), personal) {
				t.Errorf("the log holds personal data:\n%s", b.log)
			}
		}
	})
}

func TestViewsAreShownOnlyWhenTheyChange(t *testing.T) {
	r := &rooms{}
	inBubble(t, r, func(b *bench) {
		b.post(visit.Begin{})
		n := len(r.views)
		b.post(visit.Touch{}, visit.Close{}, visit.Touch{}).pass(5 * time.Second)
		if len(r.views) != n {
			t.Errorf("%d views for nothing", len(r.views)-n)
		}
		b.post(visit.Help{})
		if len(r.views) != n+1 {
			t.Errorf("%d views for one change", len(r.views)-n)
		}
	})
}

func TestDoubleTapLodgesOnce(t *testing.T) {
	r := &rooms{}
	inBubble(t, r, func(b *bench) {
		b.review()
		for range 5 {
			b.k.Post(visit.Confirm{})
		}
		synctest.Wait()
		b.at(visit.Receipt)
		if len(r.lodged) != 1 {
			t.Errorf("lodged %d times", len(r.lodged))
		}
	})
}

func TestLodgeErrorsBecomeFaults(t *testing.T) {
	cases := map[string]struct {
		lodge func(context.Context, visit.Draft) (visit.Lodged, error)
		words string
	}{
		"disk full": {func(context.Context, visit.Draft) (visit.Lodged, error) {
			return visit.Lodged{}, &LodgeError{visit.LodgeDiskFull, errors.New("no space")}
		}, "存满"},
		"other error": {func(context.Context, visit.Draft) (visit.Lodged, error) {
			return visit.Lodged{}, errors.New("boom")
		}, "再试一次"},
		"panic": {func(context.Context, visit.Draft) (visit.Lodged, error) { panic("boom") }, "再试一次"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := &rooms{onLodge: c.lodge}
			inBubble(t, r, func(b *bench) {
				b.review().post(visit.Confirm{}).at(visit.Review)
				if n := b.k.View().Notice; n == nil || !strings.Contains(n.Text, c.words) {
					t.Errorf("notice %+v", n)
				}
				r.onLodge = nil
				b.post(visit.Confirm{}).at(visit.Receipt)
			})
		})
	}
}

// A matter that is being written is neither cancelled by leaving nor by switching off.
func TestLodgingIsNeverLeftHalfWay(t *testing.T) {
	r := &rooms{}
	var cancelled, finished bool
	r.onLodge = func(ctx context.Context, d visit.Draft) (visit.Lodged, error) {
		select {
		case <-time.After(30 * time.Second):
		case <-ctx.Done():
			cancelled = true
		}
		finished = true
		return visit.Lodged{ID: "m", Number: number, At: d.At}, nil
	}
	inBubble(t, r, func(b *bench) {
		b.review().post(visit.Confirm{}).at(visit.Lodging)
		b.post(visit.Leave{}, visit.ConfirmLeave{}, visit.Back{}, visit.Confirm{}).pass(5 * time.Second).at(visit.Lodging)
		if err := b.stop(); !errors.Is(err, context.Canceled) {
			t.Errorf("Serve returned %v", err)
		}
		if !finished || cancelled || len(r.lodged) != 1 {
			t.Errorf("finished %v, cancelled %v, lodged %d", finished, cancelled, len(r.lodged))
		}
	})
}

// waits prints as a printer that answers when it is cancelled, or after a time.
func waits(d time.Duration, result devices.PrintResult) func(context.Context, devices.Document) devices.PrintResult {
	return func(ctx context.Context, _ devices.Document) devices.PrintResult {
		select {
		case <-time.After(d):
			return result
		case <-ctx.Done():
			return devices.PrintResult{Outcome: devices.PrintFailed, Reason: devices.Cancelled}
		}
	}
}

func TestPrintThatTakesTooLong(t *testing.T) {
	cases := map[string]struct {
		print func(context.Context, devices.Document) devices.PrintResult
		after time.Duration
		words string
	}{
		"obeys": {waits(time.Hour, devices.PrintResult{}), 64 * time.Second, "打印停下来了"},
		"never back": {func(context.Context, devices.Document) devices.PrintResult {
			<-time.After(time.Hour)
			return devices.PrintResult{}
		}, 64 * time.Second, "看看出纸口"},
		"panics": {func(context.Context, devices.Document) devices.PrintResult { panic("boom") }, time.Second, "看看出纸口"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			r := &rooms{onPrint: c.print}
			inBubble(t, r, func(b *bench) {
				b.review().post(visit.Confirm{}).pass(c.after).at(visit.Receipt)
				body := b.k.View().Body.(*visit.ReceiptBody)
				if !strings.Contains(body.Print.Text, c.words) || body.Code != number || len(r.marked) != 0 {
					t.Errorf("says %q", body.Print.Text)
				}
				b.pass(2 * time.Hour).at(visit.Attract)
			})
		})
	}
}

// abandonNow lets a fault of the screen end the visit that stands on the receipt page.
func (b *bench) abandonNow() *bench {
	b.t.Helper()
	b.rooms.setOnShow(func(v visit.View) {
		if v.Step == visit.Receipt {
			panic("boom")
		}
	})
	b.post(visit.Rate{Level: 5}).at(visit.Attract)
	b.rooms.setOnShow(nil)
	return b
}

// A job belongs to its visit: the wipe cancels it, and the next visit's job is its own.
func TestPrintJobsEndWithTheirVisit(t *testing.T) {
	r := &rooms{onPrint: waits(time.Hour, devices.PrintResult{Outcome: devices.Printed})}
	inBubble(t, r, func(b *bench) {
		b.review().post(visit.Confirm{}).at(visit.Receipt).abandonNow()
		if len(r.marked) != 0 {
			t.Error("a cancelled job counts as printed")
		}
		r.onPrint = nil
		b.review().post(visit.Confirm{}).at(visit.Receipt)
		if len(r.printed) != 2 || len(r.marked) != 1 {
			t.Errorf("printed %d, marked %d", len(r.printed), len(r.marked))
		}
	})
}

// A job that the printer never gives back is left behind; the next one waits for that, and then is printed. What the
// printer says of the first one an hour later is nobody's.
func TestPrinterThatHealsPrintsAgain(t *testing.T) {
	r := &rooms{}
	r.onPrint = func(context.Context, devices.Document) devices.PrintResult {
		if n, _ := r.papers(); n == 1 {
			<-time.After(time.Hour)
		}
		return devices.PrintResult{Outcome: devices.Printed}
	}
	inBubble(t, r, func(b *bench) {
		b.review().post(visit.Confirm{}).at(visit.Receipt).abandonNow()
		b.review().post(visit.Confirm{}).at(visit.Receipt)
		if n, _ := r.papers(); n != 1 {
			t.Errorf("%d documents at the printer while the first is waited for, want 1", n)
		}
		b.pass(afterPrint).at(visit.Receipt)
		if printed, marked := r.papers(); printed != 2 || marked != 1 {
			t.Fatalf("printed %d, marked %d, want the second one on paper", printed, marked)
		}
		b.pass(2 * time.Hour)
		if _, marked := r.papers(); marked != 1 {
			t.Errorf("a late result was taken: marked %d", marked)
		}
	})
}

// A job that waits for another one to come back is never begun once its visit is over.
func TestWaitingJobIsNotBegunAfterItsVisit(t *testing.T) {
	r := &rooms{onPrint: func(context.Context, devices.Document) devices.PrintResult {
		<-time.After(time.Hour)
		return devices.PrintResult{Outcome: devices.Printed}
	}}
	inBubble(t, r, func(b *bench) {
		b.review().post(visit.Confirm{}).at(visit.Receipt).abandonNow()
		b.review().post(visit.Confirm{}).at(visit.Receipt).abandonNow()
		b.pass(2 * time.Hour)
		if printed, marked := r.papers(); printed != 1 || marked != 0 {
			t.Errorf("printed %d, marked %d", printed, marked)
		}
	})
}

func TestAnswersOfAnEarlierVisitAreDropped(t *testing.T) {
	r := &rooms{}
	release := make(chan struct{})
	r.onFind = func(_ context.Context, id, _ string) ([]visit.Record, error) {
		if id == person.Number {
			<-release // the first person's look-up comes back late, and disobeys its context
		}
		return []visit.Record{{Number: number, ItemName: "甲的事"}}, nil
	}
	inBubble(t, r, func(b *bench) {
		release = make(chan struct{})
		card := func(c devices.Card) visit.Event {
			return visit.CardEvent{CardEvent: devices.CardEvent{Kind: devices.CardRead, Card: c}}
		}
		b.post(visit.Begin{}, visit.OpenProgress{}, card(person), visit.Leave{}).at(visit.Attract)
		r.onFind = func(ctx context.Context, _, _ string) ([]visit.Record, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		other := person
		other.Number, other.Name = "441403199005065678", "测试乙"
		gone := visit.CardEvent{CardEvent: devices.CardEvent{Kind: devices.CardLifted}}
		b.post(gone, visit.Begin{}, visit.OpenProgress{}, card(other))
		close(release)
		synctest.Wait()
		if _, waiting := b.k.View().Body.(*visit.WaitBody); !waiting {
			t.Errorf("the second person sees %+v", b.k.View().Body)
		}
		b.pass(11 * time.Second)
		if body, ok := b.k.View().Body.(*visit.RecordsBody); !ok || body.Empty == "" || len(body.Rows) != 0 {
			t.Errorf("a look-up without an answer: %+v", b.k.View().Body)
		}
	})
}

func TestWipeIsTriedUntilItIsDone(t *testing.T) {
	r := &rooms{}
	fails := 2
	r.onWipe = func(ctx context.Context) error {
		fails--
		switch fails {
		case 1:
			return errors.New("screen is busy")
		case 0:
			<-ctx.Done()
			<-time.After(time.Hour) // and never comes back
		}
		return nil
	}
	inBubble(t, r, func(b *bench) {
		b.post(visit.Begin{}, visit.Leave{}).at(visit.Wiped).pass(3 * time.Second).at(visit.Wiped)
		b.pass(10 * time.Second).at(visit.Attract)
		if r.wiped != 3 {
			t.Errorf("wiped %d times, want 3", r.wiped)
		}
		b.pass(2 * time.Hour)
	})
}

// A fault of the program costs one visit at most: it is wiped, and the next resident is served.
func TestPanicInTheScreenEndsTheVisitOnly(t *testing.T) {
	r := &rooms{}
	r.onShow = func(v visit.View) {
		if v.Step == visit.Questions {
			panic("boom: " + person.Name)
		}
	}
	inBubble(t, r, func(b *bench) {
		b.post(visit.Begin{}, visit.OpenItem{Item: "allowance"}, visit.StartItem{},
			visit.CardEvent{CardEvent: devices.CardEvent{Kind: devices.CardRead, Card: person}}).at(visit.Attract)
		if r.wiped != 1 || strings.Contains(b.log.String(), person.Name) {
			t.Errorf("wiped %d; log:\n%s", r.wiped, b.log)
		}
		r.onShow = nil
		b.review().post(visit.Confirm{}).at(visit.Receipt)
	})
}

func TestServeAgainWipesWhatWasLeft(t *testing.T) {
	r := &rooms{}
	inBubble(t, r, func(b *bench) {
		b.review()
		b.stop()
		b.serve()
		b.at(visit.Attract)
		if r.wiped != 1 {
			t.Errorf("wiped %d times", r.wiped)
		}
	})
}

func TestIdleVisitIsWiped(t *testing.T) {
	r := &rooms{}
	inBubble(t, r, func(b *bench) {
		b.review().pass(91 * time.Second).at(visit.Review)
		if o := b.k.View().Overlay; o == nil || o.ID != "idle" {
			t.Fatalf("overlay %+v", o)
		}
		b.pass(20 * time.Second).at(visit.Attract)
	})
}

func TestMachineWithoutReaderAndPrinter(t *testing.T) {
	r := &rooms{}
	synctest.Test(t, func(t *testing.T) {
		b := &bench{t: t, rooms: r}
		tick := make(chan time.Time)
		var seen []visit.Step
		b.k = New(Options{
			World: world(), Screen: r, Matters: r, Now: time.Now, Tick: tick,
			OnView: func(v visit.View) { seen = append(seen, v.Step) },
		})
		b.serve()
		b.post(visit.Health{Report: health.Report{CanLodge: true, CanRead: true, CanPrint: true}})
		b.review().post(visit.Confirm{}).at(visit.Receipt)
		if body := b.k.View().Body.(*visit.ReceiptBody); !strings.Contains(body.Print.Text, "没有打出来") {
			t.Errorf("says %q", body.Print.Text)
		}
		tick <- time.Now()
		_ = b.stop()
		if len(seen) == 0 || seen[0] != visit.Attract || seen[len(seen)-1] != visit.Receipt {
			t.Errorf("views %v", seen)
		}
	})
}
