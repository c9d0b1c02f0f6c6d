package gallery

import (
	"zhizhu/app/visit"
	"zhizhu/offline/catalog"
)

func fillPages() []Named {
	return []Named{
		{"question-choice", choice()},
		{"question-many", many()},
		{"question-date-birth", date("", "1900-01-01")},
		{"question-date-whole", dateWhole()},
		{"question-date-soon", dateSoon()},
		{"question-phone", phone()},
		{"question-idno", idno()},
		{"question-number", number()},
		{"question-text", text()},
		{"materials", materials()},
		{"commitment", commitment()},
		{"sign", sign()},
		{"review", review()},
		{"review-wrong", reviewWrong()},
		{"lodging", lodging()},
	}
}

func question(title, help string, body *visit.QuestionBody) visit.View {
	body.Progress, body.Today = "第 3 个问题，共 5 个", "2026-11-23"
	body.Field.Label, body.Field.ID = title, title+body.Field.Min
	return page(visit.Questions, 2, title, help, body, next("下一步"))
}

func option(value, label, icon string, chosen bool) visit.Action {
	a := act("option:"+value, label, icon, visit.Answer{Field: "f", Value: value})
	a.Chosen = chosen
	return a
}

func choice() visit.View {
	return question("您现在自己能走路、吃饭、穿衣吗？", "照实选就好，选错了可以改。", &visit.QuestionBody{
		Field: &catalog.Field{Type: catalog.Choice}, Value: "some",
		Options: []visit.Action{
			option("all", "都能自己来", "smile", false), option("some", "有些要人帮", "hand-helping", true),
			option("none", "都要人照顾", "bed", false),
		},
		Known: []visit.Pair{
			{Label: "办事人", Value: "测试甲"},
			{Label: "身份证号", Value: "4414**********0017"},
			{Label: "住址", Value: "广东省梅州市梅县区雁洋镇长教村第十二村民小组老屋下三十五号之一"},
		},
	})
}

func many() visit.View {
	var all []visit.Action
	for _, w := range []string{
		"农业银行", "工商银行", "建设银行", "中国银行", "交通银行", "邮政储蓄银行", "广东农信（农商银行）", "招商银行", "其他银行，到窗口再说明",
	} {
		all = append(all, option(w, w, "", false))
	}
	v := question("钱发到哪家银行的卡？", "", &visit.QuestionBody{
		Field: &catalog.Field{Type: catalog.Choice}, Options: all, Wrong: "请先选一个，再点“下一步”。",
	})
	return v
}

func date(value, least string) visit.View {
	return question("老人是哪一天出生的？", "以身份证或户口簿上的为准。", &visit.QuestionBody{
		Field: &catalog.Field{Type: catalog.Date, Min: least, Max: "today"}, Value: value,
	})
}

func dateWhole() visit.View {
	v := date("1954-03-05", "1900-01-01")
	v.Body.(*visit.QuestionBody).Shown = "1954年3月5日"
	v.Body.(*visit.QuestionBody).Wrong = "日期太早了，最早是1955年1月1日。"
	return v
}

func dateSoon() visit.View {
	return question("您想哪一天来？", "只能约明天起两周内的日子。", &visit.QuestionBody{
		Field: &catalog.Field{Type: catalog.Date, Min: "today+1d", Max: "today+14d"},
	})
}

func phone() visit.View {
	return question("您的联系电话是多少？", "有事会打这个电话。没有手机，留家里人的也行。", &visit.QuestionBody{
		Field: &catalog.Field{Type: catalog.Phone}, Value: "1380013", Shown: "138 0013",
		Wrong: "电话号码不对。手机号是 11 位数字，座机要加区号。",
	})
}

func idno() visit.View {
	return question("老人的身份证号是多少？", "", &visit.QuestionBody{
		Field: &catalog.Field{Type: catalog.IDNo}, Value: "44142119460305001X", Shown: "441421 19460305 001X",
	})
}

func number() visit.View {
	return question("家里一共几口人？", "", &visit.QuestionBody{
		Field: &catalog.Field{Type: catalog.Number, Unit: "人"}, Options: []visit.Action{
			option("1", "1 人", "", false), option("2", "2 人", "", false), option("3", "3 人", "", false),
		},
	})
}

func text() visit.View {
	var all []visit.Action
	for _, w := range []string{"机器读不出身份证", "窗口说材料不够，又没说清楚少什么", "等了很久没有回音", "别的"} {
		all = append(all, option(w, w, "", w == "别的"))
	}
	return question("哪里办不成？", "点一个最像的说法。", &visit.QuestionBody{
		Field: &catalog.Field{Type: catalog.Text}, Value: "别的", Options: all,
	})
}

