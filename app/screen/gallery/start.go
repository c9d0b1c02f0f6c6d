package gallery

import "zhizhu/app/visit"

func startPages() []Named {
	return []Named{
		{"attract", attract()},
		{"home", home()},
		{"list", list()},
		{"search", search()},
		{"search-empty", searchEmpty()},
		{"guide", guide()},
		{"guide-off", guideOff()},
		{"identify", identify()},
		{"identify-retry", identifyRetry()},
	}
}

func attract() visit.View {
	h := header(false)
	h.Demo = true
	begin := act("begin", "点这里开始", "", visit.Begin{})
	begin.Style = visit.Primary
	return visit.View{
		Step: visit.Attract, Header: h, Title: "雁洋镇长教村便民服务站", Lead: "办社保、医保、补贴、证明，不用排队",
		Body: &visit.AttractBody{
			Call: "轻轻点一下屏幕，就能开始", Begin: begin,
			Offers: []string{"现在可以办 12 项", "看办事指南、查进度", "暂时断网，照常办理"},
			Faults: []string{"打印机缺纸：照样可以办，回执会显示在屏幕上。"},
		},
	}
}

func home() visit.View {
	item := func(id, label, sub string) visit.Action {
		a := act("item:"+id, label, "", visit.OpenItem{Item: id})
		a.Sub = sub
		return a
	}
	theme := func(id, label, icon, tint string) visit.Action {
		a := act("theme:"+id, label, icon, visit.OpenTheme{Theme: id})
		a.Tint = tint
		return a
	}
	off := item("card", "社保参保证明打印", "A4 打印")
	off.Why = "打印机没有纸"
	guided := act("guided", "长者模式 大字", "ear", visit.ToggleGuided{})
	guided.Style = visit.Warm
	help := act("help", "请人帮忙", "phone", visit.Help{})
	return visit.View{
		Step: visit.Home, Header: header(true), Title: "您要办什么？",
		Body: &visit.HomeBody{
			Search: act("search", "找一找：点这里，选个说法，比如“老人钱”", "search", visit.OpenSearch{}),
			Count:  "全部服务：11 类 · 18 项",
			Frequent: []visit.Action{
				item("a", "养老金资格认证", "一年一次，刷身份证就办"), item("b", "城乡居民医保缴费登记", "先登记，再到窗口交"),
				item("c", "高龄老人津贴申请", "满80周岁"), off,
				item("d", "医保参保信息查询", "查医保交上了没有"), item("e", "临时救助申请", "突然有难处，先帮一把"),
			},
			Themes: []visit.Action{
				theme("si", "社会保险", "shield-check", "blue"), theme("med", "医疗卫生", "stethoscope", "green"),
				theme("old", "养老服务", "heart-handshake", "red"), theme("civil", "社会服务", "hand-heart", "brown"),
				theme("dis", "残疾人服务", "accessibility", "blue"), theme("house", "户籍出入境", "id-card", "green"),
				theme("home", "住房保障", "house", "blue"), theme("farm", "农业农村", "sprout", "green"),
				theme("water", "水电气通信", "plug-zap", "brown"), theme("village", "村级事务", "stamp", "red"),
				theme("all", "综合便民", "layers", "blue"),
			},
			Others: []visit.Action{
				act("progress", "查进度、补打小票", "list-checks", visit.OpenProgress{}),
				act("trouble", "办不成事", "message-circle-warning", visit.Trouble{}),
			},
		},
		Bar: []visit.Action{guided, help, act("leave", "退出", "x", visit.Leave{})},
	}
}

const longName = "城乡居民基本养老保险待遇领取人员丧葬补助金及个人账户余额一次性领取申请（含困难群体代缴补贴资格核对）"

func list() visit.View {
	item := func(label, sub, why string) visit.Action {
		a := act("item:"+label, label, "shield-check", visit.OpenItem{Item: label})
		a.Sub, a.Why, a.Tint = sub, why, "blue"
		return a
	}
	n := act("next-page", "下一页", "chevron-down", visit.Page{Delta: 1})
	v := visit.View{
		Step: visit.List, Header: header(true), Title: "社会保险", Lead: "点一件您要办的事。",
		Body: &visit.ListBody{
			Items: []visit.Action{
				item("养老金资格认证", "一年一次，刷身份证就办", ""),
				item(longName, "家里老人去世后，领回余额和补助", ""),
				item("社保卡申请", "第一次办卡，或旧卡换新卡", ""),
				item("社保参保证明打印", "打出来就能用", "打印机没有纸"),
				item("城乡居民养老保险参保登记", "满16周岁，不是学生", ""),
				item("社保卡丢了，先挂失", "挂失后别人就用不了", ""),
			},
			Next: &n, PageOf: "第 1 页，共 2 页",
		},
		Bar: bar(), Links: links()[1:2],
	}
	return v
}

