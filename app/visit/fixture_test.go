package visit

import (
	"testing"
	"time"

	"zhizhu/app/health"
	"zhizhu/devices"
	"zhizhu/offline/catalog"
)

// start is the time at which test visits begin.
var start = time.Date(2026, 11, 23, 9, 41, 0, 0, time.FixedZone("CST", 8*3600))

const receiptNumber = "MX0427-1-20261123-0018-0"

func when(field, value string) catalog.Condition {
	return catalog.NewCondition(field+" == "+value, func(a map[string]string) bool { return a[field] == value })
}

// items of every kind, small, with everything that an item can have.
func testCatalog() *catalog.Catalog {
	idCard := catalog.Material{ID: "id-card", Name: "居民身份证", Card: true, Main: true}
	name := catalog.Field{ID: "name", Type: catalog.Text, Label: "姓名", Prefill: "card.name"}
	number := catalog.Field{ID: "number", Type: catalog.IDNo, Label: "身份证号", Prefill: "card.number"}
	phone := catalog.Field{ID: "phone", Type: catalog.Phone, Label: "联系电话", Ask: "您的电话号码是多少？", Optional: true}
	guide := catalog.Guide{
		Conditions: []string{"本区居民"}, Process: []string{"镇里审核"}, Fee: "不收费", Places: []string{"镇便民服务中心"},
		Questions: []catalog.Question{{Ask: "要多久？", Answer: "以窗口答复为准。"}},
	}
	item := func(id, name string, kind catalog.Kind) *catalog.Item {
		return &catalog.Item{
			ID: id, Name: name, Short: name, Tagline: "一句话说明", Theme: "social", Kind: kind, Department: "镇人民政府",
			Keywords: []string{name + "俗名"}, Identity: catalog.IdentityCard, Guide: guide, Offline: catalog.OfflineLodge,
			Version: "0123456789ab",
		}
	}
	allowance := item("allowance", "高龄老人津贴申请", catalog.Apply)
	allowance.Short, allowance.Frequent = "老人津贴", 1
	allowance.Materials = []catalog.Material{
		idCard,
		{ID: "book", Name: "户口簿", ECert: "居民户口簿"},
		{ID: "bank-card", Name: "银行卡", Later: true, When: when("pay", "bank"), Help: "钱不打到社保卡的才要"},
	}
	allowance.Form = []catalog.Field{
		name, number,
		{
			ID: "care", Type: catalog.Choice, Label: "自理情况", Ask: "您现在自己能走路、吃饭、穿衣吗？",
			Options: []catalog.Option{{Value: "able", Label: "都能自己来"}, {Value: "partly", Label: "有些要人帮"}},
		},
		{ID: "since", Type: catalog.Date, Label: "从哪天起", Ask: "从哪一天起要人帮？", Max: "today", When: when("care", "partly")},
		{
			ID: "pay", Type: catalog.Choice, Label: "钱打到哪里", Ask: "钱打到哪里？",
			Options: []catalog.Option{{Value: "social", Label: "我的社保卡"}, {Value: "bank", Label: "我的银行卡"}},
		},
		{ID: "account", Type: catalog.Digits, Label: "银行账号", Ask: "卡号是多少？", MinLength: 12, MaxLength: 21, Scan: true, When: when("pay", "bank")},
		{ID: "people", Type: catalog.Number, Label: "家里几口人", Ask: "家里有几口人？", Unit: "人", Min: "1", Max: "12"},
		phone,
	}
	allowance.Policies.Promise = &catalog.Promise{Text: []string{"我说的都是真的。", "户口迁走了会告诉镇里。"}, Liability: "承诺不真实的，退回多领的钱。"}

	qualify := item("qualify", "社会保险待遇领取资格认证", catalog.Apply)
	qualify.Policies.AcceptOnReceipt = true
	qualify.Policies.Declare = []string{"我本人在办。"}
	qualify.Form = []catalog.Field{name, number}

	query := item("query", "医保参保信息查询", catalog.Query)
	query.Offline = catalog.OfflineTicket
	query.Form = []catalog.Field{name, number}

	cert := item("cert", "社保参保证明打印", catalog.Print)
	cert.Needs, cert.Offline = []string{"idcard", "printer"}, catalog.OfflineTicket
	cert.Form = []catalog.Field{name, number, {
		ID: "years", Type: catalog.Number, Label: "几年", Ask: "要打最近几年的？", Unit: "年", Min: "1", Max: "10",
	}}

	book := item("book", "居住证办理预约", catalog.Appointment)
	book.Form = []catalog.Field{
		name,
		{ID: "day", Type: catalog.Date, Label: "哪一天", Ask: "您想哪一天去？", Min: "today+1d", Max: "today+30d"},
		{ID: "half", Type: catalog.Choice, Label: "上午下午", Ask: "上午还是下午？", Options: []catalog.Option{{Value: "am", Label: "上午"}, {Value: "pm", Label: "下午"}}},
	}

	pay := item("pay", "城乡居民医保缴费", catalog.PayGuide)
	pay.Offline = catalog.OfflineGuide

	trouble := item(TroubleItem, "办不成事反映", catalog.Feedback)
	trouble.Theme, trouble.Identity = "general", catalog.IdentityNone
	trouble.Form = []catalog.Field{
		{ID: "what", Type: catalog.Choice, Label: "什么情况", Ask: "您遇到了什么情况？", Options: []catalog.Option{{Value: "slow", Label: "很久没有结果"}, {Value: "other", Label: "别的"}}},
		phone,
	}
	return &catalog.Catalog{
		Version: "2026.11.23-1", Digest: "00112233445566778899",
		Themes: []catalog.Theme{{ID: "social", Name: "社会保险", Icon: "shield-check", Tint: "blue"}, {ID: "general", Name: "综合", Icon: "landmark", Tint: "green"}},
		Items:  []*catalog.Item{allowance, qualify, query, cert, book, pay, trouble},
	}
}

