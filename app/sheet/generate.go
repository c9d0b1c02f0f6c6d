package sheet

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"

	"zhizhu/offline/catalog"
)

// Generate returns valid answers and choices of materials for an item, made from rng only: the same seed gives the
// same sheet. Fields that a card would fill get made-up values of a test person.
func Generate(item *catalog.Item, rng *rand.Rand, today time.Time) (Answers, map[string]string) {
	return Complete(item, nil, rng, today)
}

// Complete is Generate for somebody whose known answers (Prefill) stand already.
func Complete(item *catalog.Item, known Answers, rng *rand.Rand, today time.Time) (Answers, map[string]string) {
	answers := Merge(nil, known)
	for i := range item.Form {
		f := &item.Form[i]
		if known[f.ID] == "" && f.When.Holds(Final(item, answers)) {
			answers = With(answers, f.ID, GenerateOne(f, rng, today))
		}
	}
	materials := make(map[string]string)
	for _, s := range Materials(item, answers, nil) {
		if len(s.Choices) > 0 {
			materials[s.Material.ID] = s.Choices[rng.IntN(len(s.Choices))]
		}
	}
	return answers, materials
}

// GenerateOne returns one valid answer to a field. It is empty only for an optional text without suggestions.
func GenerateOne(f *catalog.Field, rng *rand.Rand, today time.Time) string {
	switch f.Type {
	case catalog.Text:
		return generateText(f, rng)
	case catalog.Choice:
		if len(f.Options) == 0 {
			return ""
		}
		return f.Options[rng.IntN(len(f.Options))].Value
	case catalog.Date:
		return generateDate(f, rng, today)
	case catalog.Number:
		least, most := numberBounds(f)
		return strconv.FormatInt(least+rng.Int64N(most-least+1), 10)
	case catalog.Phone:
		// One block of numbers, so that a demonstration's data are told by sight.
		return fmt.Sprintf("1380000%04d", rng.IntN(10000))
	case catalog.IDNo:
		return generateID(rng)
	case catalog.Digits:
		least, most := lengthBounds(f, 6, 12)
		var b strings.Builder
		for range least + rng.IntN(most-least+1) {
			b.WriteByte(byte('0' + rng.IntN(10)))
		}
		return b.String()
	}
	return ""
}

func generateText(f *catalog.Field, rng *rand.Rand) string {
	if len(f.Suggest) > 0 {
		return f.Suggest[rng.IntN(len(f.Suggest))]
	}
	switch f.Prefill {
	case "card.name":
		return "测试" + pick(rng, "甲", "乙", "丙", "丁", "戊")
	case "card.sex":
		return pick(rng, "男", "女")
	case "card.nation":
		return pick(rng, "汉族", "畲族", "瑶族")
	case "card.address":
		return "广东省测试市测试县测试镇测试村" + strconv.Itoa(1+rng.IntN(99)) + "号"
	}
	if f.Optional {
		return ""
	}
	least, most := lengthBounds(f, 2, 6)
	return string([]rune(strings.Repeat("测试内容", most/4+1))[:least+rng.IntN(most-least+1)])
}

func pick(rng *rand.Rand, words ...string) string { return words[rng.IntN(len(words))] }

func generateDate(f *catalog.Field, rng *rand.Rand, today time.Time) string {
	most, errMax := catalog.DateBound(f.Max, today)
	least, errMin := catalog.DateBound(f.Min, today)
	switch {
	case errMax != nil && errMin != nil:
		most, _ = catalog.DateBound("today", today)
		least = most.AddDate(-1, 0, 0)
	case errMax != nil:
		most = least.AddDate(0, 0, 30)
	case errMin != nil:
		least = most.AddDate(-60, 0, 0)
	}
	days := max(int(most.Sub(least).Hours()/24), 0)
	return least.AddDate(0, 0, rng.IntN(days+1)).Format(catalog.DateLayout)
}

// numberBounds returns the bounds of a number field, at most a thousand apart where one of them is open.
func numberBounds(f *catalog.Field) (least, most int64) {
	least, errMin := strconv.ParseInt(f.Min, 10, 32)
	most, errMax := strconv.ParseInt(f.Max, 10, 32)
	switch {
	case errMin != nil && errMax != nil:
		return 0, 1000
	case errMin != nil:
		least = min(0, most)
	case errMax != nil:
		most = least + 1000
	}
	return least, max(least, most)
}

// lengthBounds returns the bounds of a length, with what holds where the field sets none.
func lengthBounds(f *catalog.Field, least, most int) (int, int) {
	if f.MinLength > 0 {
		least, most = f.MinLength, f.MinLength+6
	}
	if f.MaxLength > 0 {
		most = f.MaxLength
	}
	return min(least, most), most
}

// generateID makes a valid number of district 990000, which no authority uses.
func generateID(rng *rand.Rand) string {
	birth := time.Date(1940, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, rng.IntN(60*365))
	head := "990000" + birth.Format("20060102") + fmt.Sprintf("%03d", 1+rng.IntN(998))
	return head + string(checkCharacter(head))
}
