package visit

import (
	"strconv"

	"zhizhu/offline/catalog"
)

// Look returns what the screen shows of a state: complete, with the event that each control means.
func Look(s State) View {
	if s.world == nil {
		s = New(World{})
	}
	v := View{Step: s.step, Guided: s.guided, Header: s.header()}
	s.lookPage(&v)
	s.lookLeft(&v)
	v.Overlay = s.overlayView()
	return v
}

// lookLeft adds a card that was left to the pages where it matters and that have room for it.
func (s State) lookLeft(v *View) {
	n := s.leftNotice()
	if n == nil {
		return
	}
	switch b := v.Body.(type) {
	case *AttractBody:
		b.Faults = append([]string{n.Text}, b.Faults...)
	case *HomeBody, *ListBody, *ReceiptBody, *RecordsBody:
		v.Notice = n
	}
}

// lookPage fills in title, body and bar of the page.
func (s State) lookPage(v *View) {
	switch s.step {
	case Attract:
		s.lookAttract(v)
	case Home:
		s.lookHome(v)
	case List:
		s.lookList(v)
	case Progress:
		s.lookProgress(v)
	case Staff:
		s.lookStaff(v)
	case Wiped:
		v.Title = "谢谢，请慢走"
		v.Body = &WipedBody{Lines: []string{"正在清除您的信息。", "请带走身份证和小票。"}}
	case Guide, Identify, Questions, Materials, Commitment, Signing, Review, Lodging, Receipt:
		s.lookItem(v)
	default: // OutOfService
		v.Title = "暂停服务"
		v.Body = &OutBody{Lines: []string{"这台机器现在不能办事，请到窗口办理，或找工作人员。"}}
	}
}

// lookItem fills in the pages of an item.
func (s State) lookItem(v *View) {
	switch s.step {
	case Guide:
		s.lookGuide(v)
	case Identify:
		s.lookIdentify(v)
	case Questions:
		s.lookQuestion(v)
	case Materials:
		s.lookMaterials(v)
	case Commitment:
		s.lookCommitment(v)
	case Signing:
		s.lookSigning(v)
	case Review:
		s.lookReview(v)
	case Receipt:
		s.lookReceipt(v)
	default: // Lodging
		s.lookLodging(v)
	}
}

func (s State) header() Header {
	h := Header{
		Station: s.world.Station.Name,
		System:  "粤智助 政府服务自助机",
		Date:    dateWords(s.now),
		Time:    timeWords(s.now),
		Online:  s.report.Online,
		Demo:    s.world.Demo,
	}
	switch {
	case !s.checked:
		h.Network = "正在检查网络"
	case s.report.Net != "":
		h.Network = s.report.Net
	case s.report.Online:
		h.Network = "网络正常"
	case s.report.CanLodge:
		h.Network = "暂时断网，照常办理"
	default:
		h.Network = "暂时断网"
	}
	return h
}

// Icons that the visit names, beside those of the catalogue.
const (
	iconBack  = "arrow-left"
	iconHelp  = "phone"
	iconLeave = "x"
	iconNext  = "arrow-right"
	iconEar   = "ear"
	iconPrint = "printer"
	iconPlus  = "plus"
)

func backAction() Action {
	return Action{ID: "back", Label: "上一步", Icon: iconBack, Event: Back{}}
}

func (s State) helpAction() Action {
	label := "请人帮忙"
	if s.guided {
		label = "叫人来帮我"
	}
	return Action{ID: "help", Label: label, Icon: iconHelp, Style: Warm, Event: Help{}}
}

func leaveAction() Action {
	return Action{ID: "leave", Label: "不办了", Icon: iconLeave, Event: Leave{}}
}

func (s State) guidedAction() Action {
	if s.guided {
		return Action{ID: "guided", Label: "普通模式", Icon: iconEar, Style: Warm, Event: ToggleGuided{}}
	}
	return Action{ID: "guided", Label: "长者模式 大字", Icon: iconEar, Style: Warm, Event: ToggleGuided{}}
}

// bar is the bottom bar of the pages of an item, always in the same order.
func (s State) bar(main ...Action) []Action {
	return append([]Action{backAction(), s.helpAction(), leaveAction()}, main...)
}

func mainAction(id, label string, ev Event) Action {
	return Action{ID: id, Label: label, Icon: iconNext, Style: Primary, Event: ev}
}

// links are the quiet ways out of an item: to the window, and to 办不成事.
func (s State) links() []Action {
	links := []Action{windowLink()}
	if s.parked == nil {
		links = append(links, troubleLink())
	}
	if !s.guided {
		a := s.guidedAction()
		a.Style = Quiet
		links = append(links, a)
	}
	return links
}

