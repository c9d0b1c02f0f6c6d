package health

import (
	"strings"
	"testing"
	"time"

	"zhizhu/devices"
)

var now = time.Date(2026, 11, 23, 9, 41, 0, 0, time.UTC)

// well is a machine on which everything works.
func well() Facts {
	ready := devices.Status{State: devices.Ready, Port: "/dev/ttyUSB0"}
	printer := ready
	printer.Paper = devices.PaperOK
	return Facts{IDCard: ready, Printer: printer, Scanner: ready, Upstream: UpstreamOK, StoreOK: true, Enrolled: true, Acknowledged: 7, ClockTrust: "synced"}
}

func TestAllWell(t *testing.T) {
	r := Evaluate(well(), now)
	if !r.Online || !r.CanLodge || !r.CanRead || !r.CanPrint || !r.CanScan || len(r.Resident) != 0 {
		t.Errorf("report %+v", r)
	}
	for _, l := range r.Staff {
		if l.Severity != Fine || l.Todo != "" {
			t.Errorf("a machine that is well has finding %+v", l)
		}
	}
	if r.Acknowledged != 7 {
		t.Errorf("acknowledged %d", r.Acknowledged)
	}
}

// One broken thing takes away what needs it, and nothing else.
func TestOneBrokenThing(t *testing.T) {
	type can struct{ online, lodge, read, print, scan bool }
	all := can{true, true, true, true, true}
	without := func(edit func(*can)) can { c := all; edit(&c); return c }
	missing := devices.Status{State: devices.Missing, Reason: devices.NoPort}
	cases := []struct {
		name     string
		edit     func(*Facts)
		want     can
		resident string // in the public notices; "" for none
		subject  string // of the first finding for staff
		severity Severity
	}{
		{"reader gone", func(f *Facts) { f.IDCard = missing }, without(func(c *can) { c.read = false }), "读卡器", "读卡器", Broken},
		{"printer gone", func(f *Facts) { f.Printer = missing }, without(func(c *can) { c.print = false }), "显示在屏幕上", "打印机", Broken},
		{"paper out", func(f *Facts) { f.Printer.Paper = devices.PaperEnd }, without(func(c *can) { c.print = false }), "打印纸用完了", "打印机", Broken},
		{"paper low", func(f *Facts) { f.Printer.Paper = devices.PaperLow }, all, "快用完", "打印机", Notice},
		{"cover open", func(f *Facts) { f.Printer = devices.Status{State: devices.Faulty, Reason: devices.CoverOpen} }, without(func(c *can) { c.print = false }), "盖子", "打印机", Broken},
		{"silent printer", func(f *Facts) { f.Printer = devices.Status{State: devices.Unknown} }, all, "", "打印机", Fine},
		{"scanner gone", func(f *Facts) { f.Scanner = missing }, without(func(c *can) { c.scan = false }), "", "扫码器", Broken},
		{"no scanner fitted", func(f *Facts) { f.Scanner = devices.Status{State: devices.Missing, Reason: devices.Unconfigured} }, without(func(c *can) { c.scan = false }), "", "扫码器", Notice},
		{"line down", func(f *Facts) { f.Upstream = UpstreamUnreachable }, without(func(c *can) { c.online = false }), "", "网络", Notice},
		{"refused a while ago", func(f *Facts) { f.Upstream, f.UpstreamSince = UpstreamRefused, now.Add(-refusedTooLong) }, without(func(c *can) { c.online = false }), "", "网络", Broken},
		{"refused for long", func(f *Facts) { f.Upstream, f.UpstreamSince = UpstreamRefused, now.Add(-refusedTooLong-time.Second) }, without(func(c *can) { c.online, c.lodge = false, false }), "先不收新的", "网络", Broken},
		{"unreachable for long", func(f *Facts) { f.Upstream, f.UpstreamSince = UpstreamUnreachable, now.Add(-50*time.Hour) }, without(func(c *can) { c.online = false }), "", "网络", Notice},
		{"clock is off", func(f *Facts) { f.ClockTrust = "offset" }, all, "", "时间", Notice},
		{"wrong certificate", func(f *Facts) { f.Upstream = UpstreamCertificate }, without(func(c *can) { c.online = false }), "", "网络", Broken},
		{"not enrolled", func(f *Facts) { f.Enrolled, f.Upstream = false, UpstreamUnenrolled }, without(func(c *can) { c.lodge, c.online = false, false }), "没有开通", "网络", Broken},
		{"disk full", func(f *Facts) { f.DiskFull = true }, without(func(c *can) { c.lodge = false }), "存满", "存储", Broken},
		{"store broken", func(f *Facts) { f.StoreOK = false }, without(func(c *can) { c.lodge = false }), "不能收件", "存储", Broken},
		{"store put aside", func(f *Facts) { f.StoreRenamed = "matters.db.damaged-20261123" }, all, "", "存储", Broken},
		{"quarantine", func(f *Facts) { f.Quarantined = 2 }, all, "", "办件", Notice},
		{"old matter", func(f *Facts) { f.Queued, f.Oldest = 1, now.Add(-96*time.Hour) }, all, "", "办件", Notice},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			f := well()
			c.edit(&f)
			r := Evaluate(f, now)
			if got := (can{r.Online, r.CanLodge, r.CanRead, r.CanPrint, r.CanScan}); got != c.want {
				t.Errorf("can %+v, want %+v", got, c.want)
			}
			told := strings.Join(r.Resident, "\n")
			if (told == "") != (c.resident == "") || !strings.Contains(told, c.resident) {
				t.Errorf("residents are told %q, want %q", told, c.resident)
			}
			first := r.Staff[0]
			if first.Severity != c.severity || c.severity != Fine && (first.Subject != c.subject || first.Todo == "") {
				t.Errorf("first finding %+v", first)
			}
			for why, works := range map[string]bool{r.NoLodge: r.CanLodge, r.NoRead: r.CanRead, r.NoPrint: r.CanPrint, r.NoScan: r.CanScan} {
				if why != "" && works {
					t.Errorf("reason %q for what works", why)
				}
			}
		})
	}
}

