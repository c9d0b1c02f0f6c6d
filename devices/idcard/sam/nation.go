package sam

import "strconv"

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
