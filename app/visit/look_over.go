package visit

import (
	"strconv"
	"time"

	"zhizhu/app/sheet"
	"zhizhu/offline/catalog"
)

// overlayView is what lies over the page, nil for nothing.
func (s State) overlayView() *Overlay {
	if s.leaving {
		return &Overlay{ID: "leaving", Title: "小票正在打印", Lines: []string{"打好就退出。请取走小票，收好身份证。"}}
	}
	switch s.over {
	case overHelp:
		return s.helpOverlay()
	case overLeave:
		return &Overlay{
			ID:    "leave",
			Title: "不办了吗？",
			Lines: []string{"现在退出，您填的内容会清掉，要办得重新填。"},
			Actions: []Action{
				{ID: "close", Label: "接着办", Style: Primary, Event: Close{}},
				{ID: "confirm-leave", Label: "是的，不办了", Event: ConfirmLeave{}},
			},
		}
	case overIdle:
		return s.idleOverlay()
	case overWindow:
		return s.windowOverlay()
	case overPerson:
		return s.personOverlay()
	case overPaper:
		return s.paperOverlay()
	case overNone:
	}
	return nil
}

func (s State) helpOverlay() *Overlay {
	o := &Overlay{ID: "help", Title: "请人帮忙", Lines: []string{s.helpLine()}}
	if s.world.Station.Phone != "" {
		o.Lines = append(o.Lines, "服务站电话 "+s.world.Station.Phone)
	}
	o.Lines = append(o.Lines, "政务服务热线 12345")
	o.Actions = append(o.Actions, Action{ID: "close", Label: "知道了，接着办", Style: Primary, Event: Close{}})
	if s.inItem() {
		o.Actions = append(o.Actions, windowLink())
	}
	if s.canTrouble() {
		o.Actions = append(o.Actions, troubleLink())
	}
	a := s.guidedAction()
	a.Style = Quiet
	o.Actions = append(o.Actions, a)
	for i := 1; i < len(o.Actions); i++ {
		o.Actions[i].Style = Plain // an overlay has room: nothing in it is quiet
	}
	return o
}

// helpLine says for how long the page waits for whoever is fetched.
func (s State) helpLine() string {
	wait := s.slower(s.world.Idle.Help)
	span := strconv.Itoa(int(wait/time.Minute)) + " 分钟"
	if wait < time.Minute {
		span = strconv.Itoa(int(wait/time.Second)) + " 秒"
	}
	return "请叫站里的工作人员过来。这一页会等 " + span + "，您填的内容都留着。"
}

// canTrouble reports whether 办不成事 can be opened now.
func (s State) canTrouble() bool {
	it := s.world.trouble()
	return it != nil && s.step != Lodging && !s.offer(it).off && (!s.inItem() || s.work.item.ID != it.ID)
}

func (s State) idleOverlay() *Overlay {
	seconds := int(s.slower(s.world.Idle.Notice) / time.Second)
	o := &Overlay{
		ID:    "idle",
		Title: "您还在吗？",
		Lines: []string{strconv.Itoa(seconds) + " 秒内没有人点，就会退出，并清掉您的信息。"},
		Actions: []Action{
			{ID: "close", Label: "我还在，接着办", Style: Primary, Event: Close{}},
			{ID: "confirm-leave", Label: "不办了", Event: ConfirmLeave{}},
		},
	}
	if number := s.unconfirmed(); number != "" {
		o.Lines = append(o.Lines, noteNumber(number)...)
	}
	if s.step == Receipt {
		o.Actions[0].Label, o.Actions[1].Label = "我还在", "退出"
	}
	return o
}

// noteNumber tells whoever has no slip yet what to keep: this page lies over the code.
func noteNumber(number string) []string {
	return []string{"还不能确定小票打出来了。您的事已经收下，请先记下编号，或回去拍下码。", "编号 " + number}
}

// paperOverlay asks once whoever leaves without a slip.
func (s State) paperOverlay() *Overlay {
	o := &Overlay{
		ID:    "paper",
		Title: "编号记下了吗？",
		Lines: noteNumber(s.unconfirmed()),
		Actions: []Action{
			{ID: "close", Label: "还没有，回去看看", Style: Primary, Event: Close{}},
			{ID: "confirm-leave", Label: "记下了，退出", Event: ConfirmLeave{}},
		},
	}
	if s.losable() {
		o.Lines = append(o.Lines, "还有没办完的事，退出以后填的内容会清掉。")
	}
	return o
}

func (s State) personOverlay() *Overlay {
	lines := []string{"读到了另一张身份证。"}
	if name := person(s.card); name != "" {
		lines = []string{"现在办事的是" + name + "，读到了另一张身份证。"}
	}
	return &Overlay{
		ID:    "person",
		Title: "换一个人办吗？",
		Lines: append(lines, "换人的话，前面填的会清掉，两个人的事不会混在一起。"),
		Actions: []Action{
			{ID: "close", Label: "不换，接着办", Style: Primary, Event: Close{}},
			{ID: "switch-person", Label: "换人办", Event: SwitchPerson{}},
		},
	}
}

// windowOverlay is what to bring to the window, and where it is.
func (s State) windowOverlay() *Overlay {
	it := s.work.item
	o := &Overlay{ID: "window", Title: "去窗口办，要带这些"}
	o.Lines = append(o.Lines, s.toBring()...)
	for _, place := range it.Guide.Places {
		o.Lines = append(o.Lines, "地点："+place)
	}
	o.Lines = append(o.Lines, "不用预约，不用手机。")
	if s.list.state != paperNone {
		o.Lines = append(o.Lines, listPaperWords(s.list))
	}
	list := Action{ID: "print-list", Label: "打印这张清单", Icon: iconPrint, Style: Primary, Event: PrintList{}}
	s.paperOff(&list)
	o.Actions = []Action{list, {ID: "close", Label: "知道了", Event: Close{}}}
	return o
}

// listPaperWords say what became of the checklist. Nothing hangs on it.
func listPaperWords(p paper) string {
	switch {
	case p.state == paperPrinting:
		return "正在打印清单。"
	case p.out():
		return "清单打好了，请从出纸口取走。"
	}
	return "清单可能没有打出来，请抄下来或请人帮忙。"
}

// toBring are the materials that these answers call for, those on the card included: the window reads no machine.
func (s State) toBring() []string {
	var lines []string
	card := false
	for _, m := range sheet.Materials(s.work.item, s.work.all(), nil) {
		line := "· " + m.Material.Name
		if m.How == sheet.ByECert {
			line += "（有就带上；没有的窗口先试电子证照）"
		}
		card = card || m.How == sheet.ByCard
		lines = append(lines, line)
	}
	if !card && s.work.item.Identity != catalog.IdentityNone {
		lines = append([]string{"· 居民身份证"}, lines...)
	}
	if len(lines) == 0 {
		lines = []string{"什么都不用带。"}
	}
	return lines
}