func windowLink() Action {
	return Action{ID: "window", Label: "去窗口办", Icon: "landmark", Style: Quiet, Event: ToWindow{}}
}

func troubleLink() Action {
	return Action{ID: "trouble", Label: "办不成事", Icon: "message-circle-warning", Style: Quiet, Event: Trouble{}}
}

// title is what an item is called: by its official name, and in guided mode as villagers say it.
func (s State) title(it *catalog.Item) string {
	if s.guided && it.Short != "" {
		return it.Short
	}
	return it.Name
}

// trail says where in an item the resident is. Pages that ask for nothing are left out.
func (s State) trail() []Mark {
	type stop struct {
		label string
		steps []Step
	}
	stops := []stop{
		{"看须知", []Step{Guide}},
		{"刷身份证", []Step{Identify}},
		{"填写", []Step{Questions, Materials}},
		{"签名", []Step{Commitment, Signing}},
		{"核对", []Step{Review}},
		{"取回执", []Step{Lodging, Receipt}},
	}
	var marks []Mark
	for _, st := range stops {
		mark, there := Mark{Label: st.label}, false
		for _, step := range st.steps {
			there = there || step == Guide || step >= Lodging || s.applies(step)
		}
		if !there {
			continue
		}
		last := st.steps[len(st.steps)-1]
		switch {
		case s.step > last:
			mark.State = Done
		case s.step >= st.steps[0]:
			mark.State = Now
		}
		marks = append(marks, mark)
	}
	return marks
}

// itemPage fills in what the pages of an item share.
func (s State) itemPage(v *View, main ...Action) {
	if !guideOnly(s.work.item) {
		v.Trail = s.trail()
	}
	v.Links = s.links()
	v.Bar = s.bar(main...)
	v.Notice = s.notice()
}

// notice is the one box of words on the pages of an item: what is different now from how it usually is.
func (s State) notice() *Notice {
	if !s.checked || s.work.item == nil {
		return nil
	}
	it := s.work.item
	if o := s.offer(it); o.off && s.step == Guide {
		return &Notice{Attention, o.why + "。您可以先看指南，或拿清单去窗口办。"}
	}
	var text string
	tone := Attention
	switch s.step {
	case Guide, Identify, Review:
		if !s.report.Online {
			text = offlineWords(it, s.report.Held)
		}
		if !s.report.CanPrint {
			text = listWords("", text, orWords(s.report.NoPrint, "打印机现在不能用")+"。照样可以办，凭证会显示在屏幕上，"+nextTime(s.work.needsCard())+"可以补打。")
		}
	case Questions:
		text, tone = s.cardNotice()
	case Attract, Home, List, Materials, Commitment, Signing, Lodging, Receipt, Progress, Wiped, OutOfService, Staff:
	}
	if text == "" {
		return nil
	}
	return &Notice{tone, text}
}

// olderAge is the age from which guided mode is offered.
const olderAge = 60

// cardNotice says on the first question what the card told: that it is out of date, or that its holder may want larger
// letters.
func (s State) cardNotice() (string, Tone) {
	if _, i, _ := s.work.question(); i > 0 || !s.work.needsCard() {
		return "", Calm
	}
	if day := expired(s.card, s.now); day != "" {
		return "身份证的有效期到" + day + "，已经过期。可以先填，窗口可能会请您换新证。", Attention
	}
	if !s.guided && ageOn(s.card, s.now) >= olderAge {
		return "字太小？点“长者模式 大字”，字更大，一步一步来。", Calm
	}
	return "", Calm
}

// pageSize is how many rows a page of a list holds.
func (s State) pageSize() int {
	if s.guided {
		return 4
	}
	return 6
}

// pageWords say which page of how many is shown, "" where there is one only.
func pageWords(page, pages int) string {
	if pages <= 1 {
		return ""
	}
	return "第 " + strconv.Itoa(page+1) + " 页，共 " + strconv.Itoa(pages) + " 页"
}

// turnPages returns the two page actions, nil where there is no page to turn to.
func turnPages(page, pages int) (prev, next *Action) {
	if page > 0 {
		prev = &Action{ID: "prev-page", Label: "上一页", Icon: "chevron-up", Event: Page{Delta: -1}}
	}
	if page+1 < pages {
		next = &Action{ID: "next-page", Label: "下一页", Icon: "chevron-down", Event: Page{Delta: 1}}
	}
	return prev, next
}
