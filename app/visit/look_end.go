package visit

import (
	"strconv"

	"zhizhu/offline/catalog"
)

func (s State) lookLodging(v *View) {
	v.Trail = s.trail()
	v.Title = "正在存好，请稍等"
	v.Lead = "请不要走开，很快就好。"
	v.Body = &WaitBody{Text: "正在保存您填的内容"}
	v.Bar = []Action{s.helpAction()}
}

func (s State) lookReceipt(v *View) {
	it, out := s.work.item, s.out
	accepted := it.Policies.AcceptOnReceipt
	v.Title = wordsOf(it).lodged
	v.Lead = lodgedNext(it)
	if s.work.needsCard() {
		v.Lead = listWords("", v.Lead, "请收好身份证。")
	}
	b := &ReceiptBody{
		Heading: certificate(accepted),
		Code:    out.lodged.Number,
		CodeTip: "下次扫这个码，就能查进度",
		Print:   printWords(out.paper, printer{s.report.NoPrint, "下次扫这个码"}),
	}
	b.Rows = append(b.Rows, Pair{"事项", it.Name}, Pair{"编号", out.lodged.Number})
	at := "收件时间"
	if accepted {
		at = "受理时间"
	}
	if name := person(s.work.holder(s.card)); name != "" {
		b.Rows = append(b.Rows, Pair{"申请人", name})
		b.CodeTip = "下次刷身份证，或扫这个码，就能查进度"
		b.Print = printWords(out.paper, printer{s.report.NoPrint, nextTime(true)})
	}
	b.Rows = append(b.Rows, Pair{at, s.lodgedAt()}, Pair{"现在", out.network.Words()})
	for _, note := range it.Guide.Notes {
		b.Rows = append(b.Rows, Pair{"请注意", note})
	}
	s.lookRating(b)
	v.Body = b
	v.Bar = s.receiptBar()
	v.Links = []Action{windowLink()}
	if s.parked == nil {
		v.Links = append(v.Links, troubleLink())
	}
}

// lodgedAt is when the last matter was lodged, as the slip says it.
func (s State) lodgedAt() string {
	if s.out.clockUnsure {
		return momentWords(s.out.lodged.At) + "（时间以窗口登记为准）"
	}
	return momentWords(s.out.lodged.At)
}

// lookRating offers five equal targets, none chosen; once rated, or where no rating is asked, only thanks are left.
func (s State) lookRating(b *ReceiptBody) {
	switch {
	case s.out.rated > 0:
		b.Thanks = "谢谢您的评价。"
	case s.work.item.Kind == catalog.Feedback:
		b.Thanks = "谢谢您告诉我们。"
	default:
		b.RateAsk = "这次办得怎么样？不评也可以"
		icons := []string{"angry", "frown", "meh", "smile", "laugh"}
		for level := 5; level >= 1; level-- {
			b.Rates = append(b.Rates, Action{
				ID: "rate:" + strconv.Itoa(level), Label: rateWord(level), Icon: icons[level-1], Event: Rate{level},
			})
		}
	}
}

func rateWord(level int) string {
	return [...]string{"", "非常不满意", "不满意", "基本满意", "满意", "非常满意"}[level]
}

func (s State) receiptBar() []Action {
	again := Action{ID: "print-again", Label: "再打一张", Icon: iconPrint, Event: PrintAgain{s.out.lodged.Number}}
	s.paperOff(&again)
	more := Action{ID: "another", Label: "再办一件", Icon: iconPlus, Event: Another{}}
	if s.parked != nil {
		more = Action{ID: "resume", Label: "回去接着办", Icon: iconBack, Event: Resume{}}
	}
	exit := Action{ID: "leave", Label: "退出", Style: Primary, Event: Leave{}}
	if left := s.secondsLeft(); left > 0 {
		exit.Label += "（" + strconv.Itoa(left) + "）"
	}
	if s.printing() {
		more.Off, more.Why = true, "小票正在打印"
	}
	return []Action{again, s.helpAction(), more, exit}
}

// paperOff takes a print action away while it can't print.
func (s State) paperOff(a *Action) {
	switch {
	case s.printing():
		a.Off, a.Why = true, "小票正在打印"
	case !s.report.CanPrint:
		a.Off, a.Why = true, orWords(s.report.NoPrint, "打印机现在不能用")
	}
}

func (s State) lookProgress(v *View) {
	v.Bar = []Action{backAction(), s.helpAction(), leaveAction()}
	v.Links = []Action{troubleLink()}
	switch {
	case s.find.waiting:
		v.Title = "正在查找"
		v.Body = &WaitBody{Text: "请稍等"}
	case s.find.done:
		s.lookRecords(v)
	default:
		v.Title = "请刷身份证，或扫小票上的码"
		v.Lead = "身份证放平在读卡区；小票上的方块码对准扫码口。"
		b := &IdentifyBody{Place: "读卡区"}
		if s.reader != readerQuiet || s.left == cardLies || s.checked && !s.report.CanRead {
			s.lookReader(v, b)
		}
		v.Body = b
	}
}

func (s State) lookRecords(v *View) {
	f := s.find
	b := &RecordsBody{}
	v.Body = b
	switch {
	case f.failed:
		v.Title = "暂时查不到"
		b.Empty = "机器里的记录暂时打不开，没有丢。请过一会儿再查，或请人帮忙。"
		if s.card != nil {
			v.Bar = append(v.Bar, mainAction("next", "再查一次", Continue{}))
		}
		return
	case len(f.records) == 0:
		v.Title = "在这台机器上没有查到"
		b.Empty = "在别的机器或窗口办的，请到窗口问，或打 12345。"
		if s.report.StoreRenamed {
			v.Title = "以前的记录现在显示不了"
			b.Empty = "这台机器出过故障，以前办的事现在显示不出来。已经送出的，上级平台都有；还没送出的，工作人员会处理。急用请拿小票到窗口问，或打 12345。"
		}
		return
	}
	v.Title = "在这台机器上办过的事"
	v.Lead = "收件不等于受理。办理结果以窗口答复为准。"
	if f.told() {
		v.Lead = "有回复的，写在下面。看不明白就请人帮忙，或打 12345。"
	}
	if s.report.StoreRenamed {
		v.Lead += "更早的记录现在显示不了，请拿小票到窗口问。"
	}
	pages := (len(f.records) + s.recordsPage() - 1) / s.recordsPage()
	page := min(s.page, pages-1)
	for _, r := range s.shownRecords() {
		b.Rows = append(b.Rows, s.recordRow(r))
	}
	b.Prev, b.Next = turnPages(page, pages)
	b.PageOf = pageWords(page, pages)
	if f.paper.state != paperNone {
		n := printWords(f.paper, printer{s.report.NoPrint, nextTime(f.byCard)})
		v.Notice = &n
	}
}

func (s State) recordRow(r Record) RecordRow {
	again := &Action{ID: "print:" + r.Number, Label: "补打小票", Icon: iconPrint, Event: PrintAgain{r.Number}}
	s.paperOff(again)
	return RecordRow{
		Name:   r.ItemName,
		Number: r.Number,
		When:   momentWords(r.At),
		State:  recordState(r, s.report),
		Words:  s.letterWords(r.Letters),
		Print:  again,
	}
}
