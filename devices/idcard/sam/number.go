package sam

import (
	"strconv"
	"strings"
	"time"
)

// CheckDigit is the last character of an 18-digit number, by its first 17 digits (GB 11643, ISO 7064 MOD 11-2).
// It also holds for residence permits (81, 82, 83) and foreigners' numbers of 2023 (9). 0 when first17 is no 17 digits.
func CheckDigit(first17 string) byte {
	if len(first17) != 17 || !digits(first17) {
		return 0
	}
	sum, weight := 0, 1
	for i := len(first17) - 1; i >= 0; i-- {
		weight = weight * 2 % 11
		sum += int(first17[i]-'0') * weight
	}
	return "10X98765432"[sum%11]
}

// CheckDigit2017 is the last digit of a foreigner's 15-character number of 2017, by its first 14 (weights 7-3-1 as in
// passports, A is 10). 0 when first14 is no such text.
func CheckDigit2017(first14 string) byte {
	if len(first14) != 14 {
		return 0
	}
	sum := 0
	for i := range len(first14) {
		var v int
		switch c := first14[i]; {
		case c >= '0' && c <= '9':
			v = int(c - '0')
		case c >= 'A' && c <= 'Z':
			v = int(c-'A') + 10
		default:
			return 0
		}
		sum += v * [3]int{7, 3, 1}[i%3]
	}
	return byte('0' + sum%10)
}

// ValidNumber says whether a number is one in form: length, check digit, and a date of birth that exists. It tells
// nothing of whether the number was ever given to anybody.
func ValidNumber(s string) bool {
	switch len(s) {
	case 18:
		return CheckDigit(s[:17]) == s[17] && date(birthOf(s))
	case 15:
		if digits(s) {
			return date("19" + s[6:12])
		}
		return !strings.ContainsAny(s[:3], "0123456789") && digits(s[3:]) && CheckDigit2017(s[:14]) == s[14]
	}
	return false
}

// UpgradeNumber turns an old resident number of 15 digits into its 18 digits; "" when it is none.
func UpgradeNumber(s string) string {
	if len(s) != 15 || !digits(s) {
		return ""
	}
	s = s[:6] + "19" + s[6:]
	return s + string(CheckDigit(s))
}

// birthOf is the eight digits of birth: after the region, on a foreigner's number of 2023 after province and country,
// which take six digits too.
func birthOf(s string) string { return s[6:14] }

func date(s string) bool {
	t, err := time.Parse("20060102", s)
	return err == nil && t.Year() >= 1800
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// NationName is the name of a code of GB/T 3304 ("01" 汉), "" for a code that it doesn't have.
func NationName(code string) string {
	if len(code) != 2 || !digits(code) {
		return ""
	}
	switch n, _ := strconv.Atoi(code); {
	case n >= 1 && n <= len(nations):
		return nations[n-1]
	case n == 97:
		return "其他"
	case n == 98:
		return "外国血统中国籍人士"
	}
	return ""
}

var nations = [...]string{
	"汉", "蒙古", "回", "藏", "维吾尔", "苗", "彝", "壮", "布依", "朝鲜",
	"满", "侗", "瑶", "白", "土家", "哈尼", "哈萨克", "傣", "黎", "傈僳",
	"佤", "畲", "高山", "拉祜", "水", "东乡", "纳西", "景颇", "柯尔克孜", "土",
	"达斡尔", "仫佬", "羌", "布朗", "撒拉", "毛南", "仡佬", "锡伯", "阿昌", "普米",
	"塔吉克", "怒", "乌孜别克", "俄罗斯", "鄂温克", "德昂", "保安", "裕固", "京", "塔塔尔",
	"独龙", "鄂伦春", "赫哲", "门巴", "珞巴", "基诺",
}
