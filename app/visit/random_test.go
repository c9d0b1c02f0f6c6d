package visit

import (
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"zhizhu/app/health"
	"zhizhu/app/sheet"
	catalogdata "zhizhu/assets/catalog"
	"zhizhu/devices"
	"zhizhu/offline/catalog"
	"zhizhu/offline/catalog/load"
)

// TestRandomVisits lets anything happen in any order, over the small catalogue of the tests.
func TestRandomVisits(t *testing.T) {
	w := testWorld()
	reached := make(map[Step]int)
	rapid.Check(t, func(rt *rapid.T) { newWalker(rt, w).walk(140, reached) })
	for _, step := range Steps() {
		if reached[step] == 0 && step != OutOfService && step != Staff {
			t.Errorf("no random visit reached %s", step)
		}
	}
}

// TestRandomVisitsOfShippedItems does the same over the items that are shipped.
func TestRandomVisitsOfShippedItems(t *testing.T) {
	cat, err := load.Load(catalogdata.FS())
	if err != nil {
		t.Fatal(err)
	}
	w := testWorld()
	w.Catalog = cat
	rapid.Check(t, func(rt *rapid.T) { newWalker(rt, w).walk(60, make(map[Step]int)) })
}

// walker makes random moves and holds what must always hold.
type walker struct {
	rt    *rapid.T
	w     World
	s     State
	jobs  []Print
	asks  []FindRecords
	rated map[string]bool
	count int // of matters lodged
	open  int // Lodge effects without an answer
}

func newWalker(rt *rapid.T, w World) *walker {
	k := &walker{rt: rt, w: w, s: New(w), rated: map[string]bool{}}
	k.take(Clock{start})
	k.take(Health{healthy()})
	return k
}

func (k *walker) walk(moves int, reached map[Step]int) {
	for range moves {
		k.take(k.event())
		reached[k.s.step]++
	}
}

// event draws what happens next: mostly what a resident can touch, and everything else.
func (k *walker) event() Event {
	v := Look(k.s)
	kind := rapid.IntRange(0, 59).Draw(k.rt, "kind")
	switch {
	case kind < 12:
		return k.touch(v)
	case kind < 53:
		return k.sensible(v)
	case kind == 53:
		return Clock{k.s.now.Add(rapid.SampledFrom([]time.Duration{time.Second, 9 * time.Second, -time.Hour, 24 * time.Hour}).Draw(k.rt, "pass"))}
	case kind == 54:
		kind := rapid.SampledFrom([]devices.CardEventKind{devices.CardFound, devices.CardTroubled, devices.CardUnknown, devices.CardGone, devices.CardLying, devices.CardLifted}).Draw(k.rt, "card")
		return happened(kind)
	case kind == 55:
		return read(rapid.SampledFrom([]devices.Card{cardA(), cardA(), cardA(), cardB()}).Draw(k.rt, "person"))
	case kind == 56:
		return Health{k.report()}
	case kind == 57:
		return Scanned{devices.Scan{Text: rapid.SampledFrom([]string{receiptNumber, "6217000000001234", "垃圾", ""}).Draw(k.rt, "scan")}}
	default:
		return k.wild()
	}
}

// touch draws one of the controls on the screen.
func (k *walker) touch(v View) Event {
	actions := slices.DeleteFunc(reachable(v), func(a Action) bool { return a.Off || a.Event == nil })
	if len(actions) == 0 {
		return Touch{}
	}
	return rapid.SampledFrom(actions).Draw(k.rt, "touch").Event
}

// sensible does what leads on, so that many visits reach their end.
func (k *walker) sensible(v View) Event {
	if v.Overlay != nil {
		return Close{}
	}
	switch b := v.Body.(type) {
	case *AttractBody:
		return Begin{}
	case *HomeBody, *ListBody:
		return OpenItem{rapid.SampledFrom(k.w.Catalog.Items).Draw(k.rt, "item").ID}
	case *GuideBody:
		return StartItem{}
	case *QuestionBody:
		return k.answer(b)
	case *MaterialsBody:
		for _, row := range b.Rows {
			if !slices.ContainsFunc(row.Choices, func(a Action) bool { return a.Chosen }) && len(row.Choices) > 0 {
				return row.Choices[0].Event
			}
		}
	case *SignBody:
		if len(b.Strokes) == 0 {
			return finger()
		}
	case *IdentifyBody:
		if k.s.card == nil && k.s.left != cardAway {
			return happened(devices.CardLifted) // the last one's must go first
		}
		return read(cardA())
	case *CommitBody:
		for _, row := range b.Ticks {
			if !row.On {
				return row.Act.Event
			}
		}
	case *ReviewBody:
		return Confirm{}
	case *WaitBody:
		return k.roomAnswer()
	case *ReceiptBody:
		if b.Print.Tone == Calm {
			return PrintDone{Job: len(k.jobs), Result: devices.PrintResult{Outcome: devices.Printed}}
		}
		return rapid.SampledFrom([]Event{Rate{4}, Another{}, Leave{}, Resume{}, PrintAgain{b.Code}}).Draw(k.rt, "end")
	case *WipedBody:
		return WipeDone{}
	}
	return Continue{}
}

