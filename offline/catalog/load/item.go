package load

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"zhizhu/offline/catalog"
	"zhizhu/offline/strictyaml"
)

// Lengths in characters that still fit a tile, a line and a page.
const (
	maxShort   = 14
	maxName    = 60
	maxTagline = 24
	maxLabel   = 12
	maxAsk     = 40
	minAnswers = 3 // questions that a guide must answer
)

// confirmed is the confidence of an item whose facts were checked with its department.
const confirmed = "sure"

var (
	itemID  = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	fieldID = regexp.MustCompile(`^[a-z][a-z0-9_]*$`)
	optionV = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]*$`)
)

func (l *loader) checkThemes(lines *strictyaml.Lines) {
	for i, t := range l.cat.Themes {
		if t.ID != "" && !itemID.MatchString(t.ID) {
			l.report(indexFile, lines.At("themes", i, "id"), "“%s”：编号只能用小写字母、数字和“-”", t.ID)
		}
		if at := l.themePlace(t.ID); t.ID != "" && at < i {
			l.report(indexFile, lines.At("themes", i, "id"), "“%s”：和第 %d 行的主题编号重复", t.ID, lines.At("themes", at, "id"))
		}
	}
}

// checkWhole checks every item by itself and all of them together.
func (l *loader) checkWhole() {
	seen, frequent := make(map[string]*entry), make(map[int]*entry)
	for _, s := range l.items {
		if first := seen[s.ID]; first != nil && s.ID != "" {
			l.report(s.File, s.lines.At("id"), "“%s”：和 %s 的编号重复；请换一个", s.ID, first.File)
		}
		seen[s.ID] = s
		if first := frequent[s.Frequent]; first != nil && s.Frequent != 0 {
			l.report(s.File, s.lines.At("frequent"), "“%d”：%s 已经排在这一位；请换一个", s.Frequent, first.File)
		}
		frequent[s.Frequent] = s
		c := &checker{loader: l, entry: s}
		c.item()
		c.guide()
		c.policies()
		c.form()
		c.materials()
	}
	if len(l.items) == 0 && len(l.problems) == 0 {
		l.report(itemsDir, 0, "一个事项都没有；请放进 items/%s/ 里", l.someTheme())
	}
}

// checker checks one item.
type checker struct {
	loader *loader
	*entry
}

// report tells what is wrong at a path, unless the value there couldn't be read in the first place.
func (c *checker) report(at []any, format string, args ...any) {
	if len(at) > 0 && c.lines.Failed(at...) {
		return
	}
	c.loader.report(c.File, c.lines.At(at...), format, args...)
}

// long reports a text that doesn't fit where it is shown.
func (c *checker) long(text string, most int, at ...any) {
	if n := utf8.RuneCountInString(text); n > most {
		c.report(at, "“%s”：%d 个字，太长了；最多 %d 个字", text, n, most)
	}
}

func (c *checker) item() {
	stem := strings.TrimSuffix(path.Base(c.File), ".yaml")
	folder := path.Base(path.Dir(c.File))
	switch {
	case c.ID == "":
	case !itemID.MatchString(c.ID):
		c.report([]any{"id"}, "“%s”：编号只能用小写字母、数字和“-”", c.ID)
	case c.ID != stem:
		c.report([]any{"id"}, "“%s”：和文件名不一样；请写成“%s”，或把文件改名为 %s.yaml", c.ID, stem, c.ID)
	}
	if c.Theme != "" && c.Theme != folder {
		c.report([]any{"theme"}, "“%s”：和文件夹不一样；请写成“%s”", c.Theme, folder)
	}
	if c.Type != "" && !slices.Contains(catalog.Types(), c.Type) {
		c.report([]any{"type"}, "“%s”：没有这种事项类型；%s", c.Type, strictyaml.Hint(c.Type, catalog.Types()))
	}
	if c.Frequent < 0 {
		c.report([]any{"frequent"}, "“%d”：要写 1、2、3……，不常办的删掉这一行", c.Frequent)
	}
	c.long(c.Short, maxShort, "short")
	c.long(c.Name, maxName, "name")
	c.long(c.Tagline, maxTagline, "tagline")
	c.devices()
	c.offline()
}

// devices checks that what the item uses is named in needs.
func (c *checker) devices() {
	if c.Identity == catalog.IdentityCard && !slices.Contains(c.Needs, "idcard") {
		c.report([]any{"needs"}, "“needs”：要刷身份证的事项，这里要有 idcard")
	}
	if c.Kind == catalog.Print && !slices.Contains(c.Needs, "printer") {
		c.report([]any{"needs"}, "“needs”：打印类的事项，这里要有 printer")
	}
}

// offline checks that the rule without a network is one that the kind of item can keep (requirements.md 3.1).
func (c *checker) offline() {
	allowed := map[catalog.Kind][]string{
		catalog.Query:       {"answer", "ticket", "guide"},
		catalog.Print:       {"ticket", "guide"},
		catalog.Apply:       {"lodge", "guide"},
		catalog.Appointment: {"lodge", "guide"},
		catalog.PayGuide:    {"ticket", "guide"},
		catalog.Feedback:    {"lodge"},
	}[c.Kind]
	if c.Kind == "" || c.Offline == "" || slices.Contains(allowed, string(c.Offline)) {
		return
	}
	c.report([]any{"offline"}, "“%s”：%s 类的事项断网时不能这样办；可以写：%s", c.Offline, c.Kind, strings.Join(allowed, "、"))
}

func (c *checker) guide() {
	limit := c.Guide.Limit
	at := []any{"guide", "limit"}
	switch {
	case limit.Value < 0:
		c.report(append(at, "value"), "“%d”：时限不能是负数", limit.Value)
	case limit.Unit == catalog.OnTheSpot && limit.Value != 0:
		c.report(append(at, "value"), "“%d”：当场办结的不写数字；请删掉这一行", limit.Value)
	case limit.Value > 0 && limit.Unit == "":
		c.report(at, "“%d”：时限没有单位；请补上“unit: 个工作日”或“unit: 天”", limit.Value)
	case limit.Value == 0 && limit.Unit != "" && limit.Unit != catalog.OnTheSpot:
		c.report(at, "“%s”：时限只有单位没有数字；请补上“value: …”，不知道就把 limit 整段删掉，屏幕上会写“%s”", limit.Unit, catalog.UnknownLimit)
	case limit.Unit != "" && limit.Basis == "":
		c.report(at, "“%s”：写了时限就要写依据；请补上“basis: …”（法律、文件和第几条），没有依据就把 limit 整段删掉", limit.Text())
	case limit.Unit == "" && limit.Basis != "":
		c.report(at, "“%s”：只有依据没有时限；请补上 value 和 unit，或删掉", limit.Basis)
	}
	if n := len(c.Guide.Questions); n > 0 && n < minAnswers {
		c.report([]any{"guide", "questions"}, "只写了 %d 个问答；群众常问的至少写 %d 个", n, minAnswers)
	}
}

func (c *checker) policies() {
	p := c.Policies
	if p.AcceptOnReceipt && c.Kind != catalog.Apply {
		c.report([]any{"policies", "accept_on_receipt"}, "“收件即受理”只能用在申请类（kind: apply）的事项上")
	}
	// A 受理凭证 binds the office by law (R19): a guess may not hand one out.
	if p.AcceptOnReceipt && c.Confidence != "" && c.Confidence != confirmed {
		c.report([]any{"policies", "accept_on_receipt"},
			"“收件即受理”会当场打出受理凭证，这个事项还没有确认（confidence: %s）；请先和主管部门确认，再写“confidence: %s”；没确认的请删掉这一行",
			c.Confidence, confirmed)
	}
	if p.Promise != nil && len(p.Declare) > 0 {
		c.report([]any{"policies", "declare"}, "“declare”：已经有告知承诺（promise）了；请把这几句并进去，或删掉")
	}
	if p.Promise != nil && c.Identity == catalog.IdentityNone {
		c.report([]any{"policies", "promise"}, "“promise”：不刷身份证的事项不能用告知承诺")
	}
}

func (c *checker) materials() {
	for i := range c.Materials {
		m := &c.Materials[i]
		at := []any{"materials", i}
		if m.ID != "" && !itemID.MatchString(m.ID) {
			c.report(append(at, "id"), "“%s”：编号只能用小写字母、数字和“-”", m.ID)
		}
		if j := slices.IndexFunc(c.Materials, func(o catalog.Material) bool { return o.ID == m.ID }); j < i && m.ID != "" {
			c.report(append(at, "id"), "“%s”：和第 %d 行的材料编号重复", m.ID, c.lines.At("materials", j, "id"))
		}
		c.supply(m, at)
		compiled, wrong := compile(m.When.Source, c.Form, nil)
		for _, w := range wrong {
			c.report(append(at, "when"), "%s", w)
		}
		m.When = compiled
	}
}

// supply checks how a material may be met.
func (c *checker) supply(m *catalog.Material, at []any) {
	switch {
	case m.Main && m.Later:
		c.report(append(at, "later"), "“%s”：是主要材料，不能以后补交（容缺）；请删掉 later 或 main", m.Name)
	case m.Card && (m.Later || m.ECert != ""):
		c.report(at, "“%s”：就是身份证（card: true），不能再写 later 或 ecert", m.Name)
	case m.Card && c.Identity != catalog.IdentityCard:
		c.report(append(at, "card"), "“%s”：这个事项不刷身份证（identity: none）；请删掉这份材料", m.Name)
	case m.ECert != "" && m.Later:
		c.report(append(at, "later"), "“%s”：可以用电子证照代替，不用交，也就不用补交；请删掉 later 或 ecert", m.Name)
	}
	if !m.When.IsZero() && m.Help == "" {
		c.report(append(at, "when"), "“%s”：只有一部分人要交，请补上“help: …”，用一句话说清谁要交", m.Name)
	}
}

func hint(word string, fields []catalog.Field) string {
	ids := make([]string, len(fields))
	for i, f := range fields {
		ids[i] = f.ID
	}
	return strictyaml.Hint(word, ids)
}

func hintOption(word string, options []catalog.Option) string {
	values := make([]string, len(options))
	for i, o := range options {
		values[i] = o.Value
	}
	return strictyaml.Hint(word, values)
}
