package visit

import (
	"strings"
	"testing"

	"zhizhu/devices"
)

// armed and watched return what the reader was told last.
func armed(p *player) (on bool) {
	for _, e := range effects[ArmCard](p) {
		on = e.On
	}
	return on
}

func watched(p *player) (on bool) {
	for _, e := range effects[WatchCard](p) {
		on = e.On
	}
	return on
}

// left ends a visit whose card was never taken away.
func left(t *testing.T) *player {
	t.Helper()
	p := standing(t, Receipt)
	for p.s.step != Wiped {
		p.do(printed(devices.Printed, devices.OK), Leave{}, ConfirmLeave{})
	}
	return p.do(WipeDone{}).at(Attract)
}

func TestReceiptPageTellsOfTheCardThatLiesThere(t *testing.T) {
	p := standing(t, Receipt)
	if !watched(p) {
		t.Fatal("nobody asks whether the card was left")
	}
	if n := Look(p.s).Notice; n != nil {
		t.Fatalf("a notice before the reader said anything: %q", n.Text)
	}
	p.do(happened(devices.CardLying))
	if n := Look(p.s).Notice; n == nil || !strings.Contains(n.Text, "您的身份证还放在读卡区") {
		t.Fatalf("notice %v", n)
	}
	p.do(happened(devices.CardLifted))
	if n := Look(p.s).Notice; n != nil {
		t.Fatalf("notice %q after the card was taken", n.Text)
	}
}

func TestForgottenCardOpensNobodysVisit(t *testing.T) {
	p := left(t).do(happened(devices.CardLying))
	if !strings.Contains(everything(Look(p.s)), "不是您的请交给工作人员") {
		t.Error("the attract page doesn't tell of the card")
	}
	p.do(Begin{}, OpenItem{"allowance"}, StartItem{}).at(Identify)
	if armed(p) {
		t.Fatal("the reader looks for a card while the last person's lies there")
	}
	if v := Look(p.s); !strings.Contains(v.Title, "已经有一张身份证") {
		t.Errorf("title %q", v.Title)
	}
	p.do(read(cardB())).at(Identify) // a late event of the reader's
	if p.s.card != nil {
		t.Fatal("the forgotten card has opened a visit")
	}
	p.do(happened(devices.CardLifted))
	if !armed(p) || watched(p) {
		t.Errorf("armed %v, watched %v after it was lifted; want armed only", armed(p), watched(p))
	}
	p.do(read(cardA())).at(Questions)
}

func TestReaderThatNeverSaysKeepsNobodyOut(t *testing.T) {
	p := left(t).do(Begin{}, OpenItem{"allowance"}, StartItem{}).at(Identify)
	if armed(p) {
		t.Fatal("armed before anybody knows whether the last card is gone")
	}
	p.pass(leftPatience)
	if !armed(p) {
		t.Fatal("not armed after the reader had its time")
	}
	broken := left(t).do(happened(devices.CardLying))
	r := broken.s.report
	r.CanRead = false
	broken.do(Health{r})
	if watched(broken) {
		t.Error("a broken reader is still asked")
	}
}

func TestScannerIsAimedWhereACodeIsWanted(t *testing.T) {
	for _, step := range Steps() {
		p := standing(t, step)
		aimed := false
		for _, e := range effects[AimScanner](p) {
			aimed = e.On
		}
		if want := step == Home || step == Progress; aimed != want {
			t.Errorf("at %s aimed %v, want %v", step, aimed, want)
		}
	}
	p := standing(t, Questions).tap("option:able", "next", "option:bank", "next")
	if f, _, _ := p.s.work.question(); f == nil || !f.Scan {
		t.Fatal("not at the question that may be scanned")
	}
	if on := effects[AimScanner](p); len(on) == 0 || !on[len(on)-1].On {
		t.Error("the scanner isn't aimed at a question that may be scanned")
	}
}

func TestSecondPersonsCardIsToldInTheMiddleOfAVisit(t *testing.T) {
	for _, step := range []Step{Questions, Materials, Signing, Review} {
		p := standing(t, step)
		p.do(read(cardA())).at(step).over("")
		p.do(happened(devices.CardTroubled), happened(devices.CardGone)).at(step).over("")
		p.do(read(cardB())).at(step).over("person")
		if p.s.card.Number != cardA().Number {
			t.Errorf("at %s: another's card has taken the visit over", step)
		}
	}
}

func TestMendedPrinterIsAReasonToTryAgain(t *testing.T) {
	p := standing(t, Receipt)
	p.do(printed(devices.PrintFailed, devices.CoverOpen))
	body, ok := Look(p.s).Body.(*ReceiptBody)
	if !ok || !strings.Contains(body.Print.Text, "刚才打印机的盖子没合上") || !strings.Contains(body.Print.Text, "再打一张") {
		t.Fatalf("%+v", body)
	}
	r := p.s.report
	r.CanPrint, r.NoPrint = false, "打印机的盖子没合上"
	p.do(Health{r})
	if body := Look(p.s).Body.(*ReceiptBody); strings.Contains(body.Print.Text, "现在好了") {
		t.Errorf("a printer that is still open: %q", body.Print.Text)
	}
}
