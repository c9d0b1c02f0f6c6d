package sam

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

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

// check returns a number with its right last character.
func check(first string) string {
	if len(first) == 14 {
		return first + string(CheckDigit2017(first))
	}
	return first + string(CheckDigit(first))
}

func TestParseNumber(t *testing.T) {
	for typed, want := range map[string]Number{
		"11010519491231002X":     {"11010519491231002X", ResidentNumber, "1949-12-31", '2', "110105", ""},
		"11010519491231002x":     {"11010519491231002X", ResidentNumber, "1949-12-31", '2', "110105", ""},
		" 110105 19491231-002x ": {"11010519491231002X", ResidentNumber, "1949-12-31", '2', "110105", ""},
		"１１０１０５１９４９１２３１００２ｘ": {"11010519491231002X", ResidentNumber, "1949-12-31", '2', "110105", ""},
		"440524188001010014":       {"440524188001010014", ResidentNumber, "1880-01-01", '1', "440524", ""},
		"110105491231002":          {"110105491231002", OldResidentNumber, "1949-12-31", '2', "110105", ""},
		"810000197205280011":       {"810000197205280011", PermitNumber, "1972-05-28", '1', "810000", ""},
		check("82000020000229002"): {check("82000020000229002"), PermitNumber, "2000-02-29", '2', "820000", ""},
		check("83000020000229002"): {check("83000020000229002"), PermitNumber, "2000-02-29", '2', "830000", ""},
		"XXA440085102105":          {"XXA440085102105", ForeignerNumber2017, "", '0', "4400", "XXA"},
		"xxa440085102105":          {"XXA440085102105", ForeignerNumber2017, "", '0', "4400", "XXA"},
		"944999197804090010":       {"944999197804090010", ForeignerNumber2023, "1978-04-09", '0', "44", "999"},
	} {
		if got, err := ParseNumber(typed); err != nil || got != want {
			t.Errorf("%s: %#v, %v", typed, got, err)
		}
	}
}

func TestParseNumberSaysWhatIsWrong(t *testing.T) {
	for typed, want := range map[string]error{
		"":                            ErrNumberLength,
		"1101051949123100":            ErrNumberLength,
		"11010519491231002":           ErrNumberLength,
		"11010519491231002XX":         ErrNumberLength,
		"一":                           ErrNumberLength,
		"1101051949123100X2":          ErrNumberCharacter,
		"11010519491231002Y":          ErrNumberCharacter,
		"11010519491231二02X":          ErrNumberCharacter,
		"11010549123100X":             ErrNumberCharacter,
		"XX1440085102105":             ErrNumberCharacter,
		"XXA44008510210X":             ErrNumberCharacter,
		"94499919780409001A":          ErrNumberCharacter,
		check("00010519491231002"):    ErrNumberRegion,
		check("16010519491231002"):    ErrNumberRegion,
		check("83000119491231002"):    ErrNumberRegion,
		check("81010519491231002"):    ErrNumberRegion,
		check("90010519491231002"):    ErrNumberRegion,
		"810105491231002":             ErrNumberRegion,
		"160105491231002":             ErrNumberRegion,
		check("XXA99008510210"):       ErrNumberRegion,
		check("11010519491331002"):    ErrNumberDate,
		check("11010519490229002"):    ErrNumberDate,
		check("11010517990101002"):    ErrNumberDate,
		check("94499919780431001"):    ErrNumberDate,
		"110105490229002":             ErrNumberDate,
		check("XXA44008513210"):       ErrNumberDate,
		"110105194912310020":          ErrNumberCheck,
		"XXA440085102106":             ErrNumberCheck,
		"944999197804090011":          ErrNumberCheck,
		strings.Repeat("1", 1<<16):    ErrNumberLength,
		strings.Repeat("\xFF", 18):    ErrNumberCharacter,
		strings.Repeat("\u00a0", 100): ErrNumberLength,
	} {
		if got, err := ParseNumber(typed); !errors.Is(err, want) || got != (Number{}) {
			t.Errorf("%.30q: %v, want %v", typed, err, want)
		}
	}
}

// TestOneWrongDigitIsNoticed is what MOD 11-2 promises: any one digit wrong, or two neighbours exchanged.
func TestOneWrongDigitIsNoticed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		born := rapid.IntRange(0, 365*150).Draw(t, "born")
		date := time.Date(1875, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, born).Format("20060102")
		good := check("4414" + rapid.StringMatching("[0-9]{2}").Draw(t, "county") + date + rapid.StringMatching("[0-9]{3}").Draw(t, "sequence"))
		if !ValidNumber(good) {
			t.Fatalf("%s isn't valid", good)
		}
		at := rapid.IntRange(0, 16).Draw(t, "at")
		wrong := []byte(good)
		wrong[at] = '0' + (wrong[at]-'0'+byte(rapid.IntRange(1, 9).Draw(t, "by")))%10
		if ValidNumber(string(wrong)) {
			t.Errorf("%s is valid too", wrong)
		}
		wrong = []byte(good)
		if at < 16 && wrong[at] != wrong[at+1] {
			wrong[at], wrong[at+1] = wrong[at+1], wrong[at]
			if ValidNumber(string(wrong)) {
				t.Errorf("%s is valid too", wrong)
			}
		}
	})
}

func TestNumbersRedactThemselves(t *testing.T) {
	n, err := ParseNumber("11010519491231002X")
	if err != nil {
		t.Fatal(err)
	}
	if s := fmt.Sprintf("%v %s", n, n); strings.Contains(s, "1949") {
		t.Error(s)
	}
}

func FuzzParseNumber(f *testing.F) {
	for _, s := range []string{"11010519491231002x", "110105491231002", "810105491231002", "810000197205280011", "XXA440085102105", "944999197804090010", "９"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n, err := ParseNumber(s)
		if err != nil {
			if n != (Number{}) {
				t.Error("an error and a number")
			}
			return
		}
		again, err := ParseNumber(n.Text)
		if err != nil || again != n || !ValidNumber(n.Text) {
			t.Errorf("normalised, it is another: %v", err)
		}
		if n.Kind == OldResidentNumber && !ValidNumber(UpgradeNumber(n.Text)) {
			t.Error("an old number's 18 digits are not valid")
		}
	})
}
