package visit

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zhizhu/devices"
	"zhizhu/offline/catalog"
)

var update = flag.Bool("update", false, "write the golden transcripts anew")

// TestTranscripts holds what a resident reads in one visit of each kind, page by page.
func TestTranscripts(t *testing.T) {
	for _, id := range []string{"allowance", "qualify", "query", "cert", "book", "pay", TroubleItem} {
		t.Run(id, func(t *testing.T) { compareGolden(t, id, transcript(t, id, false)) })
	}
	t.Run("guided", func(t *testing.T) { compareGolden(t, "guided", transcript(t, "allowance", true)) })
}

func compareGolden(t *testing.T, name, got string) {
	t.Helper()
	file := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; see what changed by: go test -run Transcripts -update && git diff\n%s", file, got)
	}
}

// transcript plays one visit with the network down, and writes what stands on each page.
func transcript(t *testing.T, id string, guided bool) string {
	t.Helper()
	var b strings.Builder
	p := newPlayer(t).do(Health{offlineReport()})
	page := func() { writePage(&b, Look(p.s)) }
	page()
	p.tap("begin")
	if guided {
		p.tap("guided")
	}
	page()
	p.tap("theme:" + p.s.world.item(id).Theme)
	page()
	p.tap("item:" + id)
	page()
	if p.s.offer(p.s.work.item).off {
		p.tap("window")
		page()
		return b.String()
	}
	p.tap("start")
	for p.s.step != Lodging {
		page()
		p.fillIn()
	}
	page()
	p.do(Lodged{ID: "m", Number: receiptNumber, At: start})
	page()
	p.do(printed(devices.Printed, devices.OK))
	page()
	p.tap("leave")
	page()
	return b.String()
}

// fillIn does what the page asks for.
func (p *player) fillIn() {
	p.t.Helper()
	switch b := Look(p.s).Body.(type) {
	case *IdentifyBody:
		p.do(read(cardA()))
	case *QuestionBody:
		p.do(Answer{b.Field.ID, goodAnswer(b.Field)}).tap("next")
	case *MaterialsBody:
		p.tap("material:bank-card:later", "next")
	case *CommitBody:
		for _, row := range b.Ticks {
			p.do(row.Act.Event)
		}
		p.tap("next")
	case *SignBody:
		p.do(finger()).tap("next")
	case *ReviewBody:
		p.tap("confirm")
	default:
		p.t.Fatalf("nothing to fill in at %s", p.s.step)
	}
}

func goodAnswer(f *catalog.Field) string {
	switch f.Type {
	case catalog.Choice:
		return f.Options[len(f.Options)-1].Value
	case catalog.Date:
		if strings.HasPrefix(f.Min, "today+") {
			return "2026-12-01"
		}
		return "2026-03-05"
	case catalog.Number:
		return "3"
	case catalog.Phone:
		return "13800138000"
	case catalog.Digits:
		return "621700000000"
	case catalog.Text, catalog.IDNo:
	}
	return "?"
}

func writePage(b *strings.Builder, v View) {
	fmt.Fprintf(b, "=== %s\n", v.Step)
	if len(v.Trail) > 0 {
		var marks []string
		for _, m := range v.Trail {
			marks = append(marks, m.Label+[]string{"", "*", "+"}[m.State])
		}
		fmt.Fprintf(b, "路标  %s\n", strings.Join(marks, " "))
	}
	line := func(label, s string) {
		if s != "" {
			fmt.Fprintf(b, "%s  %s\n", label, s)
		}
	}
	line("标题", v.Title)
	line("说明", v.Lead)
	if v.Notice != nil {
		line("提示", v.Notice.Text)
	}
	writeBody(b, v.Body)
	writeActions(b, "链接", v.Links)
	writeActions(b, "底栏", v.Bar)
	if v.Overlay != nil {
		fmt.Fprintf(b, "浮层  %s｜%s\n", v.Overlay.Title, strings.Join(v.Overlay.Lines, "｜"))
		writeActions(b, "按钮", v.Overlay.Actions)
	}
	b.WriteString("\n")
}

func writeActions(b *strings.Builder, label string, actions []Action) {
	if len(actions) == 0 {
		return
	}
	var words []string
	for _, a := range actions {
		w := "[" + a.Label + "]"
		if a.Chosen {
			w = "[✓" + a.Label + "]"
		}
		if a.Why != "" {
			w += "(" + a.Why + ")"
		}
		words = append(words, w)
	}
	fmt.Fprintf(b, "%s  %s\n", label, strings.Join(words, " "))
}

func writePairs(b *strings.Builder, pairs []Pair) {
	for _, p := range pairs {
		fmt.Fprintf(b, "      %s：%s\n", p.Label, p.Value)
	}
}

func writeBody(b *strings.Builder, body Body) {
	switch body := body.(type) {
	case *AttractBody:
		fmt.Fprintf(b, "      %s｜%s\n", body.Call, strings.Join(body.Offers, "｜"))
		writeActions(b, "按钮", []Action{body.Begin})
	case *HomeBody:
		writeActions(b, "常办", body.Frequent)
		fmt.Fprintf(b, "      %s\n", body.Count)
		writeActions(b, "主题", body.Themes)
		writeActions(b, "其他", append([]Action{body.Search}, body.Others...))
	case *ListBody:
		writeActions(b, "事项", body.Items)
		if body.PageOf != "" {
			fmt.Fprintf(b, "      %s\n", body.PageOf)
		}
	case *GuideBody:
		for _, s := range body.Sections {
			fmt.Fprintf(b, "      %s：%s\n", s.Title, strings.Join(s.Lines, "；"))
		}
	case *QuestionBody:
		fmt.Fprintf(b, "      %s\n", body.Progress)
		writePairs(b, body.Known)
		writeActions(b, "选项", body.Options)
	case *MaterialsBody:
		for _, r := range body.Rows {
			fmt.Fprintf(b, "      %s %s %s\n", r.Name, r.Help, r.Met)
			writeActions(b, "选项", r.Choices)
		}
	case *CommitBody:
		for _, r := range body.Ticks {
			fmt.Fprintf(b, "      □ %s [%s]\n", r.Text, r.Act.Label)
		}
		if body.Liability != "" {
			fmt.Fprintf(b, "      %s\n", body.Liability)
		}
	case *SignBody:
		fmt.Fprintf(b, "      %s [%s]\n", body.Hint, body.Clear.Label)
	case *ReviewBody:
		for _, r := range body.Rows {
			edit := ""
			if r.Edit != nil {
				edit = " [" + r.Edit.Label + "]"
			}
			fmt.Fprintf(b, "      %s：%s%s\n", r.Label, r.Value, edit)
		}
	case *WaitBody:
		fmt.Fprintf(b, "      %s\n", body.Text)
	case *ReceiptBody:
		fmt.Fprintf(b, "      %s\n", body.Heading)
		writePairs(b, body.Rows)
		fmt.Fprintf(b, "      码 %s %s\n      %s\n", body.Code, body.CodeTip, body.Print.Text)
		fmt.Fprintf(b, "      %s%s\n", body.RateAsk, body.Thanks)
		writeActions(b, "评价", body.Rates)
	case *WipedBody:
		fmt.Fprintf(b, "      %s\n", strings.Join(body.Lines, "｜"))
	}
}