// answer answers a question that has no answer, and goes on from one that has.
func (k *walker) answer(b *QuestionBody) Event {
	if b.Value != "" && b.Wrong == "" {
		return Continue{}
	}
	seed := rapid.Uint64().Draw(k.rt, "answer")
	value := sheet.GenerateOne(b.Field, rand.New(rand.NewPCG(seed, 1)), k.s.now)
	if value == "" {
		return Continue{}
	}
	return Answer{b.Field.ID, value}
}

// roomAnswer is what another room says to what it was asked last.
func (k *walker) roomAnswer() Event {
	if k.s.step == Lodging {
		return k.lodgeAnswer()
	}
	return Found{Ask: len(k.asks), Records: []Record{{Number: receiptNumber, ItemName: "旧", At: start}}}
}

func (k *walker) lodgeAnswer() Event {
	if rapid.Bool().Draw(k.rt, "disk full") {
		return LodgeFailed{LodgeDiskFull}
	}
	return Lodged{ID: "m", Number: receiptNumber, At: k.s.now}
}

func (k *walker) report() health.Report {
	return health.Report{
		Online:   rapid.Bool().Draw(k.rt, "online"),
		CanLodge: rapid.IntRange(0, 3).Draw(k.rt, "lodge") > 0, NoLodge: "存满了",
		CanRead: rapid.IntRange(0, 3).Draw(k.rt, "read") > 0, NoRead: "读卡器坏了",
		CanPrint: rapid.Bool().Draw(k.rt, "print"), NoPrint: "没纸",
	}
}

// wild draws any event at all, late answers of rooms included.
func (k *walker) wild() Event {
	events := []Event{
		PrintDone{Job: len(k.jobs), Result: devices.PrintResult{Outcome: devices.Printed}},
		PrintDone{Job: 1, Result: devices.PrintResult{Outcome: devices.PrintFailed, Reason: devices.PaperOut}},
		Found{Ask: len(k.asks), Records: []Record{{Number: receiptNumber, ItemName: "旧", At: start}}},
		Found{Ask: 1},
		WipeDone{},
		WipeFailed{},
		ConfirmLeave{},
		OpenStaff{},
		Sign{},
		Tick{-1, true},
		Rate{9},
		Page{-7},
		Page{7},
		Edit{"nothing"},
		OpenItem{"nothing"},
		OpenTheme{"nothing"},
		Answer{"nothing", "x"},
	}
	for _, row := range eventTable() {
		events = append(events, row.ev(k.s))
	}
	if k.s.step != Lodging {
		events = slices.DeleteFunc(events, func(e Event) bool { _, is := e.(Lodged); return is })
	}
	return rapid.SampledFrom(events).Draw(k.rt, "wild")
}

// take takes one event in and holds every invariant.
func (k *walker) take(ev Event) {
	before := k.s
	copied := before.work
	seen := Look(before)
	next, fx := Next(before, ev)
	if !reflect.DeepEqual(seen, Look(before)) || !reflect.DeepEqual(copied, before.work) {
		k.rt.Fatalf("%T changed a state in place", ev)
	}
	k.s = next
	for _, e := range fx {
		k.effect(before, ev, e)
	}
	if _, done := ev.(WipeDone); done && before.step == Wiped {
		if !reflect.DeepEqual(next, fresh(next)) {
			k.rt.Fatal("something stays behind after a wipe")
		}
		k.jobs, k.asks, k.rated = nil, nil, map[string]bool{}
	}
	if _, ok := ev.(Lodged); ok && before.step == Lodging {
		k.count++
		k.open--
		k.rated = map[string]bool{}
	}
	if _, ok := ev.(LodgeFailed); ok && before.step == Lodging {
		k.open--
	}
	if next.step == Lodging != (k.open == 1) || k.open < 0 || k.open > 1 {
		k.rt.Fatalf("at %s with %d matters being written", next.step, k.open)
	}
	k.look(Look(next))
}

