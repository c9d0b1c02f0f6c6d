package visit

import (
	"strconv"

	"zhizhu/app/sheet"
	"zhizhu/offline/catalog"
)

func (s State) lookIdentify(v *View) {
	s.itemPage(v)
	b := &IdentifyBody{Place: "读卡区"}
	if s.card != nil {
		v.Title = "已经读到" + person(s.card) + "的身份证"
		v.Lead = "接着办就点“继续”。要换一个人办，就把另一张身份证放在读卡区。"
		v.Bar = s.bar(mainAction("next", "继续", Continue{}))
	} else {
		v.Title = "请把身份证放在读卡区"
		v.Lead = "放平，别拿开，等屏幕换到下一页。"
	}
	s.lookReader(v, b)
	v.Body = b
}

// lookReader says what the reader said last, on the pages that ask for a card.
func (s State) lookReader(v *View, b *IdentifyBody) {
	switch s.reader {
	case readerReading:
		b.Reading = true
		v.Title = "正在读身份证"
		v.Lead = "请不要拿开，马上就好。"
	case readerTroubled:
		b.Retry = true
		v.Title = "没有读出来"
		v.Lead = "请把身份证拿开，再放一次。放平，不要和手机、别的卡叠在一起。"
	case readerUnknown:
		b.Retry = true
		v.Title = "这张卡读不了"
		v.Lead = "请放本人的居民身份证、港澳台居民居住证或外国人永久居留身份证。"
	case readerGone:
		b.Retry = true
		v.Title = "拿开得太快了"
		v.Lead = "请再放一次，放平，等屏幕换到下一页再拿开。"
	case readerBadScan:
		b.Retry = true
		v.Title = "这个码查不到"
		v.Lead = "请扫小票上的方块码，或者刷身份证。"
	case readerQuiet:
		s.lookForgotten(v, b)
	}
	if s.checked && !s.report.CanRead {
		v.Title = s.report.NoRead
		v.Lead = "请叫工作人员看看，或拿清单去窗口办。"
	}
}

// lookForgotten asks for the last person's card to be taken off before another is laid.
func (s State) lookForgotten(v *View, b *IdentifyBody) {
	if s.card != nil || s.left != cardLies {
		return
	}
	b.Retry = true
	v.Title = "读卡区已经有一张身份证"
	v.Lead = "是您的，请拿起来再放一次。不是您的，请先拿下来，交给工作人员。"
}

func (s State) lookQuestion(v *View) {
	f, i, asked := s.work.question()
	if f == nil {
		s.itemPage(v, mainAction("next", "下一步", Continue{}))
		v.Title, v.Body = "没有要填的了", &WaitBody{Text: "请点“下一步”。"}
		return
	}
	value := s.work.answers[f.ID]
	next := mainAction("next", "下一步", Continue{})
	switch {
	case s.work.editing:
		next.Label = "改好了"
	case f.Optional && value == "":
		next.Label = "不填，跳过"
	}
	s.itemPage(v, next)
	v.Title = orWords(f.Ask, f.Label)
	v.Lead = f.Help
	b := &QuestionBody{
		Progress: "第 " + strconv.Itoa(i+1) + " 个问题，共 " + strconv.Itoa(len(asked)) + " 个",
		Field:    f,
		Value:    value,
		Shown:    sheet.Text(f, value),
		Options:  answerActions(f, value),
		Today:    s.now.Format(catalog.DateLayout),
	}
	if s.work.tried {
		fault, limit := sheet.Check(f, value, s.now)
		b.Wrong = wrongWords(f, fault, limit)
	}
	if i == 0 {
		b.Known = s.knownPairs()
	}
	v.Body = b
}

// answerActions are the answers that a tap gives.
func answerActions(f *catalog.Field, value string) []Action {
	var actions []Action
	for _, o := range f.Options {
		actions = append(actions, Action{
			ID: "option:" + o.Value, Label: o.Label, Icon: o.Icon, Event: Answer{f.ID, o.Value}, Chosen: o.Value == value,
		})
	}
	for _, word := range f.Suggest {
		actions = append(actions, Action{
			ID: "option:" + word, Label: word, Event: Answer{f.ID, word}, Chosen: word == value,
		})
	}
	return actions
}

