package receipt_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"zhizhu/app/receipt"
	data "zhizhu/assets/catalog"
	"zhizhu/devices"
	"zhizhu/offline/catalog"
	"zhizhu/offline/catalog/load"
)

var update = flag.Bool("update", false, "rewrite the golden files")

const station = "雁洋镇长教村便民服务站"

func shipped(t *testing.T) *catalog.Catalog {
	t.Helper()
	c, err := load.Load(data.FS())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// render writes a document for human eyes: what stands on the paper, block by block.
func render(d devices.Document) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n", d.Title)
	for _, k := range d.Blocks {
		switch k.Kind {
		case devices.TextBlock:
			mark := ""
			if k.Align == devices.Centre {
				mark += "〈居中〉"
			}
			if k.Size == 2 {
				mark += "〈大字〉"
			}
			if k.Bold {
				mark += "〈粗〉"
			}
			fmt.Fprintf(&b, "%s%s\n", mark, k.Text)
		case devices.PairBlock:
			fmt.Fprintf(&b, "%s%s　%s\n", k.Label, strings.Repeat("　", max(0, 4-len([]rune(k.Label)))), k.Text)
		case devices.RuleBlock:
			b.WriteString("────────────────────────\n")
		case devices.CodeBlock:
			fmt.Fprintf(&b, "［二维码：%s］\n", k.Text)
		case devices.FeedBlock:
			b.WriteString(strings.Repeat("\n", k.Lines))
		}
	}
	return b.String()
}

func golden(t *testing.T, name string, d devices.Document) {
	t.Helper()
	path, got := filepath.Join("testdata", name+".txt"), render(d)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; go test ./app/receipt -update after reading it:\n%s", path, got)
	}
}

func lodged() receipt.Info {
	return receipt.Info{
		Station: station, Number: "MX0427-1-20261123-0018-0", Name: "测试甲", IDNumber: "990000194001020011",
		At: time.Date(2026, 11, 23, 9, 47, 31, 0, time.FixedZone("CST", 8*3600)),
	}
}

func TestDocuments(t *testing.T) {
	c := shipped(t)
	tests := []struct {
		name, item string
		change     func(*receipt.Info)
	}{
		{"apply-offline", "old-allowance", func(i *receipt.Info) {
			i.Handed = []string{"身份证（已读取）", "户口簿：先试电子证照，调不到的窗口会请您补"}
			i.Owing = []string{"老人本人的银行卡或存折"}
		}},
		{"apply-accepted", "old-visit-help", func(i *receipt.Info) {
			i.Accepted, i.Network = true, receipt.Sending
			i.Handed = []string{"身份证（已读取）"}
		}},
		{"query-ticket", "med-info-query", func(i *receipt.Info) { i.Handed = []string{"身份证（已读取）"} }},
		{"print-ticket", "ss-cert-print", func(i *receipt.Info) { i.Handed, i.Network = []string{"身份证（已读取）"}, receipt.Sending }},
		{"appointment", "hk-passport-book", func(i *receipt.Info) {
			i.Handed, i.ClockUnsure = []string{"想去的时间：2026年12月1日 上午"}, true
		}},
		{"feedback-without-name", "fb-cannot-do", func(i *receipt.Info) {
			i.Name, i.IDNumber, i.Handed = "", "", []string{"说不给办，没说清为什么"}
		}},
		{"pay-guide-ticket", "med-rural-pay", func(i *receipt.Info) { i.Handed = []string{"身份证（已读取）"} }},
		{"reprint-sent", "old-allowance", func(i *receipt.Info) {
			i.Network, i.Reprint = receipt.Sent, i.At.Add(49*time.Hour)
		}},
		{"reprint-stuck", "soc-qualify", func(i *receipt.Info) {
			i.Network, i.Reprint = receipt.Stuck, i.At.Add(49*time.Hour)
		}},
		{"reprint-item-gone", "", func(i *receipt.Info) {
			i.ItemName, i.Reprint = "老年人优待证申领", i.At.Add(time.Minute)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			i := lodged()
			i.Item = c.ByID(tt.item)
			tt.change(&i)
			golden(t, tt.name, receipt.Document(i))
		})
	}
}

func TestChecklists(t *testing.T) {
	c := shipped(t)
	for _, id := range []string{"dis-subsidy", "fb-cannot-do", "soc-temp-aid"} {
		golden(t, "checklist-"+id, receipt.Checklist(c.ByID(id), station))
	}
}

// What decides whether a matter counts stands on a further copy, too.
func TestNotesStandOnEveryCopy(t *testing.T) {
	item := shipped(t).ByID("soc-qualify")
	item.Guide.Notes = []string{"核对好才算"}
	for _, handed := range [][]string{nil, {"身份证（已读取）"}} {
		i := lodged()
		i.Item, i.Handed = item, handed
		if text := render(receipt.Document(i)); !strings.Contains(text, "核对好才算") {
			t.Errorf("handed %q: no note in\n%s", handed, text)
		}
	}
}

