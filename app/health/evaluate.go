package health

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhizhu/devices"
)

// oldMatter is how long a matter may wait before staff are told that its waiting is no passing thing.
const oldMatter = 3 * 24 * time.Hour

// refusedTooLong is how long the gateway may refuse this machine before it takes nothing more in (R18): what is lodged
// would only lie here.
const refusedTooLong = 4 * time.Hour

// clockSynced is the one Facts.ClockTrust that is sure.
const clockSynced = "synced"

// Evaluate says what follows from the facts at a time. A device that is missing or broken takes away what needs it,
// and nothing else.
func Evaluate(f Facts, now time.Time) Report {
	r := Report{
		Online:       f.Upstream == UpstreamOK,
		CanRead:      f.IDCard.Usable(),
		CanPrint:     f.Printer.Usable() && f.Printer.Paper != devices.PaperEnd,
		CanScan:      f.Scanner.Usable(),
		LowPaper:     f.Printer.Paper == devices.PaperLow,
		Queued:       f.Queued,
		Oldest:       f.Oldest,
		Acknowledged: f.Acknowledged,
		Quarantined:  f.Quarantined,
		NoLodge:      noLodge(f, now),
		Held:         held(f.Upstream),
		ClockUnsure:  f.ClockTrust != clockSynced,
		StoreRenamed: f.StoreRenamed != "" && !f.StoreWhole,
	}
	r.CanLodge = r.NoLodge == ""
	if !r.CanRead {
		r.NoRead = "读卡器现在不能用"
	}
	if !r.CanPrint {
		r.NoPrint = noPrint(f.Printer)
	}
	if !r.CanScan {
		r.NoScan = "扫码器现在不能用"
	}
	r.Net = netWords(f.Upstream, r)
	r.Resident = residentWords(r)
	r.Staff = staffLines(f, now)
	return r
}

// noLodge says to a resident why nothing can be taken in, "" where it can.
func noLodge(f Facts, now time.Time) string {
	switch {
	case !f.Enrolled:
		return "这台机器还没有开通收件"
	case f.DiskFull:
		return "这台机器存满了，暂时不能收件"
	case !f.StoreOK:
		return "这台机器暂时不能收件"
	case refusedLong(f, now):
		return "上级平台好几个小时没有收这台机器的件了，先不收新的"
	}
	return ""
}

// refusedLong reports whether the gateway has refused this machine for so long that it is no passing thing.
func refusedLong(f Facts, now time.Time) bool {
	return f.Upstream == UpstreamRefused && !f.UpstreamSince.IsZero() && now.Sub(f.UpstreamSince) > refusedTooLong
}

// held reports whether there is a network, and only what stands behind it takes nothing.
func held(u Upstream) bool {
	switch u {
	case UpstreamCertificate, UpstreamClock, UpstreamRefused, UpstreamBusy:
		return true
	case UpstreamUnknown, UpstreamOK, UpstreamUnreachable, UpstreamDNS, UpstreamPortal, UpstreamUnenrolled:
	}
	return false
}

// netWords say to residents how the line is. Only a line that is down is told as one.
func netWords(u Upstream, r Report) string {
	words := "暂时断网"
	switch {
	case r.Online:
		return "网络正常"
	case u == UpstreamUnknown:
		return "正在检查网络"
	case u == UpstreamUnenrolled:
		return "还没有接到上级平台"
	case r.Held:
		words = "暂时送不到上级平台"
	}
	if r.CanLodge {
		words += "，照常办理"
	}
	return words
}

func noPrint(s devices.Status) string {
	switch {
	case s.Paper == devices.PaperEnd || s.Reason == devices.PaperOut:
		return "打印纸用完了"
	case s.Reason == devices.CoverOpen:
		return "打印机的盖子没合上"
	}
	return "打印机现在不能用"
}

// residentWords are the public notices, worst first. The network being down is none: everything goes on.
func residentWords(r Report) []string {
	var words []string
	if r.NoLodge != "" {
		words = append(words, r.NoLodge+"，可以先看办事指南。")
	}
	if r.NoRead != "" {
		words = append(words, r.NoRead+"，要刷身份证的事请到窗口办。")
	}
	if r.NoPrint != "" {
		words = append(words, r.NoPrint+"，照样可以办，凭证会显示在屏幕上。")
	}
	if r.LowPaper && r.CanPrint { // before a visit starts, not in the middle of one
		words = append(words, "打印纸快用完了，请告诉站里的工作人员换纸。")
	}
	return words
}

