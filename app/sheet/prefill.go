package sheet

import (
	"time"

	"zhizhu/devices"
	"zhizhu/offline/catalog"
)

// Prefill returns the answers that are known before anything is asked: from the card (nil where none was read) and the
// calendar. A value that the card lacks is left out, and its field is asked.
func Prefill(item *catalog.Item, card *devices.Card, today time.Time) Answers {
	known := make(Answers)
	for i := range item.Form {
		f := &item.Form[i]
		if v := Clean(f, source(f.Prefill, card, today)); v != "" {
			known[f.ID] = v
		}
	}
	return known
}

// source returns the value that a Prefill names.
func source(name string, card *devices.Card, today time.Time) string {
	if name == "today" {
		return today.Format(catalog.DateLayout)
	}
	if card == nil {
		return ""
	}
	switch name {
	case "card.name":
		if card.Name == "" {
			return card.EnglishName
		}
		return card.Name
	case "card.number":
		return card.Number
	case "card.sex":
		return sexWord(card.Sex)
	case "card.nation":
		return nationWord(card.Nation)
	case "card.birth":
		return card.Birth
	case "card.address":
		return card.Address
	}
	return ""
}

// sexWord is the word of GB/T 2261.1 for the two codes that a form can use.
func sexWord(sex devices.Sex) string {
	switch sex {
	case '1':
		return "男"
	case '2':
		return "女"
	}
	return ""
}

// nationWord returns the name of a nation (GB/T 3304), or "" for codes outside the table (97 其他, 98 外国血统).
func nationWord(code string) string {
	if len(code) != 2 || code[0] < '0' || code[0] > '9' || code[1] < '0' || code[1] > '9' {
		return ""
	}
	names := [...]string{
		"", "汉族", "蒙古族", "回族", "藏族", "维吾尔族", "苗族", "彝族", "壮族", "布依族", "朝鲜族", "满族", "侗族", "瑶族", "白族",
		"土家族", "哈尼族", "哈萨克族", "傣族", "黎族", "傈僳族", "佤族", "畲族", "高山族", "拉祜族", "水族", "东乡族", "纳西族",
		"景颇族", "柯尔克孜族", "土族", "达斡尔族", "仫佬族", "羌族", "布朗族", "撒拉族", "毛南族", "仡佬族", "锡伯族", "阿昌族",
		"普米族", "塔吉克族", "怒族", "乌孜别克族", "俄罗斯族", "鄂温克族", "德昂族", "保安族", "裕固族", "京族", "塔塔尔族",
		"独龙族", "鄂伦春族", "赫哲族", "门巴族", "珞巴族", "基诺族",
	}
	n := int(code[0]-'0')*10 + int(code[1]-'0')
	if n >= len(names) {
		return ""
	}
	return names[n]
}
