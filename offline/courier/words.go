package courier

import (
	"fmt"
	"strings"

	"zhizhu/offline/courier/stick"
	"zhizhu/offline/outbox"
)

// Text says in plain Chinese what an export came to, for those who hold the stick. err is what Export returned.
func (e Exported) Text(err error) string {
	var b strings.Builder
	switch {
	case e.Serial > 0 && e.Total() > 0:
		fmt.Fprintf(&b, "已写入优盘：%s，共 %s。请安全弹出优盘，送到对接网关处接收。\n", list(e.Counts), size(e.Bytes))
	case e.Serial > 0:
		b.WriteString("本机没有等待上传的内容。优盘可以送到对接网关处取回来信。\n")
	}
	if e.Serial > 0 && e.Left() > 0 {
		fmt.Fprintf(&b, "没有写下的：%s。\n", list(e.Missing))
	}
	if e.Damaged > 0 {
		fmt.Fprintf(&b, "有 %d 件在本机硬盘上已损坏，没有带走，请联系运维。\n", e.Damaged)
	}
	return b.String() + trouble(err, nil)
}

// Text says in plain Chinese what an import came to. err is what Import returned.
func (i Imported) Text(err error) string {
	var b strings.Builder
	if i.Acknowledged > 0 {
		fmt.Fprintf(&b, "网关已签收 %d 件。\n", i.Acknowledged)
	}
	if i.Letters > 0 {
		fmt.Fprintf(&b, "收到来信 %d 封，居民刷卡后可以看到。\n", i.Letters)
	}
	if i.More {
		b.WriteString("网关还有来信，优盘上没有写下，请再送一次。\n")
	}
	if len(i.Refused) > 0 {
		fmt.Fprintf(&b, "网关没有接收 %d 件，仍保存在本机，请联系运维：\n", len(i.Refused))
		for _, r := range i.Refused {
			fmt.Fprintf(&b, "  %s %s：%s\n", r.Lane, r.ID, r.Why)
		}
	}
	return b.String() + trouble(err, i.Problems)
}

// trouble says what went wrong, and names each thing that was not used.
func trouble(err error, problems []error) string {
	if err == nil {
		return ""
	}
	var b strings.Builder
	text := stick.Words(err)
	if text == "" {
		text = "没有全部完成，本机的数据一件不少。原因：" + err.Error()
	}
	b.WriteString(text + "\n")
	for _, p := range problems {
		fmt.Fprintf(&b, "  %s\n", strings.ReplaceAll(p.Error(), "\n", ": "))
	}
	return b.String()
}

// list counts packets by the outbox's lanes, in their order.
func list(counts map[string]int) string {
	var parts []string
	for _, lane := range []struct{ lane, text string }{
		{outbox.LaneMatters, "办件 %d 件"},
		{outbox.LaneFeedback, "办不成事反馈 %d 件"},
		{outbox.LaneRatings, "评价 %d 条"},
		{outbox.LaneBlobs, "材料照片 %d 份"},
		{outbox.LaneEvents, "运行记录 %d 条"},
	} {
		if n := counts[lane.lane]; n > 0 {
			parts = append(parts, fmt.Sprintf(lane.text, n))
		}
	}
	return strings.Join(parts, "、")
}

func size(n int64) string {
	if n < 1<<20 {
		return fmt.Sprintf("%d KB", (n+1023)>>10)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/(1<<20))
}