func testWorld() World {
	return World{
		Catalog: testCatalog(),
		Station: StationInfo{Code: "MX0427", Name: "雁洋镇长教村便民服务站", Phone: "0753-0000000"},
	}
}

// Two people who never lived.
func cardA() devices.Card {
	return devices.Card{
		Type: devices.ResidentCard, Name: "测试甲", Sex: '2', Nation: "01", Birth: "1944-02-11",
		Address: "广东省梅州市梅县区雁洋镇长教村测试组1号", Number: "441403194402111234", ValidTo: devices.LongTerm,
	}
}

func cardB() devices.Card {
	return devices.Card{Type: devices.ResidentCard, Name: "测试乙", Sex: '1', Nation: "01", Birth: "1990-05-06", Number: "441403199005065678", ValidTo: "2030-01-01"}
}

func read(c devices.Card) CardEvent {
	return CardEvent{devices.CardEvent{Kind: devices.CardRead, Card: c}}
}

func happened(k devices.CardEventKind) CardEvent { return CardEvent{devices.CardEvent{Kind: k}} }

func healthy() health.Report {
	return health.Report{Online: true, CanLodge: true, CanRead: true, CanPrint: true, CanScan: true}
}

func finger() Sign {
	return Sign{W: 900, H: 400, Strokes: [][]Point{{{10, 20}, {200, 300}}, {{300, 40}, {320, 380}}}}
}

// player drives a visit and remembers its effects.
type player struct {
	t  *testing.T
	s  State
	fx []Effect
}

func newPlayer(t *testing.T) *player {
	t.Helper()
	p := &player{t: t, s: New(testWorld())}
	p.do(Clock{start}, Health{healthy()})
	return p
}

func (p *player) do(events ...Event) *player {
	p.t.Helper()
	for _, ev := range events {
		var fx []Effect
		p.s, fx = Next(p.s, ev)
		p.fx = append(p.fx, fx...)
	}
	return p
}

// pass lets time go by, second by second.
func (p *player) pass(d time.Duration) *player {
	p.t.Helper()
	for end := p.s.now.Add(d); p.s.now.Before(end); {
		p.do(Clock{p.s.now.Add(time.Second)})
	}
	return p
}

func (p *player) at(want Step) *player {
	p.t.Helper()
	if p.s.step != want {
		p.t.Fatalf("at %s, want %s", p.s.step, want)
	}
	return p
}

func (p *player) over(want string) *player {
	p.t.Helper()
	got := ""
	if o := Look(p.s).Overlay; o != nil {
		got = o.ID
	}
	if got != want {
		p.t.Fatalf("overlay %q, want %q", got, want)
	}
	return p
}

