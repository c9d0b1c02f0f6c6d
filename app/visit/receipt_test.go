package visit

import (
	"strings"
	"testing"
	"time"

	"zhizhu/devices"
)

func TestLodgeFailedKeepsAnswersAndMayBeTriedAgain(t *testing.T) {
	for fault, want := range map[LodgeFault]string{LodgeDiskFull: "存满", LodgeStore: "再试一次", LodgeUnenrolled: "开通", LodgeInDoubt: "说不准"} {
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

func TestLeavingWhilePrintingWaitsForThePaper(t *testing.T) {
	p := standing(t, Receipt).pass(2 * time.Second).tap("leave").at(Receipt).over("leaving")
	p.do(Touch{}, Rate{5}, Another{}).at(Receipt)
	p.do(printed(devices.Printed, devices.OK)).at(Wiped)

	// A paper that did not come out keeps the code on the screen, then the page ends by itself.
	p = standing(t, Receipt).pass(2 * time.Second).tap("leave").do(printed(devices.PrintFailed, devices.PaperOut)).at(Receipt).over("")
	p.pass(179 * time.Second).over("").pass(time.Second).over("idle").pass(20 * time.Second).at(Wiped)

	// A printer that never answers holds nobody for ever.
	standing(t, Receipt).pass(2 * time.Second).tap("leave").over("leaving").pass(paperPatience).at(Receipt).
		pass(200 * time.Second).at(Wiped)
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
