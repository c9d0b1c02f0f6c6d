package receipt

import (
	"time"

	"zhizhu/devices"
	"zhizhu/offline/catalog"
)

// Helpline is the government service line that every slip names.
const Helpline = "12345"

// Headings of the two slips.
const (
	TitleLodged   = "收件凭证" // taken in here; nothing is decided yet
	TitleAccepted = "受理凭证" // accepted by law at once (收件即受理, R19)
)

// Info is what a slip says of one matter. It holds personal data.
type Info struct {
	Station string        // 雁洋镇长教村便民服务站
	Item    *catalog.Item // nil where the catalogue no longer has it: ItemName then stands for it
	// ItemName is the name under which the matter was lodged; empty means Item's.
	ItemName string
	Number   string
	Name     string // applicant as on the card; "" where nobody was asked
	IDNumber string // whole; printed masked
	At       time.Time
	Accepted bool     // 受理 rather than 收件
	Handed   []string // what was handed in or told, one line each; nil on a reprint
	Owing    []string // what is still to be supplied (容缺)
	Network  Network  // at the time of printing
	// ClockUnsure says that the machine's clock couldn't be checked: the slip then says that the office's time counts.
	// An offline village machine prints it on every slip, so that the words are short and calm.
	ClockUnsure bool
	// Reprint is when a further copy was made; zero for the first.
	Reprint time.Time
}

// Network is where the matter stands, as the resident is told it.
type Network int

// Where a matter stands.
const (
	Waiting Network = iota // on this machine's disk, the line is down
	Sending                // on this machine's disk, the line is up
	Sent                   // the gateway has signed for it
	Held                   // on this machine's disk; there is a line, but what stands behind it takes nothing now
	Stuck                  // could not be sent, and is set aside: only a window can help
)

// StuckWords are what a resident needs to know of a matter that could not be sent.
const StuckWords = "没有送上去。请拿这个编号到窗口办，或打 " + Helpline

// Words returns the plain sentence for it.
func (n Network) Words() string {
	switch n {
	case Waiting:
		return "已存好，等网络恢复后自动送出"
	case Sending:
		return "已存好，正在送往上级平台"
	case Sent:
		return "已送达上级平台"
	case Held:
		return "已存好，等上级平台能收时自动送出"
	case Stuck:
		return StuckWords
	}
	return "已存好"
}

// Title returns the heading of the slip.
func (i Info) Title() string {
	if i.Accepted {
		return TitleAccepted
	}
	return TitleLodged
}

func (i Info) itemName() string {
	if i.ItemName == "" && i.Item != nil {
		return i.Item.Name
	}
	return i.ItemName
}

// Document returns the slip of a lodged matter.
func Document(i Info) devices.Document {
	p := &page{doc: devices.Document{Title: i.Title()}}
	p.head(i.Station, i.Title())
	if !i.Reprint.IsZero() {
		p.centre("（补打于 " + stamp(i.Reprint) + "）")
	}
	p.rule()
	p.facts(i)
	p.rule()
	p.meaning(i)
	p.next(i)
	p.rule()
	p.code(i.Number, i.IDNumber != "")
	p.foot(i.Station)
	return p.doc
}

// facts are what was lodged by whom, and where it is now.
func (p *page) facts(i Info) {
	p.pair("事项", i.itemName())
	p.pair("编号", i.Number)
	if i.Name != "" {
		p.pair("申请人", i.Name)
	}
	if i.IDNumber != "" {
		p.pair("证件号", MaskNumber(i.IDNumber))
	}
	label := "收件时间"
	if i.Accepted {
		label = "受理时间"
	}
	p.pair(label, stamp(i.At))
	if i.ClockUnsure {
		p.text("（时间以窗口登记为准）")
	}
	p.items("已交内容", i.Handed)
	p.items("还要补交", i.Owing)
	p.pair("现在", i.Network.Words())
}

// meaning says what the slip is, and what it isn't.
func (p *page) meaning(i Info) {
	switch {
	case i.Network == Stuck:
		p.text("这张凭证说明：本机收下过这件事，但没能送到上级平台，不会自己往下办。")
	case i.Accepted:
		p.text("这张凭证说明：您的申请已经受理。办理时限从受理时间算起。")
	case i.kind() == catalog.Feedback:
		p.text("这张凭证说明：您反映的事已经登记，还没有处理结果。")
	case i.kind() == catalog.Appointment:
		p.text("这张凭证说明：收到了您的预约申请。预约还没有定下来，以办事窗口的通知为准。不预约也可以直接去窗口办。")
	case i.kind() == catalog.Query:
		p.text("这张凭证说明：收到了您的查询请求。它不是查询结果。")
	case i.kind() == catalog.Print:
		p.text("这张凭证说明：收到了您的打印请求。它不是证明，不能当证明用。")
	case i.kind() == catalog.PayGuide:
		p.text("这张凭证说明：记下了您要缴的费。钱还没有交，本机不收钱，要交多少以核对后的通知为准。")
	default:
		p.text("这张凭证说明：收到了您的申请。“收件”还不是“受理”，能不能受理、能不能办成，由" + i.office() + "审核后告诉您。")
	}
}

func (i Info) kind() catalog.Kind {
	if i.Item == nil {
		return catalog.Apply
	}
	return i.Item.Kind
}

func (i Info) office() string {
	if i.Item == nil || i.Item.Department == "" {
		return "主管部门"
	}
	return i.Item.Department
}

// next says what happens and when.
func (p *page) next(i Info) {
	if i.Item == nil {
		return
	}
	p.items("请注意", i.Item.Guide.Notes)
	if i.Network == Stuck {
		return // no term runs, and nothing follows by itself
	}
	if i.Handed != nil { // a reprint stays short
		p.steps("接下来", i.Item.Guide.Process)
	}
	limit := i.Item.Guide.Limit
	text := limit.Text()
	if limit.Unit != "" && limit.Unit != catalog.OnTheSpot {
		text = "受理后" + text
	}
	if limit.Basis != "" {
		text += "（" + limit.Basis + "）"
	}
	p.pair("多久办好", text)
}

// Checklist returns what somebody needs who does an item at the window (R24): no machine, phone or appointment.
func Checklist(item *catalog.Item, station string) devices.Document {
	p := &page{doc: devices.Document{Title: "窗口办事清单"}}
	p.head(station, "窗口办事清单")
	p.rule()
	p.pair("事项", item.Name)
	p.items("谁能办", item.Guide.Conditions)
	p.items("要带什么", bring(item))
	p.items("去哪里办", item.Guide.Places)
	p.pair("收费", item.Guide.Fee)
	p.pair("多久办好", item.Guide.Limit.Text())
	p.rule()
	p.text("不用预约，不用手机，到窗口就能办。本机没有收下任何申请，这张单子不是收件凭证。")
	p.foot(station)
	return p.doc
}

// bring lists the materials as one packs them.
func bring(item *catalog.Item) []string {
	var lines []string
	for _, m := range item.Materials {
		line := m.Name
		switch {
		case m.ECert != "":
			line += "（有就带上；没有的窗口先试电子证照，调不到要补）"
		case m.Later && !m.Main:
			line += "（一时没有的，可以先办后补）"
		}
		if m.Help != "" {
			line += "：" + m.Help
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 {
		lines = []string{"不用带材料"}
	}
	return lines
}

func stamp(t time.Time) string { return t.Format("2006-01-02 15:04") }