func materials() visit.View {
	choices := func(chosen int, labels ...string) []visit.Action {
		var all []visit.Action
		for i, l := range labels {
			a := act("material:"+l, l, "", visit.SetMaterial{Material: "m", How: l})
			a.ID += string(rune('0' + i))
			a.Chosen = i == chosen
			all = append(all, a)
		}
		return all
	}
	return page(visit.Materials, 2, "材料准备好了吗？", "每一样点一个。纸的材料不用交给机器，办的时候给窗口看。", &visit.MaterialsBody{
		Wrong: "还有材料没有选，请每一样都点一个。没有又不能以后补的，请点“去窗口办”。",
		Rows: []visit.MaterialRow{
			{Name: "居民身份证", Met: "身份证已读取，不用再交"},
			{Name: "本人名下的银行卡或存折复印件", Help: "要看得清卡号和开户银行", Choices: choices(0, "我有", "以后补交")},
			{Name: "残疾人证", Met: "用电子证照，不用交纸的"},
			{Name: "村委会出具的在世证明（长期不在本村居住的人要）", Choices: choices(-1, "我有")},
		},
	}, next("下一步"))
}

func commitment() visit.View {
	tick := func(i int, text string, on bool) visit.TickRow {
		label := "同意，打勾"
		a := act("tick:"+string(rune('0'+i)), label, "", visit.Tick{Index: i, On: !on})
		a.Chosen = on
		return visit.TickRow{Text: text, On: on, Act: a}
	}
	return page(visit.Commitment, 3, "请看清楚，一条一条打勾", "这是您的承诺。看不清可以请人念给您听。", &visit.CommitBody{
		Liability: "说了不真实的话，领了的钱要退回，还会记入信用记录；情节严重的，依法处理。",
		Ticks: []visit.TickRow{
			tick(0, "我填写的都是真实的。", true),
			tick(1, "我已经知道办理的条件、要交的材料和办理时限，并且符合条件。", false),
			tick(2, "我同意由社保部门向公安、民政、卫生健康等部门核对我的户籍、婚姻、死亡等信息，核对只用于办理这件事。", false),
		},
		Wrong: "还有没打勾的。都看清楚、都打上勾，才能往下办；不同意可以点“不办了”。",
	}, next("下一步"))
}

func sign() visit.View {
	return page(visit.Signing, 3, "请用手指签上您的名字", "签在框里，写大一点。签名表示刚才打勾的都是真的。", &visit.SignBody{
		Hint: "在这里签名", Clear: act("clear-sign", "擦掉重签", "eraser", visit.ClearSign{}),
		Strokes: [][]visit.Point{{{X: 200, Y: 120}, {X: 260, Y: 110}, {X: 330, Y: 112}}, {{X: 270, Y: 60}, {X: 262, Y: 160}, {X: 230, Y: 240}}},
	}, next("下一步"))
}

func review() visit.View {
	edit := func(id string) *visit.Action {
		a := act("edit:"+id, "改一改", "pencil-line", visit.Edit{Field: id})
		return &a
	}
	confirm := act("confirm", "确认提交", "check", visit.Confirm{})
	confirm.Style = visit.Primary
	return page(visit.Review, 4, "最后看一遍，对不对？", "不对的地方点“改一改”；都对就点“确认提交”。", &visit.ReviewBody{
		Rows: []visit.ReviewRow{
			{Label: "要办的事", Value: longName},
			{Label: "姓名", Value: "测试甲"},
			{Label: "身份证号", Value: "4414**********0017"},
			{Label: "住址", Value: "广东省梅州市梅县区雁洋镇长教村第十二村民小组老屋下三十五号之一"},
			{Label: "联系电话", Value: "138 0013 8000", Edit: edit("phone")},
			{Label: "生活能自理吗", Value: "有些要人帮", Edit: edit("care")},
			{Label: "出生日期", Value: "1954年3月5日", Edit: edit("birth")},
			{Label: "本人名下的银行卡或存折复印件", Value: "以后补交", Edit: edit("bank")},
			{Label: "承诺和声明", Value: "都打了勾", Edit: edit("commit")},
			{Label: "签名", Value: "已签", Edit: edit("sign")},
		},
	}, confirm)
}

func reviewWrong() visit.View {
	v := review()
	v.Title, v.Lead = "没有收下", "您填的都还在。"
	v.Notice = &visit.Notice{Tone: visit.Wrong, Text: "没有存好，所以没有收下。您填的都还在，可以再试一次；还不行请叫工作人员。"}
	v.Body.(*visit.ReviewBody).Wrong = []string{"联系电话：电话号码不对。手机号是 11 位数字，座机要加区号。", "签名：还没有签。"}
	return v
}

func lodging() visit.View {
	v := page(visit.Lodging, 5, "正在存好，请稍等", "请不要走开，很快就好。", &visit.WaitBody{Text: "正在保存您填的内容"})
	v.Links, v.Bar = nil, v.Bar[1:2]
	return v
}
