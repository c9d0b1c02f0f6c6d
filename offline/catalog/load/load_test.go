package load_test

import (
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	data "zhizhu/assets/catalog"
	"zhizhu/offline/catalog"
	"zhizhu/offline/catalog/load"
)

const themes = `version: 1
themes:
  - {id: social, name: 社会保险, icon: shield-check, tint: blue}
  - {id: elder, name: 养老服务, icon: heart, tint: red}
`

// good is a whole item. Tests break one line of it at a time; the numbers of its lines are in the messages that they
// expect.
const good = `id: old-card
name: 老年人优待证申领
short: 老人证
tagline: 满六十岁可以办
keywords: [老人证]
theme: elder
type: 公共服务
kind: apply
audience: 老年人
department: 镇人民政府
levels: [村]
identity: card
needs: [idcard]
offline: lodge
guide:
  conditions: [年满六十周岁]
  process: [收件, 发证]
  limit: {value: 20, unit: 个工作日, basis: 某规定第一条}
  fee: 不收费
  places: [村]
  questions:
    - {ask: 一, answer: 甲}
    - {ask: 二, answer: 乙}
    - {ask: 三, answer: 丙}
materials:
  - {id: id-card, name: 身份证, card: true, main: true}
  - {id: photo, name: 照片, later: true, when: kind == "new", help: 新办的才要}
form:
  - {id: name, type: text, label: 姓名, prefill: card.name}
  - id: kind
    type: choice
    label: 办哪一种
    ask: 您是新办还是补办？
    options: [{value: new, label: 新办}, {value: lost, label: 补办}]
  - {id: people, type: number, label: 几个人, ask: 几个人办？, unit: 人, min: 1, max: 9}
  - {id: day, type: date, label: 哪天丢的, ask: 哪天丢的？, max: today, when: kind == "lost"}
  - {id: phone, type: phone, label: 电话, ask: 电话？, when: int(people) >= 2}
policies:
  declare: [我说的是真的。]
source: 测试
confidence: sure
`

func folder(item string) fstest.MapFS {
	return fstest.MapFS{
		"themes.yaml":               {Data: []byte(themes)},
		"items/elder/old-card.yaml": {Data: []byte(item)},
	}
}

func TestLoadTakesAGoodItem(t *testing.T) {
	c, err := load.Load(folder(good))
	if err != nil {
		t.Fatal(err)
	}
	it := c.ByID("old-card")
	if it == nil || it.File != "items/elder/old-card.yaml" || len(it.Version) != 12 || len(c.Digest) != 64 {
		t.Fatalf("got %+v", it)
	}
	for _, tt := range []struct {
		answers map[string]string
		day     bool
		phone   bool
		photo   bool
	}{
		{nil, false, false, false},
		{map[string]string{"kind": "lost"}, true, false, false},
		{map[string]string{"kind": "new", "people": "2"}, false, true, true},
		{map[string]string{"people": "1"}, false, false, false},
		{map[string]string{"people": "many"}, false, false, false},
	} {
		if it.Form[3].When.Holds(tt.answers) != tt.day || it.Form[4].When.Holds(tt.answers) != tt.phone ||
			it.Materials[1].When.Holds(tt.answers) != tt.photo {
			t.Errorf("%v: wrong conditions", tt.answers)
		}
	}
}