// staffLines are all findings for staff, worst first, and in a fixed order among equals.
func staffLines(f Facts, now time.Time) []Line {
	lines := []Line{
		deviceLine("读卡器", f.IDCard),
		printerLine(f.Printer),
		deviceLine("扫码器", f.Scanner),
		upstreamLine(f, now),
		storeLine(f),
		queueLine(f, now),
		clockLine(f),
	}
	if there(f.A4) {
		lines = append(lines, sheetLine(f.A4))
	}
	if there(f.Camera) {
		lines = append(lines, deviceLine("高拍仪", f.Camera))
	}
	for _, fault := range f.SyncFaults {
		lines = append(lines, Line{"同步", Notice, fault, "办件不受影响。一天后还这样，请报告技术支持。"})
	}
	if f.StoreRenamed != "" {
		lines = append(lines, Line{
			"存储", Broken, "启动时发现数据库损坏，原文件已改名保存为 " + f.StoreRenamed + f.StoreSaved,
			"不要删除这个文件。请报告技术支持，里面可能有还没送出的办件。",
		})
	}
	if f.Quarantined > 0 {
		lines = append(lines, Line{
			"办件", Notice, "有 " + strconv.Itoa(f.Quarantined) + " 条记录送不上去，已单独放好",
			"请报告技术支持，不要删除。其他办件照常送出。",
		})
	}
	slices.SortStableFunc(lines, func(a, b Line) int { return cmp.Compare(b.Severity, a.Severity) })
	return lines
}

// deviceLine is the finding for one device.
func deviceLine(subject string, s devices.Status) Line {
	line := Line{Subject: subject}
	switch s.State {
	case devices.Ready, devices.Busy:
		line.Text = "正常"
	case devices.Unknown:
		line.Text = "还没有回答，先当作能用"
	case devices.Missing, devices.Faulty:
		t := troubleOf(s.Reason)
		line.Severity, line.Text, line.Todo = Broken, t.text, t.todo
		if s.Reason == devices.Unconfigured {
			line.Severity = Notice // not every machine has every device
		}
	default:
		t := troubleOf(devices.Internal)
		line.Severity, line.Text, line.Todo = Broken, t.text, t.todo
	}
	if s.Reason == devices.InUse && s.Holder != "" {
		line.Text += "：" + s.Holder
	}
	if s.Port != "" {
		line.Text += "（" + s.Port + "）"
	}
	if s.Dropped > 0 {
		line.Text += "，丢弃过 " + strconv.Itoa(s.Dropped) + " 段坏数据"
	}
	return line
}

// there reports whether the machine has a device that not every machine has.
func there(s devices.Status) bool {
	return s != (devices.Status{}) && s.Reason != devices.Unconfigured
}

// sheetLine is the finding for the A4 printer, which isn't loaded like a receipt printer.
func sheetLine(s devices.Status) Line {
	line := deviceLine("A4 打印机", s)
	switch {
	case s.Reason == devices.PaperOut:
		line.Todo = "在纸盒里放上 A4 纸。"
	case s.Reason == devices.CoverOpen:
		line.Todo = "合上打印机的盖子。"
	case line.Severity == Fine && s.Paper == devices.PaperLow:
		line.Severity, line.Text, line.Todo = Notice, "纸快用完了", "请在纸盒里加上 A4 纸。"
	}
	return line
}

// printerLine adds what is known of the paper.
func printerLine(s devices.Status) Line {
	line := deviceLine("打印机", s)
	if line.Severity == Broken {
		return line
	}
	switch s.Paper {
	case devices.PaperEnd:
		t := troubleOf(devices.PaperOut)
		line.Severity, line.Text, line.Todo = Broken, t.text, t.todo
	case devices.PaperLow:
		line.Severity, line.Text, line.Todo = Notice, "纸快用完了", "请尽快换上新纸卷。"
	case devices.PaperUnknown, devices.PaperOK:
	}
	return line
}