// Where a matter got is told as it is: only the gateway's signature makes it sent, and what is stuck says what to do.
func TestNetworkWords(t *testing.T) {
	seen := map[string]bool{}
	for n := receipt.Waiting; n <= receipt.Stuck; n++ {
		w := n.Words()
		if seen[w] || w == "已存好" {
			t.Errorf("state %d: %q", n, w)
		}
		seen[w] = true
	}
	if w := receipt.Held.Words(); strings.Contains(w, "网络") {
		t.Errorf("a line that is there is told as down: %q", w)
	}
	i := lodged()
	i.Item, i.Network = shipped(t).ByID("old-allowance"), receipt.Stuck
	text := render(receipt.Document(i))
	if !strings.Contains(text, "到窗口办") || !strings.Contains(text, "12345") || strings.Contains(text, "自动") ||
		strings.Contains(text, "多久办好") || strings.Contains(text, "审核后告诉您") {
		t.Errorf("a matter that is stuck says\n%s", text)
	}
}

// What must hold of every slip of every item.
func TestEverySlipIsTrue(t *testing.T) {
	for _, it := range shipped(t).Items {
		i := lodged()
		i.Item, i.Handed = it, []string{"身份证（已读取）"}
		i.Accepted = it.Policies.AcceptOnReceipt
		doc := receipt.Document(i)
		text := render(doc)
		if strings.Contains(text, i.IDNumber) {
			t.Errorf("%s: the whole ID number is on the paper", it.ID)
		}
		codes := 0
		for _, b := range doc.Blocks {
			if b.Kind == devices.CodeBlock {
				codes++
				if b.Text != i.Number {
					t.Errorf("%s: the code says %q", it.ID, b.Text)
				}
			}
		}
		if codes != 1 {
			t.Errorf("%s: %d codes", it.ID, codes)
		}
		if !i.Accepted && (strings.Contains(text, "受理凭证") || strings.Contains(text, "已经受理")) {
			t.Errorf("%s: 收件 is called 受理", it.ID)
		}
		for _, want := range []string{it.Name, i.Number, "12345", station, "2026-11-23 09:47", "等网络恢复后自动送出"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s: %q is missing", it.ID, want)
			}
		}
		if strings.Contains(doc.Title, i.Name) {
			t.Errorf("%s: the job's title names a person", it.ID)
		}
	}
}

func TestValidNumber(t *testing.T) {
	tests := map[string]bool{
		"MX0427-1-20261123-0018-0":        true,
		" MX0427-1-20261123-0018-0\r\n":   true,
		"mx0427-1-20261123-0018-0":        true,
		"MX0427-1-20261123-0018-5":        false,
		"MX0429-1-20261123-0018-0":        false, // one character misread
		"MX0427-1-20261123-0081-0":        false, // two swapped
		"MX0427-1-20261323-0018-0":        false,
		"MX0427-1-20261123-018-5":         false,
		"MX0427-1-20261123-0000-5":        false,
		"20261123-0018-0":                 false,
		"--20261123-0018-0":               false,
		"":                                false,
		"https://example.com/a-b-c-d-e-f": false,
		strings.Repeat("A", 99):           false,
	}
	for s, want := range tests {
		if got := receipt.ValidNumber(s); got != want {
			t.Errorf("ValidNumber(%q) = %v", s, got)
		}
	}
}

// One wrong digit anywhere is noticed.
func TestValidNumberNoticesEveryWrongDigit(t *testing.T) {
	const number = "MX0427-1-20261123-0018-0"
	for i, r := range number {
		for d := '0'; d <= '9'; d++ {
			if r < '0' || r > '9' || d == r {
				continue
			}
			if wrong := number[:i] + string(d) + number[i+1:]; receipt.ValidNumber(wrong) {
				t.Errorf("%s passes", wrong)
			}
		}
	}
}

func TestMasks(t *testing.T) {
	for number, want := range map[string]string{
		"990000194001020011": "990000********0011", "ABC123456789012": "ABC123*****9012", "12345": "*****", "": "",
	} {
		if got := receipt.MaskNumber(number); got != want {
			t.Errorf("MaskNumber(%q) = %q", number, got)
		}
	}
	for number, want := range map[string]string{"621700000000": "尾号 0000", "13800138000": "尾号 8000", "12345": "*****", "": ""} {
		if got := receipt.MaskTail(number); got != want {
			t.Errorf("MaskTail(%q) = %q", number, got)
		}
	}
	for name, want := range map[string]string{"测试甲": "测**", "甲": "甲", "": "", "TEST, ANNA": "T****"} {
		if got := receipt.MaskName(name); got != want {
			t.Errorf("MaskName(%q) = %q", name, got)
		}
	}
}

func FuzzValidNumber(f *testing.F) {
	f.Add("MX0427-1-20261123-0018-0")
	f.Add("----")
	f.Add("é-20261123-0018-0")
	f.Fuzz(func(t *testing.T, s string) {
		if receipt.ValidNumber(s) && strings.Count(s, "-") < 3 {
			t.Fatalf("%q passes", s)
		}
	})
}