func TestLoadRefusesABrokenItem(t *testing.T) {
	const file = "items/elder/old-card.yaml:"
	tests := []struct {
		name, old, new string
		want           []string
	}{
		{"unknown key", "audience:", "audence:", []string{
			file + "1: “audience”：缺少这一项；请补上“audience: …”", file + "9: “audence”：没有这个名字；是不是“audience”？",
		}},
		{"wrong enum", "kind: apply", "kind: aply", []string{file + "8: “aply”：不能这样写；是不是“apply”？"}},
		{"wrong type of item", "type: 公共服务", "type: 公共务", []string{file + "7: “公共务”：没有这种事项类型；是不是“公共服务”？"}},
		{"id is not the file's", "id: old-card", "id: old-crad", []string{
			file + "1: “old-crad”：和文件名不一样；请写成“old-card”，或把文件改名为 old-crad.yaml",
		}},
		{"theme is not the folder's", "theme: elder", "theme: social", []string{file + "6: “social”：和文件夹不一样；请写成“elder”"}},
		{"short too long", "short: 老人证", "short: 老人证老人证老人证老人证老人证", []string{
			file + "3: “老人证老人证老人证老人证老人证”：15 个字，太长了；最多 14 个字",
		}},
		{"limit without unit", "{value: 20, unit: 个工作日, basis: 某规定第一条}", "{value: 20, basis: 某规定第一条}", []string{
			file + "18: “20”：时限没有单位；请补上“unit: 个工作日”或“unit: 天”",
		}},
		{"limit without basis", ", basis: 某规定第一条}", "}", []string{
			file + "18: “20个工作日”：写了时限就要写依据；请补上“basis: …”（法律、文件和第几条），没有依据就把 limit 整段删掉",
		}},
		{"unit without limit", "value: 20, ", "", []string{
			file + "18: “个工作日”：时限只有单位没有数字；请补上“value: …”，不知道就把 limit 整段删掉，屏幕上会写“以窗口答复为准”",
		}},
		{"limit with unknown unit", "unit: 个工作日", "unit: 个工作天", []string{file + "18: “个工作天”：不能这样写；是不是“个工作日”？"}},
		{"two questions", "    - {ask: 三, answer: 丙}\n", "", []string{file + "21: 只写了 2 个问答；群众常问的至少写 3 个"}},
		{"no card reader", "needs: [idcard]", "needs: []", []string{file + "13: “needs”：要刷身份证的事项，这里要有 idcard"}},
		{"offline rule of another kind", "offline: lodge", "offline: answer", []string{
			file + "14: “answer”：apply 类的事项断网时不能这样办；可以写：lodge、guide",
		}},
		{"main material later", "card: true, main: true", "main: true, later: true", []string{
			file + "26: “身份证”：是主要材料，不能以后补交（容缺）；请删掉 later 或 main",
		}},
		{"material twice", "id: photo", "id: id-card", []string{file + "27: “id-card”：和第 26 行的材料编号重复"}},
		{"material of some without a word for whom", ", help: 新办的才要", "", []string{
			file + "27: “照片”：只有一部分人要交，请补上“help: …”，用一句话说清谁要交",
		}},
		{"promise and declaration", "policies:\n", "policies:\n  promise: {text: [我承诺], liability: 负责}\n", []string{
			file + "40: “declare”：已经有告知承诺（promise）了；请把这几句并进去，或删掉",
		}},
		{"field twice", "id: day,", "id: kind,", []string{file + "36: “kind”：和第 30 行的问题编号重复"}},
		{"field id that no condition can say", "id: people", "id: int", []string{
			file + "35: “int”：这个词条件里要用，不能做编号；请换一个",
			file + "37: “people”：前面没有这个问题；可以写：name、kind、int、day",
		}},
		{"choice without options", "    options: [{value: new, label: 新办}, {value: lost, label: 补办}]\n", "", []string{
			file + "27: “new”：“kind”没有这个选项；这里什么都不能写",
			file + "30: “kind”：选择题至少要有两个选项；请在 options 里补上",
			file + "35: “lost”：“kind”没有这个选项；这里什么都不能写",
		}},
		{"option twice", "{value: lost, label: 补办}", "{value: new, label: 补办}", []string{
			file + "34: “new”：和第 34 行的选项重复", file + "36: “lost”：“kind”没有这个选项；可以写：new、new",
		}},
		{"condition on a missing field", `when: kind == "lost"`, `when: knid == "lost"`, []string{
			file + "36: “knid”：前面没有这个问题；是不是“kind”？",
		}},
		{"condition on a later field", `when: kind == "lost"`, `when: phone == "1"`, []string{
			file + "36: “phone”：条件只能看排在前面的问题；请把“phone”移到前面",
		}},
		{"condition on itself", `when: kind == "lost"`, `when: day == "2026-01-01"`, []string{
			file + "36: “day”：条件只能看排在前面的问题；请把“day”移到前面",
		}},
		{"condition on an answer that isn't there", `when: kind == "lost"`, `when: 'kind in ["lots", "new"]'`, []string{
			file + "36: “lots”：“kind”没有这个选项；是不是“lost”？",
		}},
		{"condition that compares a number as text", "int(people) >= 2", `people >= "2"`, []string{
			file + "37: “2”：“people”是数字题，要写成 int(people) 和不带引号的数",
		}},
		{"condition that is no test", "int(people) >= 2", "int(people)", []string{
			file + "37: “int(people)”：条件写不通（expected bool, but got int）；每个回答都是文字，数字要写成 int(people)",
		}},
		{"condition with other functions", "int(people) >= 2", "len(people) >= 2", []string{file + "37: “len”：条件里不能用；只能用 int(…)"}},
		{"condition with other signs", "int(people) >= 2", "int(people) + 1 >= 2", []string{
			file + "37: “+”：条件里不能用这个符号；只能用 == != < <= > >= in && || not",
		}},
		{"int of a choice", "int(people) >= 2", "int(kind) >= 2", []string{
			file + "37: “kind”：int(…) 里只能写数字题（type: number），这一题是 choice",
		}},
		{"number without unit", ", unit: 人", "", []string{file + "35: “people”：数字要有单位；请补上“unit: 人”这样的一行"}},
		{"bounds crossed", "min: 1, max: 9", "min: 10, max: 9", []string{file + "35: “10”：下限比上限 9 大"}},
		{"bound that is no number", "min: 1,", "min: one,", []string{file + "35: “one”：要写一个整数"}},
		{"bound that is no date", "max: today,", "max: tomorrow,", []string{
			file + "36: “tomorrow”：要写日期（2026-03-05）或离今天多久（today、today-30d、today+7d、today-80y）",
		}},
		{"dates crossed", "max: today,", "min: today+1d, max: today,", []string{file + "36: “today+1d”：最早的日子比最晚的 today 还晚"}},
		{"key of another type", "label: 姓名,", "label: 姓名, unit: 个,", []string{file + "29: “unit”：type: text 的问题不能写这一项；请删掉"}},
		{"prefill unknown", "prefill: card.name", "prefill: card.nmae", []string{
			file + "29: “card.nmae”：不能这样写；是不是“card.name”？",
		}},
		{"prefill of another type", "prefill: card.name", "prefill: card.number", []string{
			file + "29: “card.number”：只能填进 type: idno 的问题，这一题是 text",
		}},
		{"prefill that a card may lack", "prefill: card.name", "prefill: card.address, ask: 住哪里？", []string{
			file + "29: “card.address”：有的证件上没有这一项；请加“optional: true”或“suggest: […]”",
		}},
		{"prefill without a card", "identity: card", "identity: none", []string{
			file + "26: “身份证”：这个事项不刷身份证（identity: none）；请删掉这份材料",
			file + "29: “card.name”：这个事项不刷身份证（identity: none），没有身份证上的内容可填",
		}},
		{"telephone of everybody", ", when: int(people) >= 2", "", []string{
			file + "37: “phone”：不能要求人人都有电话；请写“optional: true”，或加 when 只问有电话的人",
		}},
		{"question without words", "ask: 几个人办？, ", "", []string{
			file + "35: “people”：缺少问话；请补上“ask: …”，写成一句村里人听得懂的话",
		}},
		{"text that nobody can type yet", "prefill: card.name", "ask: 叫什么？", []string{
			file + "29: “name”：现在还不能打字；请加“suggest: […]”给几个说法点选，或“optional: true”，或改成 type: choice",
		}},
		{"accepted at once", "policies:\n", "policies:\n  accept_on_receipt: true\n", nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if !strings.Contains(good, tt.old) {
				t.Fatalf("%q is not in the good item", tt.old)
			}
			_, err := load.Load(folder(strings.Replace(good, tt.old, tt.new, 1)))
			got := ""
			if err != nil {
				got = err.Error()
			}
			if want := strings.Join(tt.want, "\n"); got != want {
				t.Errorf("got\n%s\nwant\n%s", got, want)
			}
		})
	}
}