func search() visit.View {
	v := list()
	v.Title, v.Lead = "找一找", "点一个意思相近的说法。"
	body := v.Body.(*visit.ListBody)
	body.Items, body.Next, body.PageOf = body.Items[:2], nil, ""
	body.Query = &visit.QueryBox{Query: "老人钱", Hint: "想办什么？", Suggestions: suggestions("老人钱")}
	return v
}

func suggestions(chosen string) []visit.Action {
	var all []visit.Action
	for _, w := range []string{"老人钱", "社保卡", "医保", "残疾证", "打证明", "看病报销", "低保", "生孩子", "走了人", "交水电", "办不成", "预约"} {
		a := act("suggest:"+w, w, "", visit.Search{Query: w})
		a.Chosen = w == chosen
		all = append(all, a)
	}
	return all
}

func searchEmpty() visit.View {
	v := list()
	v.Title, v.Lead = "找一找", "点一个意思相近的说法。"
	v.Body = &visit.ListBody{
		Query: &visit.QueryBox{Hint: "想办什么？", Suggestions: suggestions("")}, Empty: "点上面的说法，这里会列出能办的事。",
	}
	return v
}

func guide() visit.View {
	start := act("start", "开始办理", "arrow-right", visit.StartItem{})
	start.Style = visit.Primary
	body := &visit.GuideBody{Start: start, Sections: []visit.Section{
		{Title: "谁可以办", Icon: "user", Lines: []string{"正在领城乡居民养老保险待遇的人。", "本人来，或家人带着本人的身份证来。"}},
		{Title: "要带什么", Icon: "id-card", Lines: []string{"居民身份证（刷一下就行）", "银行卡复印件（可以以后补）"}},
		{Title: "怎么办", Icon: "list-checks", Lines: []string{
			"在这台机器上刷身份证，回答几个问题，签名。", "机器打一张小票给您。", "镇社保所在 5 个工作日内核对。",
			"核对好以后，待遇照常发到原来的银行卡。有问题会打您留的电话。",
		}},
		{Title: "要多久", Icon: "clock", Lines: []string{"5 个工作日（广东省城乡居民基本养老保险经办规程第二十六条）"}},
		{Title: "要不要钱", Icon: "coins", Lines: []string{"不收费"}},
		{Title: "办好得到什么", Icon: "file-check", Lines: []string{"认证结果。下次刷身份证可以查。"}},
		{Title: "还可以去哪里办", Icon: "map-pin", Lines: []string{"雁洋镇便民服务中心社保窗口", "梅县区政务服务中心二楼"}},
		{Title: "人在外地怎么办？", Icon: "circle-question-mark", Lines: []string{"在外地可以请当地社保所协助，也可以等回来再办。过期没认证，待遇先停发，认证后补发。"}},
		{Title: "请留意", Icon: "info", Lines: []string{"一年认证一次，从上次认证那天算起。"}},
		{Title: "哪里管", Icon: "landmark", Lines: []string{"梅州市梅县区社会保险基金管理局"}},
	}}
	v := page(visit.Guide, 0, "社会保险待遇领取资格认证", "一年一次，刷身份证就办", body, start)
	return v
}

func guideOff() visit.View {
	v := guide()
	v.Header = header(false)
	v.Title, v.Lead = longName, "家里老人去世后，领回余额和补助"
	start := v.Bar[len(v.Bar)-1]
	start.Off, start.Why = true, "读身份证的设备坏了"
	v.Bar[len(v.Bar)-1] = start
	v.Body.(*visit.GuideBody).Start = start
	v.Notice = &visit.Notice{Tone: visit.Attention, Text: "读身份证的设备坏了。您可以先看指南，或拿清单去窗口办。"}
	return v
}

func identify() visit.View {
	v := page(visit.Identify, 1, "请把身份证放在读卡区", "放平，别拿开，等屏幕换到下一页。", &visit.IdentifyBody{Place: "读卡区"})
	v.Header = header(false)
	v.Notice = &visit.Notice{Tone: visit.Attention, Text: "现在没有网络。您照样可以申请，会先打印收件凭证；网络恢复后自动送到窗口，下次刷身份证可查结果。"}
	return v
}

func identifyRetry() visit.View {
	v := page(visit.Identify, 1, "没有读出来", "请把身份证拿开，再放一次。放平，不要和手机、别的卡叠在一起。",
		&visit.IdentifyBody{Place: "读卡区", Retry: true, Others: []visit.Action{
			act("scan", "没带卡，扫粤省事码", "qr-code", visit.Touch{}), act("family", "替家人办", "users", visit.Touch{}),
		}})
	return v
}
