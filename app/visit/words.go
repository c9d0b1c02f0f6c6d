package visit

import (
	"strconv"
	"strings"
	"time"

	"zhizhu/app/receipt"
	"zhizhu/app/sheet"
	"zhizhu/devices"
	"zhizhu/offline/catalog"
)

// kindWords are the words in which the kinds of items differ.
type kindWords struct {
	start   string // main action of the guide
	confirm string // main action of the review page
	lodged  string // title of the receipt page; true only after Lodged
	next    string // what happens then
}

func wordsOf(it *catalog.Item) kindWords {
	switch it.Kind {
	case catalog.Query:
		return kindWords{
			"开始查询", "确认提交", "已收到您的查询申请", "本机看不到结果，由经办的部门答复；急用请直接去窗口。",
		}
	case catalog.Print:
		return kindWords{
			"开始办理", "确认提交", "已收到您的打印申请", "本机打不出证明，由经办的部门答复；急用请直接去窗口。",
		}
	case catalog.Appointment:
		return kindWords{
			"开始预约", "确认提交", "已收到您的预约申请", "预约还没有定下来，以窗口答复为准。不预约也可以直接去窗口。",
		}
	case catalog.Feedback:
		return kindWords{
			"开始反映", "确认提交", "已收到您反映的问题", "会转给负责的部门处理。",
		}
	case catalog.PayGuide:
		return kindWords{
			"开始登记", "确认提交", "已收到您的登记", "本机不收钱。要交多少、怎么交，核对好以后以窗口答复为准。",
		}
	case catalog.Apply:
	}
	return kindWords{"开始办理", "确认提交", "已收到您的申请", ""}
}

// offlineWords say what becomes of an item while nothing can be sent. A network that is there, behind which nothing is
// taken (held), isn't told as one that is down.
func offlineWords(it *catalog.Item, held bool) string {
	now, later := "现在没有网络", "网络恢复后"
	if held {
		now, later = "网络通了，但上级平台现在收不了", "等上级平台能收了，"
	}
	switch it.Kind {
	case catalog.Query:
		return now + "。您照样可以登记，会先存好；" + later + "自动送出。结果由经办的部门答复。"
	case catalog.Print:
		return now + "。您照样可以登记，会先存好；" + later + "自动送出。证明由经办的部门答复。"
	case catalog.Appointment:
		return now + "。您照样可以登记预约，" + later + "自动送到窗口；定没定下来，以窗口答复为准。"
	case catalog.Feedback:
		return now + "。您照样可以反映，会先存好；" + later + "自动送出。"
	case catalog.PayGuide:
		return now + "。您照样可以登记，会先存好；" + later + "自动送出。"
	case catalog.Apply:
	}
	return now + "。您照样可以申请，会先给您" + certificate(it.Policies.AcceptOnReceipt) + "；" + later + "自动送到窗口，" +
		nextTime(it.Identity != catalog.IdentityNone) + "可查进度。"
}

// nextTime is how a matter is found again here: only what a card was asked for is found by the card.
func nextTime(card bool) string {
	if card {
		return "下次刷身份证"
	}
	return "下次扫凭证上的码"
}

// lodgedNext is what happens to a lodged matter.
func lodgedNext(it *catalog.Item) string {
	if next := wordsOf(it).next; next != "" {
		return next
	}
	if it.Policies.AcceptOnReceipt {
		return "已经受理，请留好凭证。"
	}
	return "收到了，还没有正式受理。办得成办不成，以窗口答复为准。"
}

// certificate is the name of what is handed out: 受理凭证 only where the item's policy says that lodging is acceptance.
func certificate(accepted bool) string { return receipt.Info{Accepted: accepted}.Title() }

// wrongWords say what is wrong with an answer and what to do, or "".
func wrongWords(f *catalog.Field, fault sheet.Fault, limit string) string {
	switch {
	case fault == sheet.Missing:
		return missingWords(f)
	case fault != sheet.Fine && f.Wrong != "":
		return f.Wrong
	}
	return faultyWords(fault, limit)
}

