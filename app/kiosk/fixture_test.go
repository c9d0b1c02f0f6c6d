package kiosk

import (
	"bytes"
	"context"
	"log/slog"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/app/health"
	"zhizhu/app/visit"
	"zhizhu/devices"
	"zhizhu/offline/catalog"
)

const number = "MX0427-1-20261123-0018-0"

// rooms are the other rooms of a test: each does what its field says, or what usually happens.
type rooms struct {
	mu sync.Mutex

	onShow   func(visit.View)
	onWipe   func(context.Context) error
	onPrint  func(context.Context, devices.Document) devices.PrintResult
	onLodge  func(context.Context, visit.Draft) (visit.Lodged, error)
	onFind   func(context.Context, string, string) ([]visit.Record, error)
	onRate   func(context.Context, visit.PutRating) error
	onMarked func(string) error

	views          []visit.View
	armed          []bool
	delivered      []string
	watched, aimed []bool
	forgot         int
	unscanned      int
	wiped          int
	lodged         []visit.Draft
	marked         []string
	rated          []visit.PutRating
	printed        []devices.Document
}

func (r *rooms) Show(v visit.View) {
	r.mu.Lock()
	r.views = append(r.views, v)
	onShow := r.onShow
	r.mu.Unlock()
	if onShow != nil {
		onShow(v)
	}
}

// papers counts what came to the printer, and the receipts that are marked as printed.
func (r *rooms) papers() (printed, marked int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.printed), len(r.marked)
}

// setOnShow changes what Show does, in the middle of a test.
func (r *rooms) setOnShow(f func(visit.View)) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.onShow = f
}

func (r *rooms) Wipe(ctx context.Context) error {
	r.mu.Lock()
	r.wiped++
	r.mu.Unlock()
	if r.onWipe != nil {
		return r.onWipe(ctx)
	}
	return nil
}

func (r *rooms) Arm(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.armed = append(r.armed, on)
}

func (r *rooms) Watch(on bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.watched = append(r.watched, on)
}

// scans is the scanner of rooms.
type scans struct{ r *rooms }

func (s scans) Trigger(on bool) {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	s.r.aimed = append(s.r.aimed, on)
}

func (s scans) Forget() {
	s.r.mu.Lock()
	defer s.r.mu.Unlock()
	s.r.unscanned++
}

func (r *rooms) Forget() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.forgot++
}

func (r *rooms) Print(ctx context.Context, d devices.Document) devices.PrintResult {
	r.mu.Lock()
	r.printed = append(r.printed, d)
	r.mu.Unlock()
	if r.onPrint != nil {
		return r.onPrint(ctx, d)
	}
	return devices.PrintResult{Outcome: devices.Printed}
}

func (r *rooms) Lodge(ctx context.Context, d visit.Draft) (visit.Lodged, error) {
	r.mu.Lock()
	r.lodged = append(r.lodged, d)
	r.mu.Unlock()
	if r.onLodge != nil {
		return r.onLodge(ctx, d)
	}
	return visit.Lodged{ID: "m1", Number: number, At: d.At}, nil
}

func (r *rooms) Find(ctx context.Context, id, n string) ([]visit.Record, error) {
	if r.onFind != nil {
		return r.onFind(ctx, id, n)
	}
	return nil, nil
}

func (r *rooms) Rate(ctx context.Context, p visit.PutRating) error {
	r.mu.Lock()
	r.rated = append(r.rated, p)
	r.mu.Unlock()
	if r.onRate != nil {
		return r.onRate(ctx, p)
	}
	return nil
}

func (r *rooms) MarkDelivered(_ context.Context, ids []string) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.delivered = append(r.delivered, ids...)
	return nil
}

func (r *rooms) MarkPrinted(_ context.Context, n string) error {
	r.mu.Lock()
	r.marked = append(r.marked, n)
	r.mu.Unlock()
	if r.onMarked != nil {
		return r.onMarked(n)
	}
	return nil
}