// What only holds for some kinds of items.
func TestLoadChecksPoliciesByKind(t *testing.T) {
	item := strings.NewReplacer("kind: apply", "kind: appointment", "policies:\n", "policies:\n  accept_on_receipt: true\n").Replace(good)
	_, err := load.Load(folder(item))
	const want = "items/elder/old-card.yaml:39: “收件即受理”只能用在申请类（kind: apply）的事项上"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	item = strings.NewReplacer("kind: apply", "kind: print", "offline: lodge", "offline: ticket").Replace(good)
	if _, err = load.Load(folder(item)); err == nil || !strings.Contains(err.Error(), "打印类的事项，这里要有 printer") {
		t.Errorf("got\n%v", err)
	}
}

// R19: a slip that says 受理 binds the office, so only what was confirmed with it may print one. The path of a confirmed
// item is tested here and in app/visit with made-up items, as none that is shipped has been confirmed.
func TestLoadAcceptsOnReceiptOnlyWhatIsConfirmed(t *testing.T) {
	accepted := strings.Replace(good, "policies:\n", "policies:\n  accept_on_receipt: true\n", 1)
	c, err := load.Load(folder(accepted))
	if err != nil || !c.ByID("old-card").Policies.AcceptOnReceipt {
		t.Errorf("a confirmed item: %v", err)
	}
	_, err = load.Load(folder(strings.Replace(accepted, "confidence: sure", "confidence: plausible", 1)))
	const want = "items/elder/old-card.yaml:39: “收件即受理”会当场打出受理凭证，这个事项还没有确认（confidence: plausible）；" +
		"请先和主管部门确认，再写“confidence: sure”；没确认的请删掉这一行"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
	// Without the policy, an item that isn't confirmed may be lodged like any other.
	if _, err = load.Load(folder(strings.Replace(good, "confidence: sure", "confidence: plausible", 1))); err != nil {
		t.Errorf("an item that isn't confirmed: %v", err)
	}
}

