package visit

import (
	"strings"
	"testing"
	"time"

	"zhizhu/app/receipt"
	"zhizhu/devices"
	"zhizhu/offline/catalog"
)

// paperWords are the words of a printed document.
func paperWords(d devices.Document) string {
	var b strings.Builder
	for _, k := range d.Blocks {
		b.WriteString(k.Label + k.Text + "\n")
	}
	return b.String()
}

// A matter that could not be sent says so, on the progress page and on a further copy.
func TestStuckMatterIsTold(t *testing.T) {
	stuck := Record{ID: "1", Number: receiptNumber, Item: "qualify", ItemName: "资格认证", At: start, Accepted: true, Stuck: true}
	p := standing(t, Progress).do(read(cardA()), Found{Ask: 1, Records: []Record{stuck}})
	if row := Look(p.s).Body.(*RecordsBody).Rows[0]; !strings.Contains(row.State, "没有送上去") || !strings.Contains(row.State, "12345") {
		t.Errorf("the page says %q", row.State)
	}
	p.tap("print:" + receiptNumber)
	text := paperWords(effects[Print](p)[0].Doc)
	if !strings.Contains(text, receipt.StuckWords) || strings.Contains(text, "自动送出") || strings.Contains(text, "正在送往") {
		t.Errorf("the copy says\n%s", text)
	}
	// What was sent after all is sent.
	stuck.Sent = true
	p = standing(t, Progress).do(read(cardA()), Found{Ask: 1, Records: []Record{stuck}})
	if row := Look(p.s).Body.(*RecordsBody).Rows[0]; row.State != receipt.Sent.Words() {
		t.Errorf("the page says %q", row.State)
	}
}

// A network that is there isn't told as one that is down, on no page.
func TestHeldLineIsNotToldAsDown(t *testing.T) {
	held := offlineReport()
	held.Held, held.Net = true, "暂时送不到上级平台，照常办理"
	check := func(p *player) {
		t.Helper()
		text := everything(Look(p.s))
		for _, wrong := range []string{"断网", "没有网络", "网络恢复"} {
			if strings.Contains(text, wrong) {
				t.Errorf("%s says %s", p.s.step, wrong)
			}
		}
	}
	for _, step := range Steps() {
		if step == Staff || step == OutOfService {
			continue
		}
		p := standing(t, step).do(Health{held})
		check(p)
		if v := Look(p.s); v.Header.Network != held.Net {
			t.Errorf("%s: header %q", step, v.Header.Network)
		}
	}
	live := *testCatalog().ByID("query")
	live.Offline = catalog.OfflineGuide
	if o := standing(t, Home).do(Health{held}).s.offer(&live); !o.off || strings.Contains(o.why, "网络恢复") {
		t.Errorf("an item that needs the line: %+v", o)
	}
	p := standing(t, Lodging).do(Health{held}, Lodged{ID: "m", Number: receiptNumber, At: start})
	check(p)
	if text := paperWords(effects[Print](p)[0].Doc); !strings.Contains(text, receipt.Held.Words()) {
		t.Errorf("the slip says\n%s", text)
	}
	p = standing(t, Progress).do(Health{held}, read(cardA()), Found{Ask: 1, Records: []Record{{Number: receiptNumber, At: start}}})
	check(p)
}

// A clock that wasn't checked is told calmly, on the first slip, on the page and on further copies.
func TestUnsureClockIsTold(t *testing.T) {
	const words = "时间以窗口登记为准"
	unsure := healthy()
	unsure.ClockUnsure = true
	p := standing(t, Lodging).do(Health{unsure}, Lodged{ID: "m", Number: receiptNumber, At: start})
	p.do(printed(devices.Printed, devices.OK), Health{healthy()}).tap("print-again")
	for i, job := range effects[Print](p) {
		if !strings.Contains(paperWords(job.Doc), words) {
			t.Errorf("slip %d doesn't tell that the clock was unsure", i)
		}
	}
	if !strings.Contains(everything(Look(p.s)), words) {
		t.Error("the page doesn't tell it")
	}
	// Lodged by a good clock: the first slip doesn't say it, a copy by a bad clock does.
	p = standing(t, Receipt).do(printed(devices.Printed, devices.OK), Health{unsure}).tap("print-again")
	jobs := effects[Print](p)
	if strings.Contains(paperWords(jobs[0].Doc), words) || !strings.Contains(paperWords(jobs[1].Doc), words) {
		t.Error("the slips mix the clocks up")
	}
	// Of an earlier matter it is the clock of then.
	for _, r := range []Record{{Number: receiptNumber, At: start}, {Number: receiptNumber, At: start, ClockUnsure: true}} {
		p = standing(t, Progress).do(read(cardA()), Found{Ask: 1, Records: []Record{r}}).tap("print:" + receiptNumber)
		if got := strings.Contains(paperWords(effects[Print](p)[0].Doc), words); got != r.ClockUnsure {
			t.Errorf("record %+v: told %v", r, got)
		}
	}
}

