package screen

import "strconv"

// Captions of the screen's own keys: those of pads and of pages that a View knows nothing about.
const (
	wordDemo     = "演示"
	wordFrequent = "大家常办"
	wordAll      = "全部服务"
	wordPrev     = "上一页"
	wordNext     = "下一页"
	wordDelete   = "删除"
	wordYear     = "年"
	wordMonth    = "月"
	wordDay      = "日"
)

func wordPage(i, n int) string {
	return "第 " + strconv.Itoa(i) + " 页，共 " + strconv.Itoa(n) + " 页"
}

func wordDecade(year int) string {
	return strconv.Itoa(year) + "－" + strconv.Itoa(year+9) + " 年"
}
