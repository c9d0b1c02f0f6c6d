package visit

import (
	"strconv"
	"time"

	"zhizhu/app/health"
	"zhizhu/offline/catalog"
)

func (s State) lookAttract(v *View) {
	v.Title = s.world.Station.Name
	v.Lead = "办社保、医保、补贴、证明，不用排队"
	begin := Action{ID: "begin", Label: "点这里开始", Style: Primary, Event: Begin{}}
	b := &AttractBody{Call: "轻轻点一下屏幕，就能开始", Faults: s.report.Resident, Begin: begin}
	if s.checked {
		b.Offers = s.offers()
	}
	v.Body = b
}

// offers says what works now, before anyone begins.
func (s State) offers() []string {
	n := 0
	for _, it := range s.world.Catalog.Items {
		if !s.offer(it).off {
			n++
		}
	}
	var words []string
	if n > 0 {
		words = append(words, "现在可以办 "+strconv.Itoa(n)+" 项")
	}
	words = append(words, "看办事指南、查进度")
	if !s.report.Online && n > 0 {
		words = append(words, orWords(s.report.Net, "暂时断网，照常办理"))
	}
	return words
}

func (s State) lookHome(v *View) {
	v.Title = "您要办什么？"
	if name := person(s.card); name != "" {
		v.Lead = name + "，您好。还要办什么？"
	}
	cat := s.world.Catalog
	b := &HomeBody{
		Search: Action{ID: "search", Label: "找一找：点这里，选个说法，比如“老人钱”", Icon: "search", Event: OpenSearch{}},
		Count:  "全部服务：" + strconv.Itoa(len(cat.Themes)) + " 类 · " + strconv.Itoa(len(cat.Items)) + " 项",
		Others: []Action{
			{ID: "progress", Label: "查进度、补打小票", Icon: "list-checks", Event: OpenProgress{}},
			{ID: "trouble", Label: "办不成事", Icon: "message-circle-warning", Event: Trouble{}},
		},
	}
	for _, it := range cat.Frequent() {
		b.Frequent = append(b.Frequent, s.itemAction(it))
	}
	for i := range cat.Themes {
		th := &cat.Themes[i]
		b.Themes = append(b.Themes, Action{
			ID: "theme:" + th.ID, Label: th.Name, Icon: th.Icon, Tint: th.Tint, Event: OpenTheme{Theme: th.ID},
		})
	}
	v.Body = b
	v.Bar = []Action{s.guidedAction(), s.helpAction()}
	leave := leaveAction()
	leave.Label = "退出"
	v.Bar = append(v.Bar, leave)
}

// itemAction is an item to choose. One that can't be begun now says why; its guide can be read all the same, so it is
// never off.
func (s State) itemAction(it *catalog.Item) Action {
	a := Action{ID: "item:" + it.ID, Label: it.Short, Sub: it.Tagline, Icon: it.Icon, Event: OpenItem{Item: it.ID}}
	if a.Label == "" {
		a.Label = it.Name
	}
	if th := s.world.Catalog.Theme(it.Theme); th != nil {
		a.Tint = th.Tint
		a.Icon = orWords(a.Icon, th.Icon)
	}
	if o := s.offer(it); o.off {
		a.Why = o.why
	}
	return a
}

// found are the items of the list.
func (s State) found() []*catalog.Item {
	switch {
	case s.theme != "":
		return s.world.Catalog.ByTheme(s.theme)
	case s.query != "":
		return s.world.Catalog.Search(s.query)
	}
	return nil
}

// pages is how many pages the list has, at least one.
func (s State) pages() int {
	return max((len(s.found())+s.pageSize()-1)/s.pageSize(), 1)
}

// maxSuggestions is how many words are offered for a tap on the search page.
const maxSuggestions = 12

func (s State) lookList(v *View) {
	items := s.found()
	b := &ListBody{}
	if s.theme != "" {
		v.Title = s.world.Catalog.Theme(s.theme).Name
		v.Lead = "点一件您要办的事。"
		if len(items) == 0 {
			b.Empty = "这一类暂时没有能在本机办的事。可以请人帮忙。"
		}
	} else {
		s.lookSearch(v, b, len(items))
	}
	pages := s.pages()
	page := min(s.page, pages-1)
	from, to := page*s.pageSize(), min((page+1)*s.pageSize(), len(items))
	for _, it := range items[from:to] {
		b.Items = append(b.Items, s.itemAction(it))
	}
	b.Prev, b.Next = turnPages(page, pages)
	b.PageOf = pageWords(page, pages)
	v.Body = b
	v.Bar = []Action{backAction(), s.helpAction(), leaveAction()}
	v.Links = []Action{troubleLink()}
}

