package gallery

import "zhizhu/app/visit"

// Named is one view with a name for its picture.
type Named struct {
	Name string
	View visit.View
}

// Views returns all views in the normal mode, then all in the guided mode.
func Views() []Named {
	var all []Named
	for _, guided := range []bool{false, true} {
		for _, n := range pages() {
			n.View.Guided = guided
			if guided {
				n.Name += "-guided"
			}
			all = append(all, n)
		}
	}
	return all
}

func pages() []Named {
	all := startPages()
	all = append(all, fillPages()...)
	return append(all, endPages()...)
}

func header(online bool) visit.Header {
	h := visit.Header{
		Station: "雁洋镇长教村便民服务站", System: "粤智助 政府服务自助机", Date: "11月23日 星期一", Time: "9:41",
		Online: online, Network: "网络正常",
	}
	if !online {
		h.Network = "暂时断网，照常办理"
	}
	return h
}

func act(id, label, icon string, e visit.Event) visit.Action {
	return visit.Action{ID: id, Label: label, Icon: icon, Event: e}
}

func bar(main ...visit.Action) []visit.Action {
	help := act("help", "请人帮忙", "phone", visit.Help{})
	help.Style = visit.Warm
	all := []visit.Action{act("back", "上一步", "arrow-left", visit.Back{}), help, act("leave", "不办了", "x", visit.Leave{})}
	return append(all, main...)
}

func next(label string) visit.Action {
	a := act("next", label, "arrow-right", visit.Continue{})
	a.Style = visit.Primary
	return a
}

func links() []visit.Action {
	all := []visit.Action{
		act("window", "去窗口办", "landmark", visit.ToWindow{}),
		act("trouble", "办不成事", "message-circle-warning", visit.Trouble{}),
		act("guided", "长者模式 大字", "ear", visit.ToggleGuided{}),
	}
	for i := range all {
		all[i].Style = visit.Quiet
	}
	return all
}

func trail(now int) []visit.Mark {
	var marks []visit.Mark
	for i, l := range []string{"看须知", "刷身份证", "填写", "签名", "核对", "取回执"} {
		m := visit.Mark{Label: l}
		switch {
		case i < now:
			m.State = visit.Done
		case i == now:
			m.State = visit.Now
		}
		marks = append(marks, m)
	}
	return marks
}

func page(step visit.Step, at int, title, lead string, body visit.Body, main ...visit.Action) visit.View {
	return visit.View{
		Step: step, Header: header(true), Trail: trail(at), Title: title, Lead: lead, Body: body, Links: links(), Bar: bar(main...),
	}
}
