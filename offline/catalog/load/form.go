package load

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"zhizhu/offline/catalog"
)

func (c *checker) form() {
	switch c.Kind {
	case catalog.Apply, catalog.Appointment, catalog.Feedback:
		if len(c.Form) == 0 {
			c.report(nil, "“form”：缺少这一项；%s 类的事项至少要问一个问题", c.Kind)
		}
	case catalog.Query, catalog.Print, catalog.PayGuide:
	}
	for i := range c.Form {
		f := &c.Form[i]
		c.name(i, f)
		c.words(i, f)
		c.source(i, f)
		c.shape(i, f)
		c.bounds(i, f)
		var later []string
		for _, o := range c.Form[i:] {
			later = append(later, o.ID)
		}
		compiled, wrong := compile(f.When.Source, c.Form[:i], later)
		for _, w := range wrong {
			c.at(i, "when", "%s", w)
		}
		f.When = compiled
	}
}

// at reports what is wrong with a key of field i.
func (c *checker) at(i int, key, format string, args ...any) {
	c.report([]any{"form", i, key}, format, args...)
}

func (c *checker) name(i int, f *catalog.Field) {
	reserved := []string{"in", "not", "and", "or", "matches", "contains", "let", "if", "else", "true", "false", "nil", wholeNumber}
	switch {
	case f.ID == "":
	case !fieldID.MatchString(f.ID):
		c.at(i, "id", "“%s”：编号只能用小写字母、数字和“_”", f.ID)
	case slices.Contains(reserved, f.ID):
		c.at(i, "id", "“%s”：这个词条件里要用，不能做编号；请换一个", f.ID)
	}
	if j := slices.IndexFunc(c.Form, func(o catalog.Field) bool { return o.ID == f.ID }); j < i && f.ID != "" {
		c.at(i, "id", "“%s”：和第 %d 行的问题编号重复", f.ID, c.lines.At("form", j, "id"))
	}
}

// words checks what is shown to people.
func (c *checker) words(i int, f *catalog.Field) {
	c.long(f.Label, maxLabel, "form", i, "label")
	c.long(f.Ask, maxAsk, "form", i, "ask")
	if f.Ask == "" && !always(f.Prefill) && !c.lines.Failed("form", i, "prefill") {
		c.at(i, "ask", "“%s”：缺少问话；请补上“ask: …”，写成一句村里人听得懂的话", f.ID)
	}
	// R24: nobody is sent away for having no telephone.
	if f.Type == catalog.Phone && !f.Optional && f.When.IsZero() {
		c.at(i, "type", "“%s”：不能要求人人都有电话；请写“optional: true”，或加 when 只问有电话的人", f.ID)
	}
}

// always says whether a source never comes back empty, so that its field is never asked.
func always(prefill string) bool {
	return prefill == "card.name" || prefill == "card.number" || prefill == "today"
}

// source checks where the answer comes from.
func (c *checker) source(i int, f *catalog.Field) {
	fits := map[string]catalog.FieldType{
		"card.name": catalog.Text, "card.sex": catalog.Text, "card.nation": catalog.Text, "card.address": catalog.Text,
		"card.number": catalog.IDNo, "card.birth": catalog.Date, "today": catalog.Date,
	}
	if want, known := fits[f.Prefill]; known && f.Type != "" && f.Type != want {
		c.at(i, "prefill", "“%s”：只能填进 type: %s 的问题，这一题是 %s", f.Prefill, want, f.Type)
	}
	if strings.HasPrefix(f.Prefill, "card.") && c.Identity == catalog.IdentityNone {
		c.at(i, "prefill", "“%s”：这个事项不刷身份证（identity: none），没有身份证上的内容可填", f.Prefill)
	}
	if f.Type != catalog.Text || f.Optional || len(f.Suggest) > 0 || always(f.Prefill) || c.lines.Failed("form", i, "prefill") {
		return
	}
	if f.Prefill != "" {
		c.at(i, "prefill", "“%s”：有的证件上没有这一项；请加“optional: true”或“suggest: […]”", f.Prefill)
		return
	}
	c.at(i, "type", "“%s”：现在还不能打字；请加“suggest: […]”给几个说法点选，或“optional: true”，或改成 type: choice", f.ID)
}

