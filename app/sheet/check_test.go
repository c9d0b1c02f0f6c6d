package sheet_test

import (
	"strings"
	"testing"
	"time"

	"zhizhu/app/sheet"
	"zhizhu/offline/catalog"
)

// today is the day on which all tests of this package stand: a leap year's last day of February, late in the evening
// of a place east of Greenwich, so that a slip into UTC shows.
func today() time.Time {
	return time.Date(2028, 2, 29, 23, 30, 0, 0, time.FixedZone("CST", 8*3600))
}

func TestCheck(t *testing.T) {
	text := &catalog.Field{Type: catalog.Text, MinLength: 2, MaxLength: 5}
	choice := &catalog.Field{Type: catalog.Choice, Options: []catalog.Option{{Value: "yes"}, {Value: "no"}}}
	day := &catalog.Field{Type: catalog.Date, Min: "today-30d", Max: "today+1d"}
	number := &catalog.Field{Type: catalog.Number, Min: "1", Max: "20", Unit: "人"}
	phone := &catalog.Field{Type: catalog.Phone}
	id := &catalog.Field{Type: catalog.IDNo}
	digits := &catalog.Field{Type: catalog.Digits, MinLength: 4, MaxLength: 8}
	optional := &catalog.Field{Type: catalog.Phone, Optional: true}
	tests := []struct {
		field *catalog.Field
		value string
		want  sheet.Fault
		limit string
	}{
		{text, "", sheet.Missing, ""},
		{text, "   ", sheet.Missing, ""},
		{text, "山脚", sheet.Fine, ""},
		{text, "山", sheet.TooShort, "2个字"},
		{text, "一二三四五六", sheet.TooLong, "5个字"},
		{text, "欧阳·𠮷", sheet.Fine, ""}, // a rare Han character beyond the BMP is a name's
		{text, "山\x07脚", sheet.BadCharacter, ""},
		{text, "山\u202e脚", sheet.BadCharacter, ""}, // turns the reading direction
		{text, "山😀", sheet.BadCharacter, ""},
		{text, "山\xff", sheet.BadCharacter, ""},
		{text, "山\n脚", sheet.BadCharacter, ""},
		{choice, "yes", sheet.Fine, ""},
		{choice, "maybe", sheet.NotAnOption, ""},
		{day, "2028-02-29", sheet.Fine, ""},
		{day, "2028-03-01", sheet.Fine, ""},
		{day, "2028-03-02", sheet.TooLate, "2028年3月1日"},
		{day, "2028-01-30", sheet.Fine, ""},
		{day, "2028-01-29", sheet.TooEarly, "2028年1月30日"},
		{day, "2027-02-29", sheet.NotADate, ""},
		{day, "2028-2-9", sheet.NotADate, ""},
		{day, "0001-01-01", sheet.NotADate, ""},
		{number, "1", sheet.Fine, ""},
		{number, "２０", sheet.Fine, ""},
		{number, "0", sheet.TooSmall, "1人"},
		{number, "21", sheet.TooLarge, "20人"},
		{number, "1.5", sheet.NotANumber, ""},
		{number, "+5", sheet.NotANumber, ""},
		{number, "99999999999999999999", sheet.NotANumber, ""},
		{phone, "13800000001", sheet.Fine, ""},
		{phone, "138 0000-0001", sheet.Fine, ""},
		{phone, "１３８００００００01", sheet.Fine, ""},
		{phone, "12800000001", sheet.BadPhone, ""},
		{phone, "1380000000", sheet.BadPhone, ""},
		{phone, "07532222222", sheet.Fine, ""},
		{phone, "075322222222", sheet.Fine, ""},
		{phone, "0753222222", sheet.BadPhone, ""},
		{phone, "02022222222", sheet.Fine, ""},
		{phone, "0202222222", sheet.BadPhone, ""}, // Guangzhou has eight
		{phone, "01022222222", sheet.Fine, ""},
		{phone, "00753222222", sheet.BadPhone, ""},
		{phone, "01122222222", sheet.BadPhone, ""},
		{phone, "07531222222", sheet.BadPhone, ""},
		{phone, "110", sheet.BadPhone, ""},
		{optional, "", sheet.Fine, ""},
		{optional, "1", sheet.BadPhone, ""},
		{id, "11010519491231002X", sheet.Fine, ""}, // the example of GB 11643 itself
		{id, "11010519491231002x", sheet.Fine, ""},
		{id, "110105 19491231 002X", sheet.Fine, ""},
		{id, "110105194912310021", sheet.BadIDNumber, ""},
		{id, "110105194913310025", sheet.BadIDNumber, ""},
		{id, "110105491231002", sheet.BadIDNumber, ""},
		{id, "ABC123456789012", sheet.Fine, ""},
		{id, "1101051949123100", sheet.BadIDNumber, ""},
		{digits, "1234", sheet.Fine, ""},
		{digits, "12 34-56", sheet.Fine, ""},
		{digits, "ab12", sheet.Fine, ""},
		{digits, "12_34", sheet.BadCharacter, ""},
		{digits, "123", sheet.TooShort, "4位"},
		{digits, "123456789", sheet.TooLong, "8位"},
	}
	for _, tt := range tests {
		got, limit := sheet.Check(tt.field, tt.value, today())
		if got != tt.want || limit != tt.limit {
			t.Errorf("%s %q: %d %q, want %d %q", tt.field.Type, tt.value, got, limit, tt.want, tt.limit)
		}
	}
}

