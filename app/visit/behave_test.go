package visit

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"zhizhu/devices"
)

func printed(o devices.Outcome, why devices.Kind) PrintDone {
	return PrintDone{Job: 1, Number: receiptNumber, Result: devices.PrintResult{Outcome: o, Reason: why}}
}

func TestDoubleTapLodgesOnce(t *testing.T) {
	p := standing(t, Review)
	confirm, _ := find(Look(p.s), "confirm")
	p.do(confirm.Event, confirm.Event, confirm.Event).at(Lodging)
	if n := len(effects[Lodge](p)); n != 1 {
		t.Fatalf("%d Lodge effects, want 1", n)
	}
	p.do(Lodged{ID: "m", Number: receiptNumber, At: start}, confirm.Event).at(Receipt)
	if n := len(effects[Lodge](p)); n != 1 {
		t.Fatalf("%d Lodge effects after Lodged, want 1", n)
	}
}

func TestDraftHoldsWhatWasAnswered(t *testing.T) {
	p := standing(t, Lodging)
	d := effects[Lodge](p)[0].Draft
	want := map[string]string{
		"name": "测试甲", "number": "441403194402111234", "care": "partly", "since": "2026-03-05", "pay": "bank",
		"account": "621700000000", "people": "3", "phone": "13800138000",
	}
	if !reflect.DeepEqual(map[string]string(d.Answers), want) {
		t.Errorf("answers %v, want %v", map[string]string(d.Answers), want)
	}
	if want := map[string]string{"id-card": "card", "book": "ecert", "bank-card": "later"}; !reflect.DeepEqual(d.Materials, want) {
		t.Errorf("materials %v, want %v", d.Materials, want)
	}
	if d.Card == nil || d.Signature == nil || len(d.Statement) != 2 || d.About != nil || !d.At.Equal(start) {
		t.Errorf("draft lacks something: card %v, signature %v, statement %v", d.Card != nil, d.Signature != nil, d.Statement)
	}
}

// A signature is bound to what was signed: any change after it takes it away.

func TestChangeAfterSigningClearsSignature(t *testing.T) {
	changes := map[string]func(p *player){
		"answer":   func(p *player) { p.tap("edit:people").do(Answer{"people", "4"}).tap("next") },
		"material": func(p *player) { p.tap("revisit:materials:bank-card", "material:bank-card:have", "next") },
		"tick":     func(p *player) { p.tap("revisit:commitment", "tick:0", "tick:0", "next") },
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			p := standing(t, Review)
			change(p)
			p.at(Signing)
			if b := Look(p.s).Body.(*SignBody); b.Wrong == "" || len(b.Strokes) != 0 {
				t.Errorf("signing page says %q with %d strokes", b.Wrong, len(b.Strokes))
			}
			p.tap("next").at(Signing) // not without a signature
			p.do(finger()).tap("next").at(Review)
			p.tap("confirm").at(Lodging)
		})
	}
	t.Run("no change", func(t *testing.T) {
		standing(t, Review).tap("edit:people", "next").at(Review).tap("confirm").at(Lodging)
	})
}

func TestEditLeadsToNewQuestionsOnly(t *testing.T) {
	p := newPlayer(t).tap("begin", "item:allowance", "start").do(read(cardA()))
	p.tap("option:able", "next", "option:social", "next").do(Answer{"people", "2"}).tap("next", "next").at(Commitment)
	p.tap("tick:0", "tick:1", "next").do(finger()).tap("next").at(Review)
	p.tap("edit:care", "option:partly", "next").at(Questions)
	if f := Look(p.s).Body.(*QuestionBody).Field.ID; f != "since" {
		t.Fatalf("asks %s, want the question that has appeared", f)
	}
	p.do(Answer{"since", "2026-01-01"}).tap("next").at(Signing).do(finger()).tap("next").at(Review)
}

// Going back to the guide and forward again keeps every answer, tick and stroke.