// upstreamWords is what staff read about the line to the gateway.
func upstreamWords(u Upstream) (Severity, trouble) {
	switch u {
	case UpstreamOK:
		return Fine, trouble{"正常", ""}
	case UpstreamUnknown:
		return Fine, trouble{"正在检查", ""}
	case UpstreamUnreachable:
		return Notice, trouble{"连不上对接网关", "检查网线和路由器。办件已存好，恢复后自动送出。"}
	case UpstreamDNS:
		return Notice, trouble{"找不到网关的地址（域名解析不了）", "检查网线；网线没问题就核对 DNS 设置和配置里的网关地址。"}
	case UpstreamCertificate:
		return Broken, trouble{"对方的证书不对，没有连接", "可能连错了服务器，或证书过期。请报告技术支持，不要跳过检查。"}
	case UpstreamClock:
		return Broken, trouble{"本机时间不对，证书检查通不过", "把本机日期和时间调准。"}
	case UpstreamPortal:
		return Notice, trouble{"网络被登录页面或代理拦住了", "在路由器上完成上网登录，或换一条网络。"}
	case UpstreamRefused:
		return Broken, trouble{"网关不认这台机器", "可能已被停用，或站点登记变了。请联系管理员重新登记。"}
	case UpstreamBusy:
		return Notice, trouble{"网关忙，暂时不收", "不用处理，会自动再送。"}
	case UpstreamUnenrolled:
		return Broken, trouble{"这台机器还没有登记", "向管理员要登记码，运行 zhizhu enrol 完成登记。"}
	}
	return Broken, trouble{"网络状态不明", "请报告技术支持。"}
}

func upstreamLine(f Facts, now time.Time) Line {
	severity, words := upstreamWords(f.Upstream)
	line := Line{Subject: "网络", Severity: severity, Text: words.text, Todo: words.todo}
	if severity != Fine && !f.UpstreamSince.IsZero() && now.After(f.UpstreamSince) {
		line.Text += "，已有" + ago(now.Sub(f.UpstreamSince))
	}
	if refusedLong(f, now) {
		line.Text += "，本机已停收新的办件"
	}
	return line
}

// clockLine says how far the clock can be trusted. A village's machine may be without a line for days: that it
// couldn't ask is no finding.
func clockLine(f Facts) Line {
	switch f.ClockTrust {
	case clockSynced:
		return Line{Subject: "时间", Text: "和网关对过，正常"}
	case "offset":
		return Line{"时间", Notice, "本机时间和网关的对不上", "把本机日期和时间调准。凭证上已写明时间以窗口登记为准。"}
	}
	return Line{Subject: "时间", Text: "还没有和网关对过，凭证上写明时间以窗口登记为准"}
}

func storeLine(f Facts) Line {
	line := Line{Subject: "存储", Text: "正常"}
	switch {
	case f.DiskFull:
		line = Line{"存储", Broken, "磁盘满了，不再收新的办件", "请报告技术支持清理磁盘。已收的办件还在，会照常送出。"}
	case !f.StoreOK:
		line = Line{"存储", Broken, "数据库打不开，不能收件", "重新启动机器；还不行请报告技术支持，不要删除数据目录。"}
	}
	return line
}

func queueLine(f Facts, now time.Time) Line {
	line := Line{Subject: "办件"}
	parts := []string{"等待送出 " + strconv.Itoa(f.Queued) + " 件", "上级已签收 " + strconv.Itoa(f.Acknowledged) + " 件"}
	if f.Queued > 0 && !f.Oldest.IsZero() && now.Sub(f.Oldest) > oldMatter {
		line.Severity = Notice
		line.Todo = "有办件等了很久。请先处理网络问题，必要时报告技术支持。"
		parts = append(parts, "最早的等了"+ago(now.Sub(f.Oldest)))
	}
	line.Text = strings.Join(parts, "，")
	return line
}

// ago writes a span as staff would say it.
func ago(d time.Duration) string {
	switch {
	case d < time.Minute:
		return "不到 1 分钟"
	case d < time.Hour:
		return " " + strconv.Itoa(int(d/time.Minute)) + " 分钟"
	case d < 48*time.Hour:
		return " " + strconv.Itoa(int(d/time.Hour)) + " 小时"
	}
	return " " + strconv.Itoa(int(d/(24*time.Hour))) + " 天"
}