// knownPairs is what will not be asked, because the card or the visit says it already.
func (s State) knownPairs() []Pair {
	w := s.work
	var pairs []Pair
	named := false
	name := person(w.holder(s.card))
	for _, k := range sheet.Known(w.item, w.answers, w.known) {
		named = named || k.Text == name
		pairs = append(pairs, Pair{k.Label, k.Text})
	}
	if name != "" && !named {
		pairs = append([]Pair{{"办事人", name}}, pairs...)
	}
	if w.about != nil && w.about.ItemName != "" {
		pairs = append([]Pair{{"您刚才在办", w.about.ItemName}}, pairs...)
	}
	return pairs
}

func (s State) lookMaterials(v *View) {
	s.itemPage(v, mainAction("next", s.goOnLabel(), Continue{}))
	v.Title = "材料准备好了吗？"
	v.Lead = "每一样点一个。纸的材料不用交给机器，办的时候给窗口看。"
	b := &MaterialsBody{}
	for _, m := range sheet.Materials(s.work.item, s.work.all(), s.work.materials) {
		b.Rows = append(b.Rows, materialRow(m))
	}
	if s.work.tried && !s.complete(Materials) {
		b.Wrong = "还有材料没有选，请每一样都点一个。没有又不能以后补的，请点“去窗口办”。"
	}
	v.Body = b
}

func materialRow(m sheet.MaterialState) MaterialRow {
	row := MaterialRow{Name: m.Material.Name, Help: m.Material.Help}
	switch m.How {
	case sheet.ByCard:
		row.Met = "身份证已读取，不用再交"
	case sheet.ByECert:
		row.Met = tryECert
	}
	for _, how := range m.Choices {
		row.Choices = append(row.Choices, Action{
			ID:     "material:" + m.Material.ID + ":" + how,
			Label:  howWords(how),
			Event:  SetMaterial{m.Material.ID, how},
			Chosen: how == m.How,
		})
	}
	return row
}

// tryECert doesn't promise that an electronic certificate is there: the upstream tries it, the office asks where it
// isn't.
const tryECert = "先试电子证照，调不到的窗口会请您补"

func howWords(how string) string {
	switch how {
	case sheet.ByCard:
		return "已刷身份证"
	case sheet.ByECert:
		return tryECert
	case sheet.ByLater:
		return "以后补交"
	}
	return "我有"
}

// goOnLabel is the main action of a page that was opened on the way, or from the review page.
func (s State) goOnLabel() string {
	if s.work.editing {
		return "改好了"
	}
	return "下一步"
}

func (s State) lookCommitment(v *View) {
	s.itemPage(v, mainAction("next", s.goOnLabel(), Continue{}))
	v.Title = "请看清楚，一条一条打勾"
	b := &CommitBody{}
	if p := s.work.item.Policies.Promise; p != nil {
		v.Lead = "这是您的承诺。看不清可以请人念给您听。"
		b.Liability = p.Liability
	} else {
		v.Lead = "确认是这样，就在前面打勾。"
	}
	for i, text := range sheet.Statement(s.work.item) {
		on := i < len(s.work.ticks) && s.work.ticks[i]
		label := "同意，打勾"
		if on {
			label = "已打勾"
		}
		b.Ticks = append(b.Ticks, TickRow{Text: text, On: on, Act: Action{
			ID: "tick:" + strconv.Itoa(i), Label: label, Event: Tick{Index: i, On: !on}, Chosen: on,
		}})
	}
	if s.work.tried && !s.work.allTicked() {
		b.Wrong = "还有没打勾的。都看清楚、都打上勾，才能往下办；不同意可以点“不办了”。"
	}
	v.Body = b
}

func (s State) lookSigning(v *View) {
	s.itemPage(v, mainAction("next", s.goOnLabel(), Continue{}))
	v.Title = "请用手指签上您的名字"
	v.Lead = "签在框里，写大一点。签名表示刚才打勾的都是真的。"
	b := &SignBody{
		Hint:    "在这里签名",
		Strokes: s.work.sign.Strokes,
		Clear:   Action{ID: "clear-sign", Label: "擦掉重签", Icon: "eraser", Event: ClearSign{}},
	}
	if len(s.work.sign.Strokes) == 0 {
		b.Clear.Off, b.Clear.Why = true, "还没有签"
	}
	switch {
	case s.work.tried && !s.work.signedNow():
		b.Wrong = "还没有签名，请用手指在框里写您的名字。不会写字的，画个记号也可以。"
	case s.work.resign:
		b.Wrong = "您改过内容，请再签一次名。"
	}
	v.Body = b
}