// What decides whether a matter counts stands on the receipt page, too.
func TestNotesStandOnTheReceiptPage(t *testing.T) {
	w := testWorld()
	w.Catalog.ByID("qualify").Guide.Notes = []string{"核对好才算"}
	p := newPlayer(t)
	p.s = New(w)
	p.do(Clock{start}, Health{healthy()}).tap("begin", "theme:social", "item:qualify", "start").do(read(cardA()))
	p.tap("tick:0", "next").do(finger()).tap("next", "confirm").do(Lodged{ID: "m", Number: receiptNumber, At: start})
	if b := Look(p.s).Body.(*ReceiptBody); !hasPair(b.Rows, "核对好才算") {
		t.Errorf("rows %+v", b.Rows)
	}
}

// An electronic certificate may not be there: nowhere is it promised.
func TestECertificateIsNotPromised(t *testing.T) {
	guide := Look(standing(t, Guide).s)
	materials := Look(standing(t, Materials).s)
	review := Look(standing(t, Review).s)
	for _, v := range []View{guide, materials, review} {
		text := everything(v)
		if !strings.Contains(text, tryECert) || strings.Contains(text, "不用带") || strings.Contains(text, "不用交纸的") {
			t.Errorf("%s promises it", v.Step)
		}
	}
	p := standing(t, Receipt)
	if text := paperWords(effects[Print](p)[0].Doc); !strings.Contains(text, "户口簿："+tryECert) {
		t.Errorf("the slip says\n%s", text)
	}
}

// Whoever fetches somebody has the minutes that the page names.
func TestHelpWaitsAsLongAsItSays(t *testing.T) {
	for _, step := range []Step{Questions, Review, Receipt} {
		p := standing(t, step).do(printed(devices.Printed, devices.OK)).tap("help").over("help")
		if !strings.Contains(strings.Join(Look(p.s).Overlay.Lines, ""), "等 5 分钟") {
			t.Errorf("says %q", Look(p.s).Overlay.Lines)
		}
		p.pass(5*time.Minute - time.Second).over("help").at(step).pass(time.Second)
		if step == Receipt {
			p.at(Wiped)
			continue
		}
		p.over("idle").pass(19 * time.Second).at(step).pass(time.Second).at(Wiped)
	}
	p := standing(t, Questions).do(ToggleGuided{}).tap("help")
	if !strings.Contains(strings.Join(Look(p.s).Overlay.Lines, ""), "等 10 分钟") {
		t.Errorf("guided: says %q", Look(p.s).Overlay.Lines)
	}
	p.pass(10*time.Minute - time.Second).over("help")
}

// noPaper are the ways in which a slip isn't known to have come out.
func noPaper(t *testing.T) map[string]*player {
	t.Helper()
	none := healthy()
	none.CanPrint, none.NoPrint = false, "打印纸用完了"
	return map[string]*player{
		"failed":  standing(t, Receipt).do(printed(devices.PrintFailed, devices.PaperOut)),
		"unknown": standing(t, Receipt).do(printed(devices.PrintUnknown, devices.OK)),
		"none":    standing(t, Lodging).do(Health{none}, Lodged{ID: "m", Number: receiptNumber, At: start}),
	}
}

func TestReceiptWithoutPaperWaitsLongerAndAsks(t *testing.T) {
	for name, p := range noPaper(t) {
		t.Run(name, func(t *testing.T) {
			p.t = t
			p.pass(165 * time.Second)
			if a, _ := find(Look(p.s), "leave"); a.Label != "退出" {
				t.Errorf("counts down: %s", a.Label)
			}
			p.pass(14 * time.Second).over("").at(Receipt)
			p.pass(time.Second).over("idle")
			if !strings.Contains(strings.Join(Look(p.s).Overlay.Lines, ""), receiptNumber) {
				t.Errorf("the question hides the number: %q", Look(p.s).Overlay.Lines)
			}
			p.tap("close").over("").at(Receipt).pass(200 * time.Second).at(Wiped)
		})
	}
}

func TestLeavingWithoutPaperAsksOnce(t *testing.T) {
	for name, p := range noPaper(t) {
		t.Run(name, func(t *testing.T) {
			p.t = t
			p.tap("leave").over("paper").at(Receipt)
			if !strings.Contains(strings.Join(Look(p.s).Overlay.Lines, ""), receiptNumber) {
				t.Errorf("the question hides the number: %q", Look(p.s).Overlay.Lines)
			}
			p.tap("close").over("").tap("leave", "confirm-leave").at(Wiped)
		})
	}
	// From 办不成事 beside such a page the same is asked.
	standing(t, Receipt).do(printed(devices.PrintFailed, devices.PaperOut)).tap("trouble").at(Questions).tap("leave").over("paper")
	// A further copy that fails takes the first away from nobody.
	p := standing(t, Receipt).do(printed(devices.Printed, devices.OK)).tap("print-again")
	p.do(PrintDone{Job: 2, Number: receiptNumber, Result: devices.PrintResult{Outcome: devices.PrintFailed}}).tap("leave").at(Wiped)
}