func TestText(t *testing.T) {
	choice := &catalog.Field{Type: catalog.Choice, Options: []catalog.Option{{Value: "yes", Label: "有"}}}
	tests := []struct {
		field *catalog.Field
		value string
		want  string
	}{
		{choice, "yes", "有"},
		{choice, "gone", "gone"},
		{&catalog.Field{Type: catalog.Date}, "2026-03-05", "2026年3月5日"},
		{&catalog.Field{Type: catalog.Date}, "2026-03", "2026-03"},
		{&catalog.Field{Type: catalog.Number, Unit: "人"}, "3", "3人"},
		{&catalog.Field{Type: catalog.Phone}, "13800000001", "138 0000 0001"},
		{&catalog.Field{Type: catalog.Phone}, "1380", "138 0"},
		{&catalog.Field{Type: catalog.Phone}, "07532222222", "0753 2222222"},
		{&catalog.Field{Type: catalog.Phone}, "02022222222", "020 22222222"},
		{&catalog.Field{Type: catalog.IDNo}, "11010519491231002x", "110105 19491231 002X"},
		{&catalog.Field{Type: catalog.Digits}, "1234567890", "1234 5678 90"},
		{&catalog.Field{Type: catalog.Text}, " 山脚 ", "山脚"},
		{&catalog.Field{Type: catalog.Number, Unit: "人"}, "", ""},
	}
	for _, tt := range tests {
		if got := sheet.Text(tt.field, tt.value); got != tt.want {
			t.Errorf("%s %q: %q, want %q", tt.field.Type, tt.value, got, tt.want)
		}
	}
}

func TestAnswersStayOutOfLogs(t *testing.T) {
	a := sheet.Answers{"phone": "13800000001"}
	for _, s := range []string{a.String(), a.LogValue().String()} {
		if strings.Contains(s, "1380") {
			t.Errorf("shows an answer: %s", s)
		}
	}
}

func FuzzCheck(f *testing.F) {
	for _, s := range []string{"", "11010519491231002X", "0753", "2026-02-30", "-0", "１２", "山\u202e", "yes"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, value string) {
		for _, typ := range []catalog.FieldType{
			catalog.Text, catalog.Choice, catalog.Date, catalog.Number, catalog.Phone, catalog.IDNo, catalog.Digits, "unknown",
		} {
			field := &catalog.Field{Type: typ, Min: "1", Max: "today", Options: []catalog.Option{{Value: "yes"}}}
			clean := sheet.Clean(field, value)
			if again := sheet.Clean(field, clean); again != clean {
				t.Fatalf("%s: clean %q again gives %q", typ, clean, again)
			}
			fault, _ := sheet.Check(field, value, today())
			if same, _ := sheet.Check(field, clean, today()); same != fault {
				t.Fatalf("%s: %q is %d, cleaned %d", typ, value, fault, same)
			}
			if fault == sheet.Fine && clean == "" {
				t.Fatalf("%s: nothing passes", typ)
			}
			sheet.Text(field, value)
		}
	})
}