func TestLoadRefusesABrokenFolder(t *testing.T) {
	tests := []struct {
		name   string
		change func(fstest.MapFS)
		want   string
	}{
		{"unknown theme", func(m fstest.MapFS) {
			m["items/edler/x.yaml"] = &fstest.MapFile{}
		}, "items/edler: “edler”：themes.yaml 里没有这个主题；是不是“elder”？"},
		{"item outside a theme", func(m fstest.MapFS) {
			m["items/x.yaml"] = &fstest.MapFile{}
		}, "items/x.yaml: “x.yaml”：事项文件要放在主题的文件夹里，比如 items/social/"},
		{"stray file", func(m fstest.MapFS) {
			m["items/elder/old-card.yaml~"] = &fstest.MapFile{}
		}, "items/elder/old-card.yaml~: “old-card.yaml~”：这里只能放 .yaml 结尾的事项文件；请移走"},
		{"id twice", func(m fstest.MapFS) {
			m["items/social/old-card.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(good, "theme: elder", "theme: social", 1))}
		}, "items/elder/old-card.yaml:1: “old-card”：和 items/social/old-card.yaml 的编号重复；请换一个"},
		{"theme twice", func(m fstest.MapFS) {
			m["themes.yaml"] = &fstest.MapFile{Data: []byte(themes + "  - {id: elder, name: 又一个, icon: x, tint: red}\n")}
		}, "themes.yaml:5: “elder”：和第 4 行的主题编号重复"},
		{"place taken", func(m fstest.MapFS) {
			first := strings.Replace(good, "identity:", "frequent: 1\nidentity:", 1)
			m["items/elder/old-card.yaml"] = &fstest.MapFile{Data: []byte(first)}
			m["items/elder/old-dish.yaml"] = &fstest.MapFile{Data: []byte(strings.Replace(first, "old-card", "old-dish", 1))}
		}, "items/elder/old-dish.yaml:12: “1”：items/elder/old-card.yaml 已经排在这一位；请换一个"},
		{"empty item", func(m fstest.MapFS) {
			m["items/elder/old-card.yaml"] = &fstest.MapFile{}
		}, "items/elder/old-card.yaml: 文件是空的"},
		{"no item", func(m fstest.MapFS) {
			delete(m, "items/elder/old-card.yaml")
			m["items/.keep"] = &fstest.MapFile{}
		}, "items: 一个事项都没有；请放进 items/social/ 里"},
		{"no themes", func(m fstest.MapFS) { delete(m, "themes.yaml") }, "read catalogue: open themes.yaml: file does not exist"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			m := folder(good)
			tt.change(m)
			_, err := load.Load(m)
			if err == nil || !strings.Contains(err.Error(), tt.want) {
				t.Errorf("got\n%v\nwant\n%s", err, tt.want)
			}
		})
	}
}