func TestBackAndForwardKeepsAnswers(t *testing.T) {
	p := standing(t, Review)
	before := p.s.work
	for p.s.step != Guide {
		p.tap("back")
	}
	p.tap("back").at(List).tap("back").at(Home).tap("theme:social", "item:query").at(Guide).tap("back", "back")
	p.tap("item:allowance").at(Guide)
	if a, _ := find(Look(p.s), "start"); a.Label != "接着办" {
		t.Errorf("start says %q", a.Label)
	}
	p.tap("start").at(Questions)
	for p.s.step != Review {
		p.tap("next")
	}
	after := p.s.work
	before.field, after.field = "", ""
	if !reflect.DeepEqual(before, after) {
		t.Error("something was lost on the way")
	}
	p.tap("confirm").at(Lodging)
}

func TestLeaveAsksOnceWhileAnswersWouldBeLost(t *testing.T) {
	p := standing(t, Questions).tap("option:able", "leave").over("leave").at(Questions)
	p.do(Leave{}).over("leave")
	p.tap("close").over("").at(Questions)
	p.tap("leave", "confirm-leave").at(Wiped)
	if n := len(effects[Wipe](p)); n != 1 {
		t.Fatalf("%d Wipe effects, want 1", n)
	}
	// Answers of an item that was left half-way count, too.
	p = standing(t, Questions).tap("option:able", "back", "next").do(Back{}, Back{}, Back{})
	for p.s.step != Home {
		p.do(Back{})
	}
	p.tap("leave").over("leave")
}

func TestWipeLeavesNothing(t *testing.T) {
	for _, step := range []Step{Home, Questions, Review, Receipt, Progress} {
		p := standing(t, step)
		for p.s.step != Wiped {
			p.do(printed(devices.Printed, devices.OK), Leave{}, ConfirmLeave{})
		}
		if v := Look(p.s); strings.Contains(everything(v), "测试甲") {
			t.Errorf("from %s: the wiped page names a person", step)
		}
		p.do(WipeDone{}, happened(devices.CardLifted))
		fresh := New(testWorld())
		fresh.world, fresh.now, fresh.report, fresh.checked = p.s.world, p.s.now, p.s.report, p.s.checked
		if !reflect.DeepEqual(p.s, fresh) {
			t.Errorf("from %s: something stays behind", step)
		}
	}
}

func TestWipeIsTriedAgain(t *testing.T) {
	p := standing(t, Wiped).do(WipeFailed{}).at(Wiped)
	if n := len(effects[Wipe](p)); n != 1 {
		t.Fatalf("%d Wipe effects, want 1", n)
	}
	p.pass(time.Second).at(Wiped)
	if n := len(effects[Wipe](p)); n != 2 {
		t.Fatalf("%d Wipe effects after a tick, want 2", n)
	}
	p.do(WipeDone{}).at(Attract)
}

func TestReaderIsArmedOnlyWhereACardIsAskedFor(t *testing.T) {
	for _, step := range Steps() {
		p := standing(t, step)
		armed := false
		for _, e := range effects[ArmCard](p) {
			armed = e.On
		}
		// On the pages that hold somebody's answers, another person's card is told.
		want := step == Identify || step == Progress || step >= Questions && step <= Review
		if armed != want {
			t.Errorf("at %s armed %v, want %v", step, armed, want)
		}
	}
}

func TestCardTroubles(t *testing.T) {
	for _, c := range []struct {
		kind devices.CardEventKind
		want string
	}{{devices.CardTroubled, "拿开"}, {devices.CardUnknown, "本人的居民身份证"}, {devices.CardGone, "再放一次"}} {
		kind, want := c.kind, c.want
		p := standing(t, Identify).do(happened(devices.CardFound), happened(kind)).at(Identify)
		v := Look(p.s)
		if b := v.Body.(*IdentifyBody); !b.Retry || b.Reading || !strings.Contains(v.Title+v.Lead, want) {
			t.Errorf("kind %d: %q %q", kind, v.Title, v.Lead)
		}
		p.do(read(cardA())).at(Questions)
	}
	nameless := cardA()
	nameless.Number = ""
	standing(t, Identify).do(read(nameless)).at(Identify)
}