// faultyWords are the general words for an answer that is there and wrong.
func faultyWords(fault sheet.Fault, limit string) string {
	switch fault {
	case sheet.NotAnOption:
		return "请在下面选一个。"
	case sheet.NotADate:
		return "没有这一天，请再选一次日期。"
	case sheet.TooEarly:
		return "日期太早了，最早是" + limit + "。"
	case sheet.TooLate:
		return "日期太晚了，最晚是" + limit + "。"
	case sheet.NotANumber:
		return "这里只填数字，请再填一次。"
	case sheet.TooSmall:
		return "数字太小了，最少是" + limit + "。"
	case sheet.TooLarge:
		return "数字太大了，最多是" + limit + "。"
	case sheet.TooShort:
		return "还没有填完，至少要" + limit + "。"
	case sheet.TooLong:
		return "填得太长了，最多" + limit + "。"
	case sheet.BadPhone:
		return "电话号码不对。手机号是 11 位数字，座机要加区号。"
	case sheet.BadIDNumber:
		return "身份证号不对，请对着身份证再看一遍。"
	case sheet.BadCharacter:
		return "里面有认不出的字，请改一下。"
	case sheet.Fine, sheet.Missing:
	}
	return ""
}

func missingWords(f *catalog.Field) string {
	switch f.Type {
	case catalog.Choice:
		return "请先选一个，再点“下一步”。"
	case catalog.Date:
		return "请先选日期，再点“下一步”。"
	case catalog.Text, catalog.Number, catalog.Phone, catalog.IDNo, catalog.Digits:
	}
	return "请先填好，再点“下一步”。"
}

// faultWords say to a resident why a matter was not taken in.
func faultWords(f LodgeFault) string {
	switch f {
	case LodgeDiskFull:
		return "这台机器存满了，没有收下。您填的都还在，请叫工作人员，或拿清单去窗口办。"
	case LodgeUnenrolled:
		return "这台机器还没有开通收件，没有收下。请拿清单去窗口办。"
	case LodgeInDoubt:
		return "机器出了故障，说不准有没有收下。请先不要再交，叫工作人员来看，或到窗口问一问。"
	case LodgeStore:
	}
	return "没有存好，所以没有收下。您填的都还在，可以再试一次；还不行请叫工作人员。"
}

// printWords say what became of the paper, and what a resident can do now. Only Printed is told as printed.
func printWords(p paper, r printer) Notice {
	code := "屏幕上的编号就是凭证，请抄下来或拍下来；" + r.again + "，可以补打。"
	switch p.state {
	case paperNone:
		return Notice{}
	case paperPrinting:
		return Notice{Calm, "正在打印小票，请稍等。"}
	case paperSkipped:
		return Notice{Attention, orWords(r.why, "打印机现在不能用") + "，没有打小票。" + code}
	case paperDone:
	}
	switch p.result.Outcome {
	case devices.Printed:
		return Notice{Good, "小票打好了，请从出纸口取走。"}
	case devices.PrintUnknown:
		return Notice{Attention, "请看看出纸口有没有小票。没有的话，" + code}
	case devices.PrintFailed:
	}
	fault := printFault(p.result.Reason)
	if r.why == "" && mendable(p.result.Reason) {
		return Notice{Attention, "刚才" + fault + "，小票没有打出来。现在好了，点“再打一张”就能补。您的事已经收下，不受影响。"}
	}
	return Notice{Attention, fault + "，小票没有打出来。您的事已经收下，不受影响。" + code}
}

// mendable reports whether a fault is one that somebody at the machine mends with their hands, so that a printer which
// can be used again is a reason to try again.
func mendable(k devices.Kind) bool {
	return k == devices.PaperOut || k == devices.CoverOpen || k == devices.CutterJam
}