// 退出 stands where 确认提交 stood: a second touch of the same finger doesn't throw the receipt page away.
func TestSecondTouchOnConfirmIsNotLeave(t *testing.T) {
	for ticks := range 2 {
		p := standing(t, Receipt).pass(time.Duration(ticks)*time.Second).do(Leave{}, ConfirmLeave{}).at(Receipt).over("")
		p.do(printed(devices.Printed, devices.OK)).at(Receipt).tap("leave").at(Wiped)
	}
	standing(t, Receipt).pass(2 * time.Second).do(Leave{}).over("leaving")
}

// The progress page finds a known person's matters while a checklist is printing still.
func TestProgressWhileAChecklistPrints(t *testing.T) {
	p := standing(t, Materials).tap("window", "print-list", "close")
	for p.s.step != Home {
		p.do(Back{})
	}
	p.tap("progress").at(Progress)
	if asks := effects[FindRecords](p); len(asks) != 1 || asks[0].IDNumber != cardA().Number {
		t.Fatalf("look-ups %d: the page is dead", len(asks))
	}
	p.do(Found{Ask: 1, Records: []Record{{Number: receiptNumber, At: start}}})
	if _, ok := Look(p.s).Body.(*RecordsBody); !ok {
		t.Error("the matters aren't shown")
	}
}

// Nobody is told to lay a card for a matter that was lodged without one.
func TestNoCardNoWordsOfCards(t *testing.T) {
	none := offlineReport()
	none.CanPrint, none.NoPrint = false, "打印纸用完了"
	p := newPlayer(t).do(Health{none}).tap("begin", "trouble").at(Questions)
	p.tap("option:slow", "next", "next").at(Review)
	if text := everything(Look(p.s)); strings.Contains(text, "刷身份证") || !strings.Contains(text, "下次扫凭证上的码") {
		t.Errorf("review says %s", text)
	}
	p.tap("confirm").do(Lodged{ID: "f", Number: receiptNumber, At: start}).at(Receipt)
	if text := Look(p.s).Body.(*ReceiptBody).Print.Text; strings.Contains(text, "刷身份证") || !strings.Contains(text, "下次扫这个码") {
		t.Errorf("says %q", text)
	}
	// Who scanned a slip is told to scan it again.
	p = newPlayer(t).do(Scanned{devices.Scan{Text: receiptNumber}}, Found{Ask: 1, Records: []Record{{Number: receiptNumber, At: start}}})
	p.tap("print:" + receiptNumber).do(printed(devices.PrintFailed, devices.PaperOut))
	if n := Look(p.s).Notice; n == nil || strings.Contains(n.Text, "刷身份证") {
		t.Errorf("says %+v", n)
	}
	p = standing(t, Lodging).do(Health{none}, Lodged{ID: "m", Number: receiptNumber, At: start})
	if text := Look(p.s).Body.(*ReceiptBody).Print.Text; !strings.Contains(text, "下次刷身份证") {
		t.Errorf("says %q", text)
	}
}

// A slip may be lost: accounts and telephone numbers stand on it by their last four digits.
func TestSlipBearsNoWholeNumbers(t *testing.T) {
	text := paperWords(effects[Print](standing(t, Receipt))[0].Doc)
	for _, whole := range []string{"621700000000", "6217 0000 0000", "13800138000", "138 0013 8000"} {
		if strings.Contains(text, whole) {
			t.Errorf("%s is on the paper", whole)
		}
	}
	for _, want := range []string{"银行账号：尾号 0000", "联系电话：尾号 8000"} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is missing in\n%s", want, text)
		}
	}
}

// A store that was put aside isn't an empty one.
func TestOlderRecordsThatCannotBeShown(t *testing.T) {
	r := healthy()
	r.StoreRenamed = true
	p := standing(t, Progress).do(Health{r}, read(cardA()), Found{Ask: 1})
	v := Look(p.s)
	if b := v.Body.(*RecordsBody); !strings.Contains(b.Empty, "工作人员会处理") || strings.Contains(v.Title, "没有查到") {
		t.Errorf("says %q %q", v.Title, b.Empty)
	}
	p = standing(t, Progress).do(Health{r}, read(cardA()), Found{Ask: 1, Records: []Record{{Number: receiptNumber, At: start}}})
	if v := Look(p.s); !strings.Contains(v.Lead, "更早的") {
		t.Errorf("says %q", v.Lead)
	}
}