// tap touches a control by its id, as it stands in the View.
func (p *player) tap(ids ...string) *player {
	p.t.Helper()
	for _, id := range ids {
		a, ok := find(Look(p.s), id)
		switch {
		case !ok:
			p.t.Fatalf("no control %q on page %s", id, p.s.step)
		case a.Off:
			p.t.Fatalf("control %q is off: %s", id, a.Why)
		}
		p.do(a.Event)
	}
	return p
}

func find(v View, id string) (Action, bool) {
	for _, a := range reachable(v) {
		if a.ID == id {
			return a, true
		}
	}
	return Action{}, false
}

// effects returns the effects of one kind so far.
func effects[E Effect](p *player) []E {
	var all []E
	for _, fx := range p.fx {
		if e, ok := fx.(E); ok {
			all = append(all, e)
		}
	}
	return all
}

// reachable are the controls of a view that can be touched: the overlay's, where there is one.
func reachable(v View) []Action {
	if v.Overlay != nil {
		return v.Overlay.Actions
	}
	all := append([]Action{}, v.Bar...)
	all = append(all, v.Links...)
	return append(all, bodyActions(v.Body)...)
}

func bodyActions(b Body) []Action {
	var all []Action
	add := func(more ...*Action) {
		for _, a := range more {
			if a != nil && a.Event != nil {
				all = append(all, *a)
			}
		}
	}
	switch b := b.(type) {
	case *AttractBody:
		add(&b.Begin)
	case *HomeBody:
		add(&b.Search)
		all = append(append(append(all, b.Frequent...), b.Themes...), b.Others...)
	case *ListBody:
		all = append(all, b.Items...)
		if b.Query != nil {
			all = append(all, b.Query.Suggestions...)
		}
		add(b.Prev, b.Next)
	case *GuideBody:
		add(&b.Start)
	case *IdentifyBody:
		all = append(all, b.Others...)
	case *QuestionBody:
		all = append(all, b.Options...)
	case *MaterialsBody:
		for _, r := range b.Rows {
			all = append(all, r.Choices...)
		}
	case *CommitBody:
		for _, r := range b.Ticks {
			all = append(all, r.Act)
		}
	case *SignBody:
		add(&b.Clear)
	case *ReviewBody:
		for _, r := range b.Rows {
			add(r.Edit)
		}
	case *ReceiptBody:
		all = append(all, b.Rates...)
	case *RecordsBody:
		for _, r := range b.Rows {
			add(r.Print)
		}
		add(b.Prev, b.Next)
	}
	return all
}

// standing returns a player who stands on a page, in the middle of an ordinary visit.
func standing(t *testing.T, at Step) *player {
	t.Helper()
	p := newPlayer(t)
	if at == OutOfService {
		p.s = New(World{})
		return p.do(Clock{start}, Health{healthy()})
	}
	path := []struct {
		step Step
		do   func()
	}{
		{Attract, func() {}},
		{Home, func() { p.tap("begin") }},
		{List, func() { p.tap("theme:social") }},
		{Guide, func() { p.tap("item:allowance") }},
		{Identify, func() { p.tap("start") }},
		{Questions, func() { p.do(read(cardA())) }},
		{Materials, p.answerAll},
		{Commitment, func() { p.tap("material:bank-card:later", "next") }},
		{Signing, func() { p.tap("tick:0", "tick:1", "next") }},
		{Review, func() { p.do(finger()).tap("next") }},
		{Lodging, func() { p.tap("confirm") }},
		{Receipt, func() { p.do(Lodged{ID: "m1", Number: receiptNumber, At: start}) }},
	}
	switch at {
	case Progress:
		p.tap("begin", "progress")
	case Wiped:
		p.tap("begin", "leave")
	case Staff:
		p.do(OpenStaff{})
	default:
		for _, leg := range path {
			leg.do()
			if leg.step == at {
				break
			}
		}
	}
	return p.at(at)
}

// answerAll answers the allowance's questions.
func (p *player) answerAll() {
	p.t.Helper()
	p.tap("option:partly", "next")
	p.do(Answer{"since", "2026-03-05"}).tap("next")
	p.tap("option:bank", "next")
	p.do(Answer{"account", "621700000000"}).tap("next")
	p.do(Answer{"people", "3"}).tap("next")
	p.do(Answer{"phone", "13800138000"}).tap("next")
}

type healthReport = health.Report
