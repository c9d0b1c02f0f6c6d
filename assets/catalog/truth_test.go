package catalog_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	data "zhizhu/assets/catalog"
	"zhizhu/offline/catalog"
	"zhizhu/offline/catalog/load"
)

func shipped(t *testing.T) *catalog.Catalog {
	t.Helper()
	c, err := load.Load(data.FS())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// The machine tells whether a matter was delivered, and nothing that comes back: whoever is told to come again for the
// result walks there for nothing. Nor does a shipped item say for an office what it will charge, send or provide.
func TestNoItemPromisesWhatNobodyKeeps(t *testing.T) {
	untrue := []string{
		"再刷身份证", "刷身份证就能", "刷身份证看", "刷身份证取", "刷身份证就办", "来刷身份证", "拿编号自己", "编号来查",
		"会发信", "不收过户费", "轮椅", "门口接您", "说名字就行", "会去找您", "会转告您", "会请村里转告", "再来本机", "不会罚您", "只给处理的人",
	}
	texts(t, func(name, text string) {
		for _, words := range untrue {
			if strings.Contains(text, words) {
				t.Errorf("%s: promises “%s”", name, words)
			}
		}
	})
}

// What the machine can't give, it says, on the guide and on the slip.
func TestItemsSayWhatTheMachineCannotGive(t *testing.T) {
	cannot := map[catalog.Kind][]string{
		catalog.Query:    {"看不到", "送达没有"},
		catalog.Print:    {"打不出", "送达没有"},
		catalog.PayGuide: {"不等于交了钱", "送达没有"},
		// The day asked for may pass before the line is back.
		catalog.Appointment: {"还没有答复", "直接去窗口"},
	}
	seen := make(map[catalog.Kind]bool)
	for _, it := range shipped(t).Items {
		notes := strings.Join(it.Guide.Notes, "")
		for _, words := range cannot[it.Kind] {
			seen[it.Kind] = true
			if !strings.Contains(notes, words) {
				t.Errorf("%s: the notes don't say “%s”", it.File, words)
			}
		}
		if it.Kind == catalog.Appointment && it.Guide.Limit != (catalog.Limit{}) {
			t.Errorf("%s: a term of %s for an appointment", it.File, it.Guide.Limit.Text())
		}
	}
	if len(seen) != len(cannot) {
		t.Errorf("only the kinds %v are shipped", seen)
	}
}

// Nothing that is shipped has been confirmed with an office to be 收件即受理, or to be done on a 告知承诺 but the one
// item that the list of services says so of.
func TestPoliciesAreThoseThatAreKnown(t *testing.T) {
	for _, it := range shipped(t).Items {
		if it.Policies.AcceptOnReceipt {
			t.Errorf("%s: accepted on receipt", it.File)
		}
		if it.Policies.Promise != nil && it.ID != "med-remote-file" {
			t.Errorf("%s: has a 告知承诺", it.File)
		}
	}
}

// A year that is written down as the latest one is wrong some new year's day: years are asked as choices or dates.
func TestNoYearRunsOut(t *testing.T) {
	for _, it := range shipped(t).Items {
		for _, f := range it.Form {
			fixed := f.Type == catalog.Number && strings.HasSuffix(f.Unit, "年")
			if year, err := strconv.Atoi(f.Max); fixed && err == nil && year > 1900 {
				t.Errorf("%s: %s: at most %s", it.File, f.ID, f.Max)
			}
			if f.Type == catalog.Date && f.Max != "" && !strings.HasPrefix(f.Max, "today") {
				t.Errorf("%s: %s: at most %s", it.File, f.ID, f.Max)
			}
		}
	}
}

// What somebody must know before walking away stands in the notes, which the slip carries too.
func TestNotesReachEveryItemThatNeedsThem(t *testing.T) {
	for _, id := range []string{"soc-qualify", "med-remote-file", "vil-house-risk", "soc-disaster", "soc-temp-aid", "fb-cannot-do"} {
		it := shipped(t).ByID(id)
		if it == nil || len(it.Guide.Notes) == 0 || slices.Contains(it.Guide.Notes, "") {
			t.Errorf("%s: no note", id)
		}
	}
}