// lookSearch fills in the search box.
func (s State) lookSearch(v *View, b *ListBody, hits int) {
	v.Title = "找一找"
	v.Lead = "点一个意思相近的说法。"
	b.Query = &QueryBox{Query: s.query, Hint: "想办什么？"}
	for _, word := range s.world.Catalog.Words(maxSuggestions) {
		b.Query.Suggestions = append(b.Query.Suggestions, Action{
			ID: "suggest:" + word, Label: word, Event: Search{Query: word}, Chosen: word == s.query,
		})
	}
	switch {
	case s.query == "":
		b.Empty = "点上面的说法，这里会列出能办的事。"
	case hits == 0:
		b.Empty = "没有找到“" + s.query + "”。换个说法试试，或请人帮忙。"
	}
}

func (s State) lookGuide(v *View) {
	it := s.work.item
	v.Title, v.Lead = s.title(it), it.Tagline
	b := &GuideBody{Sections: guideSections(it)}
	switch o := s.offer(it); {
	case guideOnly(it):
		s.itemPage(v, mainAction("window", "打印清单", ToWindow{}))
		v.Links = v.Links[1:] // the main action is the window already
	default:
		b.Start = mainAction("start", wordsOf(it).start, StartItem{})
		if !s.work.empty() {
			b.Start.Label = "接着办"
		}
		b.Start.Off, b.Start.Why = o.off, o.why
		s.itemPage(v, b.Start)
	}
	v.Body = b
}

// guideSections are an item's guide in plain words. What isn't known is said to be not known.
func guideSections(it *catalog.Item) []Section {
	g := it.Guide
	var sections []Section
	add := func(title, icon string, lines ...string) {
		var there []string
		for _, line := range lines {
			if line != "" {
				there = append(there, line)
			}
		}
		if len(there) > 0 {
			sections = append(sections, Section{title, icon, there})
		}
	}
	add("谁可以办", "user", g.Conditions...)
	add("要带什么", "id-card", materialLines(it)...)
	add("怎么办", "list-checks", g.Process...)
	add("要多久", "clock", limitWords(g.Limit))
	add("要不要钱", "coins", g.Fee)
	add("办好得到什么", "file-check", g.Result)
	add("还可以去哪里办", "map-pin", g.Places...)
	for _, q := range g.Questions {
		add(q.Ask, "circle-question-mark", q.Answer)
	}
	add("请留意", "info", g.Notes...)
	add("哪里管", "landmark", it.Department)
	return sections
}

// materialLines are an item's materials, each with what makes it needless or easier.
func materialLines(it *catalog.Item) []string {
	var lines []string
	for i := range it.Materials {
		m := &it.Materials[i]
		line := m.Name
		switch {
		case m.Card:
			line += "（刷一下就行）"
		case m.ECert != "":
			line += "（" + tryECert + "）"
		case m.Later && !m.Main:
			line += "（可以以后补）"
		}
		lines = append(lines, line)
	}
	if len(lines) == 0 && it.Identity == catalog.IdentityNone {
		return []string{"什么都不用带。"}
	}
	switch {
	case len(lines) > 0:
		return lines
	case guideOnly(it):
		return []string{"身份证"}
	}
	return []string{"身份证（刷一下就行）"}
}

func (s State) lookStaff(v *View) {
	v.Title = "机器情况（运维）"
	v.Lead = s.world.Station.Name + "　" + s.world.Station.Code
	r := s.report
	b := &StaffBody{}
	add := func(label, value string) { b.Rows = append(b.Rows, Pair{label, value}) }
	if !s.checked {
		add("检查", "正在检查各个设备")
	}
	for _, line := range r.Staff {
		add(line.Subject, severityWord(line.Severity)+listWords(" ", line.Text, line.Todo))
	}
	add("等待送出", strconv.Itoa(r.Queued)+" 件")
	if !r.Oldest.IsZero() && r.Queued > 0 {
		add("最早一件", momentWords(r.Oldest))
	}
	add("上级已签收", strconv.Itoa(r.Acknowledged)+" 件")
	if r.Quarantined > 0 {
		add("单独放好", strconv.Itoa(r.Quarantined)+" 件")
	}
	if c := s.world.Catalog; c != nil {
		add("事项目录", c.Version+"　"+strconv.Itoa(len(c.Items))+" 项　"+clip(c.Digest, 12))
	}
	add("本机时间", s.now.Format(time.DateTime))
	v.Body = b
	v.Bar = []Action{{ID: "home", Label: "退出", Icon: iconLeave, Style: Primary, Event: ToHome{}}}
}

func severityWord(l health.Severity) string {
	switch l {
	case health.Broken:
		return "【故障】"
	case health.Notice:
		return "【注意】"
	case health.Fine:
	}
	return ""
}