func TestEveryUpstreamStateAndTroubleHasWords(t *testing.T) {
	seen := map[string]bool{}
	for u := UpstreamUnknown; u <= UpstreamUnenrolled; u++ {
		severity, w := upstreamWords(u)
		if w.text == "" || severity != Fine && w.todo == "" || seen[w.text] {
			t.Errorf("state %d: %+v", u, w)
		}
		seen[w.text] = true
	}
	for k := devices.OK; k <= devices.BadDocument; k++ {
		w := troubleOf(k)
		if w.text == "" || w.todo == "" {
			t.Errorf("%s: %+v", k, w)
		}
		general := k == devices.OK || k == devices.Cancelled || k == devices.Internal
		if own := w != troubleOf(devices.Internal); own == general {
			t.Errorf("%s: own words %v", k, own)
		}
	}
}

func TestStaffAreToldWhoHoldsAPortAndWhatElseIsThere(t *testing.T) {
	f := well()
	f.IDCard = devices.Status{State: devices.Missing, Reason: devices.InUse, Port: "/dev/ttyS0", Holder: "minicom, pid 812"}
	f.A4 = devices.Status{State: devices.Faulty, Reason: devices.PaperOut}
	lines := Evaluate(f, now).Staff
	told := func(subject string) (all string) {
		for _, l := range lines {
			if l.Subject == subject {
				all += l.Text + l.Todo
			}
		}
		return all
	}
	if got := told("读卡器"); !strings.Contains(got, "minicom, pid 812") {
		t.Errorf("card reader: %q", got)
	}
	if got := told("A4 打印机"); !strings.Contains(got, "A4 纸") || strings.Contains(got, "热敏") {
		t.Errorf("A4 printer: %q", got)
	}
	if got := told("高拍仪"); got != "" {
		t.Errorf("a document camera that the machine doesn't have: %q", got)
	}
}