// shape checks that a field has what its type needs, and nothing that another type has.
func (c *checker) shape(i int, f *catalog.Field) {
	only := func(key string, written bool, types ...catalog.FieldType) {
		if written && f.Type != "" && !slices.Contains(types, f.Type) {
			c.at(i, key, "“%s”：type: %s 的问题不能写这一项；请删掉", key, f.Type)
		}
	}
	only("options", len(f.Options) > 0, catalog.Choice)
	only("suggest", len(f.Suggest) > 0, catalog.Text)
	only("scan", f.Scan, catalog.Digits)
	only("unit", f.Unit != "", catalog.Number)
	only("min", f.Min != "", catalog.Number, catalog.Date)
	only("max", f.Max != "", catalog.Number, catalog.Date)
	only("min_length", f.MinLength != 0, catalog.Text, catalog.Digits)
	only("max_length", f.MaxLength != 0, catalog.Text, catalog.Digits)
	if f.Type == catalog.Number && f.Unit == "" {
		c.at(i, "unit", "“%s”：数字要有单位；请补上“unit: 人”这样的一行", f.ID)
	}
	if f.Type == catalog.Choice {
		c.options(i, f)
	}
}

func (c *checker) options(i int, f *catalog.Field) {
	if len(f.Options) < 2 {
		c.at(i, "options", "“%s”：选择题至少要有两个选项；请在 options 里补上", f.ID)
	}
	for j, o := range f.Options {
		if o.Value != "" && !optionV.MatchString(o.Value) {
			c.report([]any{"form", i, "options", j, "value"}, "“%s”：选项的值只能用小写字母、数字、“-”和“_”；给人看的写在 label 里", o.Value)
		}
		c.long(o.Label, 18, "form", i, "options", j, "label")
		same := func(p catalog.Option) bool { return p.Value == o.Value || p.Label == o.Label }
		if k := slices.IndexFunc(f.Options, same); k < j && o.Value != "" && o.Label != "" {
			c.report([]any{"form", i, "options", j}, "“%s”：和第 %d 行的选项重复", o.Value, c.lines.At("form", i, "options", k))
		}
	}
}

func (c *checker) bounds(i int, f *catalog.Field) {
	if f.MinLength < 0 || f.MaxLength < 0 || f.MaxLength != 0 && f.MinLength > f.MaxLength {
		c.at(i, "min_length", "“%s”：字数的下限 %d 比上限 %d 大，或是负数", f.ID, f.MinLength, f.MaxLength)
	}
	switch f.Type {
	case catalog.Number:
		least, okMin := c.number(i, "min", f.Min)
		most, okMax := c.number(i, "max", f.Max)
		if okMin && okMax && least > most {
			c.at(i, "min", "“%s”：下限比上限 %s 大", f.Min, f.Max)
		}
	case catalog.Date:
		least, okMin := c.date(i, "min", f.Min)
		most, okMax := c.date(i, "max", f.Max)
		if okMin && okMax && least.After(most) {
			c.at(i, "min", "“%s”：最早的日子比最晚的 %s 还晚", f.Min, f.Max)
		}
	case catalog.Text, catalog.Choice, catalog.Phone, catalog.IDNo, catalog.Digits:
	}
}

func (c *checker) number(i int, key, bound string) (int64, bool) {
	if bound == "" {
		return 0, false
	}
	n, err := strconv.ParseInt(bound, 10, 32)
	if err != nil {
		c.at(i, key, "“%s”：要写一个整数", bound)
	}
	return n, err == nil
}

// date reads a bound as on a fixed day: only that it can be read, and the order of two bounds, matter here.
func (c *checker) date(i int, key, bound string) (time.Time, bool) {
	if bound == "" {
		return time.Time{}, false
	}
	day, err := catalog.DateBound(bound, time.Date(2026, 1, 15, 0, 0, 0, 0, time.UTC))
	if err != nil {
		c.at(i, key, "“%s”：要写日期（2026-03-05）或离今天多久（today、today-30d、today+7d、today-80y）", bound)
	}
	return day, err == nil
}
