package visit

import (
	"strings"
	"testing"

	"zhizhu/devices"
)

func letters() []Record {
	return []Record{
		{
			ID: "m2", Number: receiptNumber, Item: "allowance", ItemName: "高龄老人津贴申请", At: start, Sent: true,
			Letters: []Letter{
				{ID: "l2", Kind: LetterCorrection, At: start, Office: "镇民政办", Missing: []string{"户口簿首页", "银行卡正面"}, Due: "2026-12-07"},
				{ID: "l1", Kind: LetterAccepted, At: start},
			},
		},
		{
			ID: "m1", Number: "MX0427-1-20261120-0001-3", Item: "qualify", ItemName: "资格认证", At: start, Sent: true, Refused: true,
			Letters: []Letter{{ID: "l3", Kind: LetterRefused, At: start, Text: "今年已经认证过了，不用再办。"}},
		},
	}
}

func TestRepliesAreShownAndReportedOncePerPage(t *testing.T) {
	p := standing(t, Progress)
	p.do(read(cardA()))
	p.do(Found{Ask: p.s.find.ask, Records: letters()})
	text := everything(Look(p.s))
	for _, want := range []string{"要补材料", "请补正", "镇民政办", "1. 户口簿首页", "2. 银行卡正面", "2026年12月7日", "已受理", "今年已经认证过了", "没有受理"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not on the page", want)
		}
	}
	var told []string
	for _, e := range effects[MarkDelivered](p) {
		told = append(told, e.Letters...)
	}
	if got := strings.Join(told, " "); got != "l2 l1 l3" {
		t.Errorf("reported as shown: %q", got)
	}
}

func TestRepliesFoundByASlipAreNobodysDelivery(t *testing.T) {
	p := standing(t, Progress)
	p.do(Scanned{devices.Scan{Text: receiptNumber}})
	p.do(Found{Ask: p.s.find.ask, Records: letters()[:1]})
	if text := everything(Look(p.s)); strings.Contains(text, "户口簿首页") || !strings.Contains(text, "刷身份证") {
		t.Errorf("what a reply says is shown to whoever holds a slip, or nobody is told how to see it:\n%s", text)
	}
	if got := effects[MarkDelivered](p); len(got) > 0 {
		t.Errorf("delivered to whoever holds a slip: %v", got)
	}
}
