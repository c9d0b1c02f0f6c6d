package sam

import "testing"

func TestValidNumber(t *testing.T) {
	for _, tc := range []struct {
		number string
		want   bool
	}{
		{"11010519491231002X", true}, // the example of GB 11643
		{"440524188001010014", true}, // its other one
		{"11010519491231002x", false},
		{"110105194912310020", false},
		{"110105194913310021", false},
		{"110105491231002", true},
		{"110105491331002", false},
		{"", false},
		{"11010519491231002", false},
	} {
		if got := ValidNumber(tc.number); got != tc.want {
			t.Errorf("%s: %v", tc.number, got)
		}
	}
}

func TestUpgradeNumber(t *testing.T) {
	if got := UpgradeNumber("110105491231002"); got != "11010519491231002X" {
		t.Error(got)
	}
	if UpgradeNumber("11010549123100X") != "" {
		t.Error("a letter was taken")
	}
}

// TestCheckDigit2017 uses the worked example of ICAO 9303, whose weights the number shares.
func TestCheckDigit2017(t *testing.T) {
	if got := CheckDigit2017("L898902C3" + "00000"); got != '6' {
		t.Errorf("%c", got)
	}
	number := "XXA44008005051"
	number += string(CheckDigit2017(number))
	if !ValidNumber(number) {
		t.Errorf("%s isn't valid", number)
	}
	if CheckDigit2017("short") != 0 || CheckDigit2017("xxa44008005051") != 0 {
		t.Error("a malformed number has a check digit")
	}
}

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

func TestStatusTable(t *testing.T) {
	for sw3, class := range map[Status]Class{
		0x90: Fine, 0x9F: Fine, 0x91: Fine, 0x80: Nobody, 0x40: Foreign, 0x10: LineFault, 0x11: LineFault, 0x21: LineFault,
		0x31: Retake, 0x32: Retake, 0x33: Retake, 0x41: Retake, 0x47: Retake, 0x81: Retake, 0x60: DeviceFault, 0x66: DeviceFault, 0x55: Other,
	} {
		if got := sw3.Class(); got != class {
			t.Errorf("%v: class %d, want %d", sw3, got, class)
		}
	}
}
