package sam

import "testing"

func TestNationName(t *testing.T) {
	for code, want := range map[string]string{
		"01": "汉", "10": "朝鲜", "11": "满", "22": "畲", "31": "达斡尔", "41": "塔吉克", "51": "独龙", "56": "基诺",
		"57": "", "97": "其他", "98": "外国血统中国籍人士", "00": "", "1": "", "": "", "-1": "",
	} {
		if got := NationName(code); got != want {
			t.Errorf("%s: %q, want %q", code, got, want)
		}
	}
}
