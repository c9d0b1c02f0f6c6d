package visit

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"zhizhu/devices"
	"zhizhu/offline/catalog"
)

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
	// The card that lies there still doesn't go on by itself.
	p.tap("back").do(happened(devices.CardFound), read(cardA())).at(Identify).over("").tap("back").at(Guide)
	p.tap("start").at(Questions).tap("back").do(read(cardA())).tap("next").at(Questions)
	if p = standing(t, Questions).tap("back").do(read(cardA())); Look(p.s).Body.(*IdentifyBody).Reading {
		t.Error("the page says that it still reads")
	}
}

func hasPair(pairs []Pair, value string) bool {
	return slices.ContainsFunc(pairs, func(p Pair) bool { return p.Value == value })
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

func offlineReport() (r healthReport) {
	r = healthy()
	r.Online = false
	return r
}
