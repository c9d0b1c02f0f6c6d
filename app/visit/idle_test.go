package visit

import (
	"strings"
	"testing"
	"time"

	"zhizhu/devices"
)

func TestIdle(t *testing.T) {
	cases := []struct {
		step   Step
		limit  time.Duration // until something happens
		asks   bool          // a question first
		answer string        // control that goes on
	}{
		{Home, 60 * time.Second, false, ""},
		{List, 60 * time.Second, false, ""},
		{Guide, 90 * time.Second, true, "close"},
		{Identify, 90 * time.Second, true, "close"},
		{Questions, 90 * time.Second, true, "close"},
		{Materials, 90 * time.Second, true, "close"},
		{Commitment, 90 * time.Second, true, "close"},
		{Signing, 90 * time.Second, true, "close"},
		{Review, 90 * time.Second, true, "close"},
		{Progress, 60 * time.Second, true, "close"},
		{Staff, 60 * time.Second, false, ""},
	}
	for _, c := range cases {
		t.Run(c.step.String(), func(t *testing.T) {
			p := standing(t, c.step).pass(c.limit - time.Second).over("").at(c.step)
			if !c.asks {
				p.pass(time.Second).at(Wiped)
				return
			}
			p.pass(time.Second).over("idle").at(c.step)
			p.pass(19 * time.Second).at(c.step).tap(c.answer).over("").at(c.step)
			p.pass(c.limit + 20*time.Second).at(Wiped)
		})
	}
}

func TestIdleNeverEndsALodging(t *testing.T) {
	standing(t, Lodging).pass(10 * time.Minute).at(Lodging).over("")
}

func TestIdleIsSlowerInGuidedMode(t *testing.T) {
	standing(t, Questions).do(ToggleGuided{}).pass(179 * time.Second).over("").pass(time.Second).over("idle").
		pass(39 * time.Second).at(Questions).pass(time.Second).at(Wiped)
}

// A card that is being laid, a code that is scanned, are signs of life as a touch is.
func TestDevicesAreSignsOfLife(t *testing.T) {
	standing(t, Identify).pass(95 * time.Second).over("idle").do(happened(devices.CardFound)).over("").
		pass(80 * time.Second).over("").at(Identify)
	standing(t, Progress).pass(65 * time.Second).over("idle").do(Scanned{devices.Scan{Text: "x"}}).over("").at(Progress)
}

// A clock that is set in the middle of a visit, by years and in either direction, throws nobody out.
func TestClockThatIsSetThrowsNobodyOut(t *testing.T) {
	for _, jump := range []time.Duration{6 * 365 * 24 * time.Hour, -6 * 365 * 24 * time.Hour, time.Hour} {
		p := standing(t, Questions).pass(30 * time.Second)
		p.do(Clock{p.s.now.Add(jump)}).over("").at(Questions)
		p.pass(58 * time.Second).over("").pass(time.Second).over("idle")
	}
}

func TestReceiptCountdownRunsInSteps(t *testing.T) {
	p := standing(t, Receipt).pass(20 * time.Second) // printing: no countdown, however long it takes
	p.do(printed(devices.Printed, devices.OK))
	labels := map[string]bool{}
	for range 59 {
		p.pass(time.Second).at(Receipt)
		a, _ := find(Look(p.s), "leave")
		labels[a.Label] = true
	}
	want := []string{"退出", "退出（30）", "退出（25）", "退出（20）", "退出（15）", "退出（10）", "退出（5）"}
	if len(labels) != len(want) {
		t.Errorf("labels %v", labels)
	}
	for _, w := range want {
		if !labels[w] {
			t.Errorf("never says %s", w)
		}
	}
	p.pass(time.Second).at(Wiped)
}

func TestExpiredCardAndAgeAreTold(t *testing.T) {
	old := cardA()
	old.ValidTo = "2020-05-01"
	v := Look(standing(t, Identify).do(read(old)).s)
	if v.Notice == nil || v.Notice.Tone != Attention || !strings.Contains(v.Notice.Text, "2020年5月1日") {
		t.Errorf("notice %+v", v.Notice)
	}
	v = Look(standing(t, Identify).do(read(cardA())).s)
	if v.Notice == nil || !strings.Contains(v.Notice.Text, "长者模式") {
		t.Errorf("notice %+v", v.Notice)
	}
	if v = Look(standing(t, Identify).do(read(cardB())).s); v.Notice != nil {
		t.Errorf("a young resident is offered %+v", v.Notice)
	}
}