// printer is what is known of the printer, for words.
type printer struct {
	why   string // why it can't be used
	again string // how the matter is found again
}

func printFault(k devices.Kind) string {
	switch k {
	case devices.PaperOut:
		return "打印纸用完了"
	case devices.CoverOpen:
		return "打印机的盖子没合上"
	case devices.CutterJam:
		return "纸卡住了"
	case devices.Cancelled:
		return "打印停下来了"
	case devices.Silent, devices.HungUp, devices.NoPort, devices.NotFound:
		return "打印机没有反应"
	case devices.OK, devices.Unconfigured, devices.InUse, devices.Garbled, devices.SelfTest, devices.Unauthorised, devices.Stalled, devices.Internal,
		devices.WrongDevice, devices.NoPermission, devices.PaperJam, devices.InkOut, devices.Paused,
		devices.BadDocument:
	}
	return "打印机出了问题"
}

func orWords(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// sentState says how far a matter got.
func sentState(n receipt.Network) string {
	switch n {
	case receipt.Sent, receipt.Stuck:
		return n.Words()
	case receipt.Sending:
		return "已收件，正在送往上级平台"
	case receipt.Held:
		return "已收件，等上级平台能收时送出"
	case receipt.Waiting:
	}
	return "已收件，等网络恢复后送出"
}

// person is how a card's holder is called.
func person(c *devices.Card) string {
	switch {
	case c == nil:
		return ""
	case c.Name != "":
		return c.Name
	}
	return c.EnglishName
}

// ageOn returns a card holder's age in whole years, -1 where the card doesn't say.
func ageOn(c *devices.Card, now time.Time) int {
	if c == nil {
		return -1
	}
	birth, err := time.Parse(catalog.DateLayout, c.Birth)
	if err != nil || now.IsZero() {
		return -1
	}
	age := now.Year() - birth.Year()
	if now.Month() < birth.Month() || now.Month() == birth.Month() && now.Day() < birth.Day() {
		age--
	}
	return age
}

// expired returns the last day of a card that is no longer valid, "" for any other.
func expired(c *devices.Card, now time.Time) string {
	if c == nil || now.IsZero() || c.ValidTo == "" || c.ValidTo == devices.LongTerm {
		return ""
	}
	if _, err := time.Parse(catalog.DateLayout, c.ValidTo); err != nil || c.ValidTo >= now.Format(catalog.DateLayout) {
		return ""
	}
	return sheet.Text(&catalog.Field{Type: catalog.Date}, c.ValidTo)
}

// dayWords put an ISO date into words; what is none stays as it is.
func dayWords(iso string) string {
	d, err := time.Parse(catalog.DateLayout, iso)
	if err != nil {
		return iso
	}
	return strconv.Itoa(d.Year()) + "年" + strconv.Itoa(int(d.Month())) + "月" + strconv.Itoa(d.Day()) + "日"
}

func dateWords(now time.Time) string {
	if now.IsZero() {
		return ""
	}
	day := []string{"日", "一", "二", "三", "四", "五", "六"}[now.Weekday()]
	return strconv.Itoa(int(now.Month())) + "月" + strconv.Itoa(now.Day()) + "日 星期" + day
}

func timeWords(now time.Time) string {
	if now.IsZero() {
		return ""
	}
	return now.Format("15:04")
}

func momentWords(at time.Time) string { return at.Format("2006-01-02 15:04") }

// limitWords say how long an item takes, with the law that says so.
func limitWords(l catalog.Limit) string {
	if l.Basis == "" || l.Text() == catalog.UnknownLimit {
		return l.Text()
	}
	return l.Text() + "（" + l.Basis + "）"
}

// listWords joins parts that are there.
func listWords(sep string, parts ...string) string {
	var there []string
	for _, p := range parts {
		if p != "" {
			there = append(there, p)
		}
	}
	return strings.Join(there, sep)
}
