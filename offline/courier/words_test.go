package courier_test

import (
	"errors"
	"strings"
	"testing"

	"zhizhu/offline/courier"
	"zhizhu/offline/courier/arrival"
	"zhizhu/offline/courier/stick"
	"zhizhu/offline/outbox"
)

func TestTextsForThoseWhoHoldTheStick(t *testing.T) {
	full := errors.Join(stick.ErrFull)
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{
			"export", courier.Exported{Serial: 3, Counts: map[string]int{outbox.LaneMatters: 12, outbox.LaneBlobs: 2}, Bytes: 3 << 20}.Text(nil),
			[]string{"办件 12 件、材料照片 2 份", "3.0 MB", "安全弹出"},
		},
		{"export of nothing", courier.Exported{Serial: 1}.Text(nil), []string{"没有等待上传"}},
		{
			"full", courier.Exported{Serial: 1, Counts: map[string]int{outbox.LaneRatings: 1}, Missing: map[string]int{outbox.LaneEvents: 4}, Bytes: 9}.Text(full),
			[]string{"评价 1 条", "没有写下的：运行记录 4 条", "1 KB", "优盘已满"},
		},
		{"damaged", courier.Exported{Damaged: 1}.Text(nil), []string{"1 件在本机硬盘上已损坏"}},
		{"other trouble", courier.Exported{}.Text(errors.New("closed")), []string{"一件不少", "closed"}},
		{"import", courier.Imported{Acknowledged: 9, Letters: 2, More: true}.Text(nil), []string{"签收 9 件", "来信 2 封", "再送一次"}},
		{"import of what is known", courier.Imported{Known: 9}.Text(stick.ErrOld), []string{"没有新的内容"}},
		{"refused", courier.Imported{Refused: []stick.Refusal{{Lane: "matters", ID: "x1", Why: "because"}}}.Text(nil), []string{"没有接收 1 件", "x1：because"}},
		{"torn", courier.Imported{Problems: []error{errors.New("letter x: cut")}}.Text(stick.ErrTorn), []string{"不完整", "letter x: cut"}},
		{"received", arrival.Result{Terminal: "MX0427-1", Stored: 3, Again: 1, Letters: 2}.Text(), []string{"终端 MX0427-1：新收 3 件，以前收过 1 件，带回来信 2 封"}},
		{"foreign", arrival.Result{Err: stick.ErrForeign, Left: 2, Problems: []error{errors.New("p")}}.Text(), []string{"不是给", "还有来信 2 封", "  p"}},
	} {
		for _, want := range c.want {
			if !strings.Contains(c.text, want) {
				t.Errorf("%s: %q is missing in %q", c.name, want, c.text)
			}
		}
		if c.text == "" || !strings.HasSuffix(c.text, "\n") {
			t.Errorf("%s: %q", c.name, c.text)
		}
	}
}