func (s State) lookReview(v *View) {
	w := s.work
	words := wordsOf(w.item)
	confirm := Action{ID: "confirm", Label: words.confirm, Icon: "check", Style: Primary, Event: Confirm{}}
	if w.fault != 0 {
		confirm.Label, confirm.Icon = "再试一次", "refresh-cw"
	}
	s.itemPage(v, confirm)
	v.Title = "最后看一遍，对不对？"
	v.Lead = "不对的地方点“改一改”；都对就点“" + confirm.Label + "”。"
	b := &ReviewBody{Wrong: s.wrongs()}
	b.Rows = append(b.Rows, ReviewRow{Label: "要办的事", Value: s.title(w.item)})
	for _, p := range s.knownPairs() {
		b.Rows = append(b.Rows, ReviewRow{Label: p.Label, Value: p.Value})
	}
	for _, f := range w.asked() {
		value := orWords(sheet.Text(f, w.answers[f.ID]), "没有填")
		b.Rows = append(b.Rows, ReviewRow{f.Label, value, editAction("edit:"+f.ID, Edit{f.ID})})
	}
	b.Rows = append(b.Rows, s.reviewPapers()...)
	if w.fault != 0 {
		v.Title, v.Lead = "没有收下", "您填的都还在。"
		v.Notice = &Notice{Wrong, faultWords(w.fault)}
	}
	v.Body = b
}

func editAction(id string, ev Event) *Action {
	return &Action{ID: id, Label: "改一改", Icon: "pencil-line", Event: ev}
}

// reviewPapers are the rows of materials, commitment and signature.
func (s State) reviewPapers() []ReviewRow {
	w := s.work
	var rows []ReviewRow
	for _, m := range sheet.Materials(w.item, w.all(), w.materials) {
		row := ReviewRow{Label: m.Material.Name, Value: orWords(howIf(m), "还没有选")}
		if len(m.Choices) > 0 {
			row.Edit = editAction("revisit:materials:"+m.Material.ID, Revisit{Materials})
		}
		rows = append(rows, row)
	}
	if !w.mustSign() {
		return rows
	}
	ticked, signed := "都打了勾", "已签"
	if !w.allTicked() {
		ticked = "还没有打完勾"
	}
	if !w.signedNow() {
		signed = "还没有签"
	}
	return append(rows,
		ReviewRow{"承诺和声明", ticked, editAction("revisit:commitment", Revisit{Commitment})},
		ReviewRow{"签名", signed, editAction("revisit:sign", Revisit{Signing})},
	)
}

func howIf(m sheet.MaterialState) string {
	if m.How == "" {
		return ""
	}
	return howWords(m.How)
}

// wrongs is everything that keeps the sheet from being lodged, all at once (R11).
func (s State) wrongs() []string {
	w := s.work
	var wrong []string
	if w.needsCard() && s.card == nil {
		wrong = append(wrong, "身份证：还没有刷。")
	}
	for _, d := range w.deficiencies(s.now) {
		switch {
		case d.Material != "":
			wrong = append(wrong, d.Label+"：还没有选。")
		default:
			wrong = append(wrong, d.Label+"："+s.deficiencyWords(d))
		}
	}
	if !w.allTicked() {
		wrong = append(wrong, "承诺和声明：还没有都打上勾。")
	}
	if w.mustSign() && !w.signedNow() {
		wrong = append(wrong, "签名：还没有签。")
	}
	return wrong
}

// deficiencyWords say what is wrong with one answer on the review page.
func (s State) deficiencyWords(d sheet.Deficiency) string {
	for i := range s.work.item.Form {
		if f := &s.work.item.Form[i]; f.ID == d.Field && d.Fault != sheet.Missing {
			return wrongWords(f, d.Fault, d.Limit)
		}
	}
	return "还没有填。"
}
