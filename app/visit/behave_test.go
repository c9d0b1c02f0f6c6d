package visit

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"zhizhu/devices"
	"zhizhu/offline/catalog"
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
		p.do(WipeDone{})
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
		if want := step == Identify || step == Progress; armed != want {
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
func TestAnotherPersonsCard(t *testing.T) {
	p := standing(t, Materials).do(read(cardB())).over("person").at(Materials)
	p.tap("close").over("").tap("material:bank-card:have")
	p.do(read(cardB())).tap("switch-person").at(Questions)
	v := Look(p.s)
	if b := v.Body.(*QuestionBody); b.Value != "" || !hasPair(b.Known, "测试乙") || strings.Contains(everything(v), "测试甲") {
		t.Errorf("the second person sees %+v", b)
	}
	if len(p.s.drafts) != 0 || p.s.work.known["number"] != cardB().Number {
		t.Error("something of the first person stays")
	}
	// On the guide it begins nothing by itself.
	p = standing(t, Questions).tap("back", "back").at(Guide).do(read(cardB())).tap("switch-person").at(Guide)
	p.tap("start").at(Questions)
	if p.s.card.Number != cardB().Number || !p.s.work.empty() {
		t.Error("the guide keeps something of the first person")
	}
	// The same card again is no news.
	standing(t, Materials).do(read(cardA())).over("").at(Materials)
	// Going back to the card page offers the change in words.
	p = standing(t, Questions).tap("back").at(Identify).tap("next").at(Questions)
	p.tap("back").do(read(cardA())).at(Questions)
}

func hasPair(pairs []Pair, value string) bool {
	return slices.ContainsFunc(pairs, func(p Pair) bool { return p.Value == value })
}

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

func TestKnownInThisVisitIsNotAskedAgain(t *testing.T) {
	p := standing(t, Receipt).do(printed(devices.Printed, devices.OK)).tap("another").at(Home)
	p.tap("theme:social", "item:qualify", "start").at(Commitment) // no card page, no questions
	p.tap("tick:0", "next").do(finger()).tap("next").at(Review).tap("confirm").at(Lodging)
	if d := effects[Lodge](p)[1].Draft; d.Card.Number != cardA().Number || d.Answers["name"] != "测试甲" {
		t.Error("the second matter isn't the same person's")
	}
	p.do(Lodged{ID: "m2", Number: receiptNumber, At: start})
	if b := Look(p.s).Body.(*ReceiptBody); b.Heading != "受理凭证" {
		t.Errorf("heading %q, want 受理凭证 for an item that is accepted at once", b.Heading)
	}
}

func TestLodgeFailedKeepsAnswersAndMayBeTriedAgain(t *testing.T) {
	for fault, want := range map[LodgeFault]string{LodgeDiskFull: "存满", LodgeStore: "再试一次", LodgeUnenrolled: "开通"} {
		p := standing(t, Lodging).do(LodgeFailed{fault}).at(Review)
		v := Look(p.s)
		if v.Notice == nil || v.Notice.Tone != Wrong || !strings.Contains(v.Notice.Text, want) || v.Title != "没有收下" {
			t.Errorf("fault %d: %q %+v", fault, v.Title, v.Notice)
		}
		if strings.Contains(everything(v), "已收到") {
			t.Errorf("fault %d: the page says 已收到", fault)
		}
		for _, id := range []string{"window", "trouble"} {
			if _, ok := find(v, id); !ok {
				t.Errorf("fault %d: no way to %s", fault, id)
			}
		}
		p.tap("confirm").at(Lodging).do(Lodged{ID: "m", Number: receiptNumber, At: start}).at(Receipt)
	}
}

// Only after Lodged may any page say 已收到, and only after Printed that the paper is there.
func TestPrintedWordsAreTrue(t *testing.T) {
	for _, step := range Steps() {
		if step != Receipt && strings.Contains(everything(Look(standing(t, step).s)), "已收到") {
			t.Errorf("%s says 已收到", step)
		}
	}
	cases := []struct {
		done PrintDone
		tone Tone
		want string
		not  string
	}{
		{printed(devices.Printed, devices.OK), Good, "取走", "没有"},
		{printed(devices.PrintUnknown, devices.OK), Attention, "看看出纸口", "打好了"},
		{printed(devices.PrintFailed, devices.PaperOut), Attention, "打印纸用完了", "打好了"},
		{printed(devices.PrintFailed, devices.CoverOpen), Attention, "盖子", "打好了"},
		{printed(devices.PrintFailed, devices.CutterJam), Attention, "卡住", "打好了"},
		{printed(devices.PrintFailed, devices.HungUp), Attention, "不受影响", "打好了"},
	}
	for _, c := range cases {
		p := standing(t, Receipt)
		if n := Look(p.s).Body.(*ReceiptBody).Print; n.Tone != Calm {
			t.Errorf("while printing: %+v", n)
		}
		n := Look(p.do(c.done).s).Body.(*ReceiptBody).Print
		if n.Tone != c.tone || !strings.Contains(n.Text, c.want) || strings.Contains(n.Text, c.not) {
			t.Errorf("%+v: %+v", c.done.Result, n)
		}
	}
}

func TestPrinterMissingTakesAwayPrintingOnly(t *testing.T) {
	r := healthy()
	r.CanPrint, r.NoPrint = false, "打印纸用完了"
	p := standing(t, Lodging).do(Health{r}, Lodged{ID: "m", Number: receiptNumber, At: start}).at(Receipt)
	if n := len(effects[Print](p)); n != 0 {
		t.Errorf("%d print jobs for a printer that isn't there", n)
	}
	b := Look(p.s).Body.(*ReceiptBody)
	if b.Code != receiptNumber || !strings.Contains(b.Print.Text, "补打") {
		t.Errorf("the receipt isn't on the screen: %+v", b.Print)
	}
	if a, _ := find(Look(p.s), "print-again"); !a.Off || a.Why == "" {
		t.Error("printing again is offered")
	}
	p.do(Health{healthy()}).tap("print-again")
	if n := len(effects[Print](p)); n != 1 {
		t.Errorf("%d print jobs once the printer is back, want 1", n)
	}
	// An item whose product is paper is greyed, with the reason; its guide stays readable.
	p = newPlayer(t).do(Health{r}).tap("begin", "theme:social")
	if a, _ := find(Look(p.s), "item:cert"); a.Why != "打印纸用完了" {
		t.Errorf("why %q", a.Why)
	}
	p.tap("item:cert").at(Guide)
	if a, _ := find(Look(p.s), "start"); !a.Off || a.Why == "" {
		t.Error("the item can be begun")
	}
	p.do(StartItem{}).at(Guide).tap("window").over("window")
}

func TestOffer(t *testing.T) {
	item := func(id string) *catalog.Item { return testCatalog().ByID(id) }
	base := standing(t, Home).s
	cases := []struct {
		name string
		item string
		edit func(s *State)
		why  string
	}{
		{"all well", "allowance", func(*State) {}, ""},
		{"guide only", "pay", func(*State) {}, "看指南"},
		{"not checked", "allowance", func(s *State) { s.checked = false }, "准备"},
		{"disk full", "allowance", func(s *State) { s.report.CanLodge, s.report.NoLodge = false, "存满了" }, "存满"},
		{"no reader", "allowance", func(s *State) { s.report.CanRead, s.report.NoRead = false, "读卡器坏了" }, "读卡器"},
		{"no reader, card known", "allowance", func(s *State) { c := cardA(); s.card, s.report.CanRead = &c, false }, ""},
		{"no reader, nobody asked", TroubleItem, func(s *State) { s.report.CanRead = false }, ""},
		{"no printer", "allowance", func(s *State) { s.report.CanPrint = false }, ""},
		{"no printer for paper", "cert", func(s *State) { s.report.CanPrint, s.report.NoPrint = false, "没纸" }, "没纸"},
		{"offline", "query", func(s *State) { s.report.Online = false }, ""},
	}
	for _, c := range cases {
		s := base
		c.edit(&s)
		if o := s.offer(item(c.item)); o.off != (c.why != "") || !strings.Contains(o.why, c.why) {
			t.Errorf("%s: %+v, want %q", c.name, o, c.why)
		}
	}
}

func TestLeavingWhilePrintingWaitsForThePaper(t *testing.T) {
	p := standing(t, Receipt).tap("leave").at(Receipt).over("leaving")
	p.do(Touch{}, Rate{5}, Another{}).at(Receipt)
	p.do(printed(devices.Printed, devices.OK)).at(Wiped)

	// A paper that did not come out keeps the code on the screen, then the page ends by itself.
	p = standing(t, Receipt).tap("leave").do(printed(devices.PrintFailed, devices.PaperOut)).at(Receipt).over("")
	p.pass(59 * time.Second).at(Receipt).pass(time.Second).at(Wiped)

	// A printer that never answers holds nobody for ever.
	standing(t, Receipt).tap("leave").pass(paperPatience + time.Second).at(Receipt).pass(time.Minute).at(Wiped)
}

func TestOldPrintResultsAreNotTakenForNewOnes(t *testing.T) {
	p := standing(t, Receipt).do(printed(devices.PrintFailed, devices.PaperOut)).tap("print-again")
	p.do(printed(devices.Printed, devices.OK)) // job 1 again
	if n := Look(p.s).Body.(*ReceiptBody).Print; n.Tone != Calm {
		t.Errorf("an old job's result counts: %+v", n)
	}
	p.do(PrintDone{Job: 2, Result: devices.PrintResult{Outcome: devices.Printed}})
	if n := Look(p.s).Body.(*ReceiptBody).Print; n.Tone != Good {
		t.Errorf("the job's own result doesn't count: %+v", n)
	}
}

func TestRating(t *testing.T) {
	p := standing(t, Receipt).do(printed(devices.Printed, devices.OK))
	b := Look(p.s).Body.(*ReceiptBody)
	if len(b.Rates) != 5 || !strings.Contains(b.RateAsk, "不评也可以") {
		t.Fatalf("%d targets, %q", len(b.Rates), b.RateAsk)
	}
	for _, a := range b.Rates {
		if a.Chosen || a.Style != b.Rates[0].Style || a.Off {
			t.Errorf("target %s differs from the others", a.ID)
		}
	}
	p.tap("rate:2").do(Rate{5}, Rate{1})
	ratings := effects[PutRating](p)
	if len(ratings) != 1 || ratings[0].Level != 2 || ratings[0].Number != receiptNumber {
		t.Fatalf("ratings %+v", ratings)
	}
	if b := Look(p.s).Body.(*ReceiptBody); b.RateAsk != "" || len(b.Rates) != 0 || b.Thanks == "" {
		t.Error("asked twice")
	}
	// Time that runs out is no rating.
	p = standing(t, Receipt).do(printed(devices.Printed, devices.OK)).pass(2 * time.Minute)
	if n := len(effects[PutRating](p)); n != 0 {
		t.Errorf("%d ratings without a touch", n)
	}
}

func TestTroubleKeepsWhatWasBeingDone(t *testing.T) {
	p := standing(t, Commitment).tap("tick:0")
	before := p.s.work
	p.tap("trouble").at(Questions)
	if b := Look(p.s).Body.(*QuestionBody); !hasPair(b.Known, "高龄老人津贴申请") {
		t.Errorf("the page doesn't say what it is about: %+v", b.Known)
	}
	p.tap("back").at(Commitment)
	if !reflect.DeepEqual(before, p.s.work) {
		t.Error("something was lost by looking at 办不成事")
	}
	p.tap("trouble", "option:slow", "next", "next").at(Review).tap("confirm").at(Lodging)
	d := effects[Lodge](p)[0].Draft
	if d.Item.ID != TroubleItem || d.Card != nil || d.About == nil || *d.About != (About{"allowance", "高龄老人津贴申请", "commitment"}) {
		t.Errorf("draft %+v about %+v", d.Item.ID, d.About)
	}
	p.do(Lodged{ID: "f", Number: receiptNumber, At: start}).at(Receipt)
	if b := Look(p.s).Body.(*ReceiptBody); b.RateAsk != "" || len(b.Rates) != 0 {
		t.Error("a feedback asks for a rating")
	}
	p.do(printed(devices.Printed, devices.OK)).tap("resume").at(Commitment)
	if !reflect.DeepEqual(before, p.s.work) {
		t.Error("something was lost by lodging 办不成事")
	}
}

func TestTroubleWhileTheReceiptPrints(t *testing.T) {
	p := standing(t, Receipt).tap("trouble").at(Questions).do(printed(devices.Printed, devices.OK))
	p.tap("back").at(Receipt)
	if n := Look(p.s).Body.(*ReceiptBody).Print; n.Tone != Good {
		t.Errorf("the paper's fate was lost: %+v", n)
	}
}

func TestTroubleThatCannotBeTakenIn(t *testing.T) {
	full := healthy()
	full.CanLodge, full.NoLodge = false, "存满了"
	p := standing(t, Review).do(Health{full}).tap("trouble").at(Review).over("help")
	if !strings.Contains(everything(Look(p.s)), "12345") {
		t.Error("no telephone number")
	}
}

func TestToWindow(t *testing.T) {
	p := standing(t, Materials).tap("window").over("window")
	o := Look(p.s).Overlay
	if lines := strings.Join(o.Lines, "\n"); !strings.Contains(lines, "居民身份证") || !strings.Contains(lines, "银行卡") {
		t.Errorf("lines %q", o.Lines)
	}
	p.tap("print-list")
	jobs := effects[Print](p)
	if len(jobs) != 1 || jobs[0].Number != "" {
		t.Fatalf("jobs %+v", jobs)
	}
	p.do(PrintList{}) // one at a time
	p.do(PrintDone{Job: jobs[0].Job, Result: devices.PrintResult{Outcome: devices.Printed}}).tap("close").at(Materials)
	if n := len(effects[Print](p)); n != 1 {
		t.Errorf("%d jobs, want 1", n)
	}
}

func TestProgress(t *testing.T) {
	records := []Record{
		{ID: "1", Number: receiptNumber, Item: "allowance", ItemName: "高龄老人津贴申请", At: start, Sent: true},
		{ID: "2", Number: "MX0427-1-20261123-0017-7", Item: "gone", ItemName: "旧事项", At: start},
	}
	p := standing(t, Progress).do(read(cardA())).at(Progress)
	ask := effects[FindRecords](p)[0]
	if ask.IDNumber != cardA().Number {
		t.Fatal("looked up somebody else")
	}
	p.do(Found{Ask: ask.Ask + 1, Records: records}) // of another look-up
	if _, waits := Look(p.s).Body.(*WaitBody); !waits {
		t.Fatal("another look-up's records are shown")
	}
	p.do(Health{offlineReport()}, Found{Ask: ask.Ask, Records: records})
	rows := Look(p.s).Body.(*RecordsBody).Rows
	if len(rows) != 2 || rows[0].State != "已送达上级平台" || rows[1].State != "已收件，等网络恢复后送出" {
		t.Fatalf("rows %+v", rows)
	}
	p.tap("print:" + receiptNumber)
	if jobs := effects[Print](p); len(jobs) != 1 || jobs[0].Number != receiptNumber {
		t.Fatalf("jobs %+v", jobs)
	}
	p.do(printed(devices.Printed, devices.OK)).tap("back").at(Home)
	p.tap("theme:social", "item:query", "start").at(Review) // the card stays known

	// A scanned receipt says who lodged nothing: the copy bears no name.
	p = newPlayer(t).do(Scanned{devices.Scan{Text: receiptNumber}}).at(Progress)
	p.do(Found{Ask: 1, Records: records[:1]}).tap("print:" + receiptNumber)
	for _, b := range effects[Print](p)[0].Doc.Blocks {
		if strings.Contains(b.Text, "测试甲") {
			t.Error("the copy bears a name")
		}
	}
	// A store that can't be read isn't an empty one.
	p = standing(t, Progress).do(read(cardA()), Found{Ask: 1, Failed: true})
	if b := Look(p.s).Body.(*RecordsBody); !strings.Contains(b.Empty, "没有丢") {
		t.Errorf("says %q", b.Empty)
	}
	p.tap("next")
	if n := len(effects[FindRecords](p)); n != 2 {
		t.Errorf("%d look-ups, want 2", n)
	}
}

func TestScanFillsInWhatMayBeScanned(t *testing.T) {
	p := standing(t, Questions).tap("option:able", "next", "option:bank", "next").at(Questions)
	p.do(Scanned{devices.Scan{Text: " 6217 0000 0000 1234\r"}})
	if b := Look(p.s).Body.(*QuestionBody); b.Field.ID != "account" || b.Value != "6217000000001234" || b.Wrong != "" {
		t.Errorf("field %s value %q wrong %q", b.Field.ID, b.Value, b.Wrong)
	}
}

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

func offlineReport() (r healthReport) {
	r = healthy()
	r.Online = false
	return r
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