func TestDigestCoversEveryByte(t *testing.T) {
	base, err := load.Load(folder(good))
	if err != nil {
		t.Fatal(err)
	}
	changed, err := load.Load(folder(good + "# 一句备注\n"))
	if err != nil {
		t.Fatal(err)
	}
	if base.Digest == changed.Digest || base.Items[0].Version == changed.Items[0].Version {
		t.Error("a changed file keeps its digest")
	}
	m := folder(good)
	m["themes.yaml"] = &fstest.MapFile{Data: []byte(themes + "# x\n")}
	if other, err := load.Load(m); err != nil || other.Digest == base.Digest || other.Items[0].Version != base.Items[0].Version {
		t.Errorf("themes.yaml: %v", err)
	}
}

func TestTheCatalogueThatIsShipped(t *testing.T) {
	c, err := load.Load(data.FS())
	if err != nil {
		t.Fatal(err)
	}
	kinds, used := make(map[catalog.Kind]int), make(map[string]bool)
	for _, it := range c.Items {
		kinds[it.Kind]++
		used[it.Theme] = true
	}
	if len(c.Items) < 12 || len(kinds) < 6 || len(used) < 6 {
		t.Errorf("%d items, kinds %v, %d themes", len(c.Items), kinds, len(used))
	}
	for _, theme := range c.Themes {
		if !used[theme.ID] {
			t.Errorf("theme %s has no item", theme.ID)
		}
	}
	for id, name := range map[string]string{
		"soc-qualify": "社会保险待遇领取资格认证", "old-allowance": "高龄老人津贴申请", "fb-cannot-do": "办不成事反映",
	} {
		if it := c.ByID(id); it == nil || it.Name != name {
			t.Errorf("%s: got %+v", id, it)
		}
	}
	if n := len(c.Frequent()); n < 4 {
		t.Errorf("%d frequent items", n)
	}
}

func FuzzLoad(f *testing.F) {
	f.Add(good)
	f.Add(strings.Replace(good, `kind == "lost"`, `not (kind in ["lost"]) && int(people) > 1`, 1))
	f.Add(strings.Replace(good, `kind == "lost"`, `kind ?? [1..3] | map(#)`, 1))
	entries, err := fs.Glob(data.FS(), "items/*/*.yaml")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range entries {
		text, err := fs.ReadFile(data.FS(), name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(text))
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := load.Load(folder(text))
		if err != nil {
			if err.Error() == "" {
				t.Fatal("refused without a word")
			}
			return
		}
		for _, field := range c.Items[0].Form {
			field.When.Holds(map[string]string{"people": "x"})
		}
	})
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := load.Load(data.FS()); err != nil {
			b.Fatal(err)
		}
	}
}