func (k *walker) effect(before State, ev Event, e Effect) {
	switch e := e.(type) {
	case Lodge:
		k.open++
		if _, confirmed := ev.(Confirm); !confirmed || before.step != Review {
			k.rt.Fatalf("lodged by %T at %s", ev, before.step)
		}
		k.lodged(before, e.Draft)
	case Print:
		k.jobs = append(k.jobs, e)
	case FindRecords:
		k.asks = append(k.asks, e)
	case PutRating:
		if k.rated[e.Matter] {
			k.rt.Fatal("rated twice")
		}
		k.rated[e.Matter] = true
		if _, touched := ev.(Rate); !touched {
			k.rt.Fatalf("rated by %T", ev)
		}
	case Wipe, MarkDelivered, ArmCard, WatchCard, AimScanner, Note:
	}
}

// lodged holds that nothing is lodged without identity, every tick, a signature over just this, or with deficiencies.
func (k *walker) lodged(s State, d Draft) {
	it := d.Item
	if it.Identity == catalog.IdentityCard && (d.Card == nil || s.card == nil || d.Card.Number != s.card.Number) {
		k.rt.Fatalf("%s lodged without a card", it.ID)
	}
	if it.Identity == catalog.IdentityNone && d.Card != nil {
		k.rt.Fatalf("%s lodged with a card that nobody asked for", it.ID)
	}
	if slices.Contains(s.work.ticks, false) || len(s.work.ticks) != len(d.Statement) {
		k.rt.Fatalf("%s lodged without every tick", it.ID)
	}
	if len(d.Statement) > 0 && (d.Signature == nil || s.work.signed != s.work.fingerprint()) {
		k.rt.Fatalf("%s lodged with no signature, or a stale one", it.ID)
	}
	if def := sheet.Deficiencies(it, d.Answers, d.Materials, s.now); len(def) > 0 {
		k.rt.Fatalf("%s lodged with deficiencies %v", it.ID, def)
	}
	for id := range d.Answers {
		if !slices.ContainsFunc(it.Form, func(f catalog.Field) bool { return f.ID == id }) {
			k.rt.Fatalf("%s lodged with a field of another item", it.ID)
		}
	}
}

// look holds what every page owes to a resident.
func (k *walker) look(v View) {
	if v.Body == nil || v.Title == "" && v.Step != Attract {
		k.rt.Fatalf("%s: no body or no title", v.Step)
	}
	ids := map[string]bool{}
	for _, a := range reachable(v) {
		switch {
		case a.ID == "" || a.Label == "":
			k.rt.Fatalf("%s: a control without a name: %+v", v.Step, a)
		case a.Event == nil:
			k.rt.Fatalf("%s: control %s does nothing", v.Step, a.ID)
		case a.Off && a.Why == "":
			k.rt.Fatalf("%s: control %s is off without a reason", v.Step, a.ID)
		case ids[a.ID] && v.Step != Guide:
			k.rt.Fatalf("%s: two controls %s", v.Step, a.ID)
		}
		ids[a.ID] = true
	}
	k.bar(v)
	k.question(v)
	text := everything(v)
	if strings.Contains(text, "已收到") && v.Step != Receipt {
		k.rt.Fatalf("%s says 已收到", v.Step)
	}
	if k.count == 0 && v.Step == Receipt {
		k.rt.Fatal("a receipt without a matter")
	}
}

// bar holds that the ways back, to a person and out are there, in the same order.
func (k *walker) bar(v View) {
	if v.Step < Guide || v.Step > Review || v.Overlay != nil {
		return
	}
	want := []string{"back", "help", "leave"}
	for i, id := range want {
		if len(v.Bar) <= i || v.Bar[i].ID != id || v.Bar[i].Off {
			k.rt.Fatalf("%s: bar %+v", v.Step, v.Bar)
		}
	}
	// R24: the way to the window is open on every page, and no page asks for a phone, an app or an appointment.
	if _, ok := find(v, "window"); !ok {
		k.rt.Fatalf("%s: no way to the window", v.Step)
	}
}

// question holds R10 and R25: no question outside the item, none whose answer is known.
func (k *walker) question(v View) {
	b, ok := v.Body.(*QuestionBody)
	if !ok {
		return
	}
	w := k.s.work
	if !slices.ContainsFunc(w.item.Form, func(f catalog.Field) bool { return f.ID == b.Field.ID }) {
		k.rt.Fatalf("asks %s, which %s doesn't name (R10)", b.Field.ID, w.item.ID)
	}
	if w.known[b.Field.ID] != "" {
		k.rt.Fatalf("asks %s, which is known (R25)", b.Field.ID)
	}
}