// bench is one kiosk under test, in a synctest bubble.
type bench struct {
	t     *testing.T
	k     *Kiosk
	rooms *rooms
	log   *bytes.Buffer
	stop  func() error
}

func world() visit.World {
	it := &catalog.Item{
		ID: "allowance", Name: "高龄老人津贴申请", Short: "老人津贴", Theme: "elder", Kind: catalog.Apply,
		Identity: catalog.IdentityCard, Frequent: 1, Offline: catalog.OfflineLodge,
		Form: []catalog.Field{
			{ID: "name", Type: catalog.Text, Label: "姓名", Prefill: "card.name"},
			{ID: "people", Type: catalog.Number, Label: "几口人", Ask: "家里几口人？", Min: "1"},
		},
		Policies: catalog.Policies{Declare: []string{"说的都是真的。"}},
	}
	return visit.World{
		Catalog: &catalog.Catalog{Themes: []catalog.Theme{{ID: "elder", Name: "养老"}}, Items: []*catalog.Item{it}},
		Station: visit.StationInfo{Code: "MX0427", Name: "长教村便民服务站"},
	}
}

var person = devices.Card{Name: "测试甲", Number: "441403194402111234", Birth: "1944-02-11"}

// inBubble runs a test with a serving kiosk in a bubble of its own time.
func inBubble(t *testing.T, r *rooms, test func(b *bench)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		b := &bench{t: t, rooms: r, log: &bytes.Buffer{}}
		b.k = New(Options{
			World: world(), Screen: r, CardReader: r, Scanner: scans{r}, Printer: r, Matters: r, Now: time.Now,
			Log: slog.New(slog.NewTextHandler(&locked{w: b.log}, nil)),
		})
		b.serve()
		b.post(visit.Health{Report: health.Report{Online: true, CanLodge: true, CanRead: true, CanPrint: true}})
		test(b)
		_ = b.stop()
	})
}

// locked lets goroutines share a log.
type locked struct {
	mu sync.Mutex
	w  *bytes.Buffer
}

func (l *locked) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.w.Write(p)
}

// serve starts Serve; stop ends it and waits for its return.
func (b *bench) serve() {
	ctx, cancel := context.WithCancel(b.t.Context())
	done := make(chan error, 1)
	go func() { done <- b.k.Serve(ctx) }()
	b.stop = sync.OnceValue(func() error {
		cancel()
		return <-done
	})
	synctest.Wait()
}

// post hands events in, each once all that followed from the last has settled.
func (b *bench) post(events ...visit.Event) *bench {
	b.t.Helper()
	for _, ev := range events {
		b.k.Post(ev)
		synctest.Wait()
	}
	return b
}

func (b *bench) at(want visit.Step) *bench {
	b.t.Helper()
	if got := b.k.View().Step; got != want {
		b.t.Fatalf("at %s, want %s", got, want)
	}
	return b
}

// review fills an item in up to the review page.
func (b *bench) review() *bench {
	b.t.Helper()
	return b.post(visit.CardEvent{CardEvent: devices.CardEvent{Kind: devices.CardLifted}}, // the last person's
		visit.Begin{}, visit.OpenItem{Item: "allowance"}, visit.StartItem{},
		visit.CardEvent{CardEvent: devices.CardEvent{Kind: devices.CardRead, Card: person}},
		visit.Answer{Field: "people", Value: "3"}, visit.Continue{}, visit.Tick{Index: 0, On: true}, visit.Continue{},
		visit.Sign{W: 900, H: 400, Strokes: [][]visit.Point{{{X: 1, Y: 1}, {X: 400, Y: 300}}}}, visit.Continue{},
	).at(visit.Review)
}

// pass lets time go by.
func (b *bench) pass(d time.Duration) *bench {
	<-time.After(d)
	synctest.Wait()
	return b
}