func TestStaffLinesAreWorstFirst(t *testing.T) {
	f := well()
	f.Upstream, f.UpstreamSince, f.DiskFull, f.IDCard = UpstreamUnreachable, now.Add(-90*time.Minute), true, devices.Status{State: devices.Missing}
	r := Evaluate(f, now)
	for i := 1; i < len(r.Staff); i++ {
		if r.Staff[i].Severity > r.Staff[i-1].Severity {
			t.Fatalf("%+v stands before %+v", r.Staff[i-1], r.Staff[i])
		}
	}
	var network string
	for _, l := range r.Staff {
		if l.Subject == "网络" {
			network = l.Text
		}
	}
	if !strings.Contains(network, "1 小时") {
		t.Errorf("network: %q", network)
	}
}

func TestAgo(t *testing.T) {
	for _, c := range []struct {
		d    time.Duration
		want string
	}{{30 * time.Second, "不到 1 分钟"}, {5 * time.Minute, " 5 分钟"}, {3 * time.Hour, " 3 小时"}, {72 * time.Hour, " 3 天"}} {
		if got := ago(c.d); got != c.want {
			t.Errorf("%s: %q, want %q", c.d, got, c.want)
		}
	}
}

func TestZeroFactsOfferGuidesOnly(t *testing.T) {
	r := Evaluate(Facts{}, now)
	if r.CanLodge || r.Online || r.NoLodge == "" {
		t.Errorf("report %+v", r)
	}
}

// A network that is there is never told as one that is down, and the other way round.
func TestNetWords(t *testing.T) {
	for u, want := range map[Upstream]string{
		UpstreamOK: "网络正常", UpstreamUnknown: "正在检查网络", UpstreamUnreachable: "暂时断网，照常办理", UpstreamDNS: "暂时断网，照常办理",
		UpstreamPortal: "暂时断网，照常办理", UpstreamRefused: "暂时送不到上级平台，照常办理",
		UpstreamCertificate: "暂时送不到上级平台，照常办理", UpstreamClock: "暂时送不到上级平台，照常办理",
		UpstreamBusy: "暂时送不到上级平台，照常办理", UpstreamUnenrolled: "还没有接到上级平台",
	} {
		f := well()
		f.Upstream, f.UpstreamSince = u, now.Add(-time.Hour)
		r := Evaluate(f, now)
		if r.Net != want || r.Held != strings.Contains(want, "送不到") {
			t.Errorf("state %d: %q, held %v, want %q", u, r.Net, r.Held, want)
		}
		f.DiskFull = true
		if r = Evaluate(f, now); strings.Contains(r.Net, "照常") {
			t.Errorf("state %d: %q, though nothing is taken in", u, r.Net)
		}
	}
}

func TestStaffReadThatNothingMoreIsTakenIn(t *testing.T) {
	f := well()
	f.Upstream, f.UpstreamSince = UpstreamRefused, now.Add(-5*time.Hour)
	if l := Evaluate(f, now).Staff[0]; !strings.Contains(l.Text, "5 小时") || !strings.Contains(l.Text, "停收") {
		t.Errorf("finding %+v", l)
	}
}

func TestWhatTheStoreAndTheClockMeanForResidents(t *testing.T) {
	f := well()
	if r := Evaluate(f, now); r.ClockUnsure || r.StoreRenamed {
		t.Errorf("report %+v", r)
	}
	f.StoreRenamed = "matters.db.damaged"
	if !Evaluate(f, now).StoreRenamed {
		t.Error("nobody is told that older records can't be shown")
	}
	for _, trust := range []string{"", "unknown", "offset"} {
		f.ClockTrust = trust
		if !Evaluate(f, now).ClockUnsure {
			t.Errorf("a clock that is %q counts as sure", trust)
		}
	}
}