// Another person's card never mixes two people's matters.

// everything returns all words of a view.

func everything(v View) string {
	var b strings.Builder
	walkStrings(reflect.ValueOf(v), &b)
	return b.String()
}

func walkStrings(v reflect.Value, b *strings.Builder) {
	switch v.Kind() {
	case reflect.String:
		b.WriteString(v.String() + "\n")
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			walkStrings(v.Elem(), b)
		}
	case reflect.Struct:
		for _, f := range v.Fields() {
			walkStrings(f, b)
		}
	case reflect.Slice:
		for i := range v.Len() {
			walkStrings(v.Index(i), b)
		}
	}
}

// Only after Lodged may any page say 已收到, and only after Printed that the paper is there.

func TestWrongAnswersAreRefusedWithWords(t *testing.T) {
	p := standing(t, Questions).tap("next").at(Questions)
	if b := Look(p.s).Body.(*QuestionBody); !strings.Contains(b.Wrong, "选一个") {
		t.Errorf("says %q", b.Wrong)
	}
	p.tap("option:partly", "next").do(Answer{"since", "2027-01-01"})
	if b := Look(p.s).Body.(*QuestionBody); b.Wrong != "" {
		t.Errorf("says %q before the resident tried to go on", b.Wrong)
	}
	p.tap("next")
	if b := Look(p.s).Body.(*QuestionBody); !strings.Contains(b.Wrong, "2026年11月23日") {
		t.Errorf("says %q", b.Wrong)
	}
	p.tap("back")
	if b := Look(p.s).Body.(*QuestionBody); b.Value != "partly" || b.Wrong != "" {
		t.Errorf("back at %q with %q", b.Value, b.Wrong)
	}
}

// R11: whatever is missing is told at once, and nothing is lodged.

func TestAllDeficienciesAtOnce(t *testing.T) {
	p := standing(t, Review)
	w := p.s.work
	w.answers = map[string]string{"care": "partly", "since": "2027-01-01", "pay": "bank", "people": "x"}
	w.materials, w.ticks = nil, []bool{true, false}
	p.s.work = w
	p.do(Confirm{}).at(Review)
	if n := len(effects[Lodge](p)); n != 0 {
		t.Fatal("lodged with deficiencies")
	}
	wrong := strings.Join(Look(p.s).Body.(*ReviewBody).Wrong, "\n")
	for _, want := range []string{"从哪天起：", "银行账号：", "家里几口人：", "银行卡：", "承诺和声明：", "签名："} {
		if !strings.Contains(wrong, want) {
			t.Errorf("%q doesn't name %s", wrong, want)
		}
	}
}

// Midnight passes while somebody stands at the review page: a day that was right yesterday is told, not lodged.

func TestDayThatPassesIsTold(t *testing.T) {
	p := newPlayer(t).tap("begin", "theme:social", "item:book", "start").do(read(cardA()))
	p.do(Answer{"day", "2026-11-24"}).tap("next", "option:am", "next").at(Review)
	p.do(Clock{start.Add(24 * time.Hour)}).tap("confirm").at(Review)
	if b := Look(p.s).Body.(*ReviewBody); len(b.Wrong) != 1 || !strings.Contains(b.Wrong[0], "哪一天") {
		t.Fatalf("wrong %q", b.Wrong)
	}
	p.tap("edit:day").do(Answer{"day", "2026-11-26"}).tap("next").at(Review).tap("confirm").at(Lodging)
}

// What is put in the queue by a finger that was too quick changes nothing: an answer to a question that has gone.

func TestLateAnswerIsDropped(t *testing.T) {
	p := standing(t, Questions).tap("option:able", "next")
	p.do(Answer{"care", "partly"})
	if p.s.work.answers["care"] != "able" {
		t.Error("a late touch changed an earlier answer")
	}
}
