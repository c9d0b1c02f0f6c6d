package gallery

import (
	"strconv"

	"zhizhu/app/visit"
)

func endPages() []Named {
	return []Named{
		{"receipt", receipt()},
		{"receipt-no-paper", receiptNoPaper()},
		{"records", records()},
		{"wiped", closing(visit.Wiped, "谢谢，请慢走", &visit.WipedBody{Lines: []string{"正在清除您的信息。", "请带走身份证和小票。"}})},
		{"out", closing(visit.OutOfService, "暂停服务", &visit.OutBody{Lines: []string{"这台机器现在不能办事，请到窗口办理，或找工作人员。"}})},
		{"staff", staff()},
		{"over-leave", over(choice(), leave())},
		{"over-help", over(choice(), help())},
		{"over-window", over(materials(), window())},
	}
}

func receipt() visit.View {
	var rates []visit.Action
	icons := []string{"laugh", "smile", "meh", "frown", "angry"}
	for i, l := range []string{"非常满意", "满意", "基本满意", "不满意", "非常不满意"} {
		rates = append(rates, act("rate:"+strconv.Itoa(5-i), l, icons[i], visit.Rate{Level: 5 - i}))
	}
	exit := act("leave", "退出（30）", "", visit.Leave{})
	exit.Style = visit.Primary
	h := act("help", "请人帮忙", "phone", visit.Help{})
	h.Style = visit.Warm
	v := page(visit.Receipt, 5, "已收到您的申请", "材料收到了，还没有正式受理，以窗口答复为准。请收好身份证。", &visit.ReceiptBody{
		Heading: "收件凭证",
		Rows: []visit.Pair{
			{Label: "事项", Value: "社会保险待遇领取资格认证"},
			{Label: "编号", Value: "MX0427-20261123-0018-5"},
			{Label: "申请人", Value: "测试甲"},
			{Label: "收件时间", Value: "2026-11-23 09:47"},
			{Label: "现在", Value: "已存好，等网络恢复后自动送出"},
		},
		Code: "MX0427-20261123-0018-5", CodeTip: "下次刷身份证，或扫这个码，就能查进度",
		Print:   visit.Notice{Tone: visit.Good, Text: "小票打好了，请从出纸口取走。"},
		RateAsk: "这次办得怎么样？不评也可以", Rates: rates,
	})
	v.Header, v.Trail = header(false), nil
	v.Links = links()[:2]
	v.Bar = []visit.Action{
		act("print-again", "再打一张", "printer", visit.PrintAgain{}), h, act("another", "再办一件", "plus", visit.Another{}), exit,
	}
	return v
}

func receiptNoPaper() visit.View {
	v := receipt()
	b := v.Body.(*visit.ReceiptBody)
	b.Rows[0].Value = longName
	b.Rates, b.RateAsk, b.Thanks = nil, "", "谢谢您的评价。"
	b.Print = visit.Notice{
		Tone: visit.Attention,
		Text: "打印纸用完了，小票没有打出来。您的事已经收下，不受影响。屏幕上的编号就是凭证，请抄下来或拍下来；下次来刷身份证，可以补打。",
	}
	v.Bar[0].Off, v.Bar[0].Why = true, "打印机没有纸"
	return v
}

func records() visit.View {
	row := func(i int, name, state string) visit.RecordRow {
		a := act("print:"+strconv.Itoa(i), "补打小票", "printer", visit.PrintAgain{})
		return visit.RecordRow{
			Name: name, Number: "MX0427-20261123-001" + strconv.Itoa(i) + "-5", When: "2026-11-23 09:47", State: state, Print: &a,
		}
	}
	v := page(visit.Progress, 0, "在这台机器上办过的事", "收件不等于受理。办理结果以窗口答复为准。", &visit.RecordsBody{
		Rows: []visit.RecordRow{
			row(1, "社会保险待遇领取资格认证", "已送达上级平台"), row(2, longName, "已收件，等网络恢复后送出"),
			row(3, "高龄老人津贴申请", "已收件，正在送往上级平台"),
		},
	})
	v.Trail, v.Links = nil, links()[1:2]
	v.Notice = &visit.Notice{Tone: visit.Good, Text: "小票打好了，请从出纸口取走。"}
	return v
}

func closing(step visit.Step, title string, body visit.Body) visit.View {
	return visit.View{Step: step, Header: header(true), Title: title, Body: body}
}

func staff() visit.View {
	exit := act("home", "退出", "x", visit.ToHome{})
	exit.Style = visit.Primary
	return visit.View{
		Step: visit.Staff, Header: header(false), Title: "机器情况（运维）", Lead: "雁洋镇长教村便民服务站　MX0427",
		Body: &visit.StaffBody{Rows: []visit.Pair{
			{Label: "身份证阅读器", Value: "【故障】找不到 /dev/zhizhu-idcard：请检查 USB 线，或在配置里改端口"},
			{Label: "打印机", Value: "【注意】纸快用完了"},
			{Label: "扫码器", Value: "正常"},
			{Label: "网络", Value: "【故障】网关的证书不是我们登记的那一个：请联系区政数局"},
			{Label: "等待送出", Value: "7 件"},
			{Label: "最早一件", Value: "2026-11-21 16:02"},
			{Label: "上级已签收", Value: "214 件"},
			{Label: "事项目录", Value: "2026.11.23-1　12 项　9f2c11ab03de"},
			{Label: "本机时间", Value: "2026-11-23 09:41:07"},
		}},
		Bar: []visit.Action{exit},
	}
}

func over(v visit.View, o *visit.Overlay) visit.View {
	v.Overlay = o
	return v
}

func primary(a visit.Action) visit.Action {
	a.Style = visit.Primary
	return a
}

func leave() *visit.Overlay {
	return &visit.Overlay{
		ID: "leave", Title: "不办了吗？", Lines: []string{"现在退出，您填的内容会清掉，要办得重新填。"},
		Actions: []visit.Action{
			primary(act("close", "接着办", "", visit.Close{})), act("confirm-leave", "是的，不办了", "", visit.ConfirmLeave{}),
		},
	}
}

func help() *visit.Overlay {
	return &visit.Overlay{
		ID: "help", Title: "请人帮忙",
		Lines: []string{"请叫站里的工作人员过来，您填的内容会留着。", "服务站电话 0753-2812345", "政务服务热线 12345"},
		Actions: []visit.Action{
			primary(act("close", "知道了，接着办", "", visit.Close{})), act("window", "去窗口办", "landmark", visit.ToWindow{}),
			act("trouble", "办不成事", "message-circle-warning", visit.Trouble{}), act("guided", "长者模式 大字", "ear", visit.ToggleGuided{}),
		},
	}
}

func window() *visit.Overlay {
	o := &visit.Overlay{
		ID: "window", Title: "去窗口办，要带这些",
		Lines: []string{
			"· 居民身份证", "· 本人名下的银行卡或存折复印件", "· 残疾人证（可用电子证照）", "· 村委会出具的在世证明（长期不在本村居住的人要）",
			"· 户口簿首页和本人页", "· 近期一寸免冠照片两张", "地点：雁洋镇便民服务中心社保窗口", "地点：梅县区政务服务中心二楼", "不用预约，不用手机。",
		},
		Actions: []visit.Action{
			primary(act("print-list", "打印这张清单", "printer", visit.PrintList{})), act("close", "知道了", "", visit.Close{}),
		},
	}
	return o
}
