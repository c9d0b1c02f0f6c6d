package catalog_test

import (
	"slices"
	"testing"
	"time"

	data "zhizhu/assets/catalog"
	"zhizhu/offline/catalog"
	"zhizhu/offline/catalog/load"
)

func shipped(t testing.TB) *catalog.Catalog {
	t.Helper()
	c, err := load.Load(data.FS())
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestSearchFindsWhatVillagersSay(t *testing.T) {
	c := shipped(t)
	for query, want := range map[string]string{
		"老人钱":          "old-allowance",
		"我想办老人钱":       "old-allowance",
		"高龄津贴":         "old-allowance",
		"农保认证":         "soc-qualify",
		"社会保险待遇领取资格认证": "soc-qualify",
		"养老金资格认正":      "soc-qualify", // one wrong character
		"过户":           "util-water-transfer",
		"社保证明":         "ss-cert-print",
		"打社保单":         "ss-cert-print",
		"新农合":          "med-info-query",
		"交医保":          "med-rural-pay",
		"外地看病":         "med-remote-file",
		"护照":           "hk-passport-book",
		"办不成":          "fb-cannot-do",
		"危房":           "hou-danger",
		"水灾":           "soc-disaster",
		"残疾 补贴":        "dis-subsidy",
		"“种粮补贴”":       "agr-onecard-query",
		"装电表":          "util-elec-new",
		"一个人住":         "old-visit-help",
		"怎么给小孩交医保":     "med-rural-pay",
		"墙裂了":          "vil-house-risk",
		"没钱看病":         "soc-temp-aid",
		"去镇里办":         "gen-book",
		"重度残疾人护理补贴申请怎么办": "dis-subsidy",
	} {
		found := c.Search(query)
		if len(found) == 0 || found[0].ID != want {
			var got []string
			for _, it := range found {
				got = append(got, it.ID)
			}
			t.Errorf("%s: got %v, want %s first", query, got, want)
		}
	}
}

func TestSearchFindsNothingForNothing(t *testing.T) {
	c := shipped(t)
	for _, query := range []string{"", "  ", "？！", "zzzz", "\x00", "火星移民"} {
		if found := c.Search(query); len(found) != 0 {
			t.Errorf("%q: found %d items, first %s", query, len(found), found[0].ID)
		}
	}
}

// Every item is the first that its own names find, and is among the first five for each of its keywords.
func TestSearchFindsEveryItemByItsWords(t *testing.T) {
	c := shipped(t)
	for _, it := range c.Items {
		for _, name := range []string{it.Name, it.Short} {
			if found := c.Search(name); len(found) == 0 || found[0] != it {
				t.Errorf("%s: %q doesn't find it first", it.ID, name)
			}
		}
		for _, word := range slices.Concat(it.Aliases, it.Keywords) {
			found := c.Search(word)
			if at := slices.Index(found, it); at < 0 || at > 4 {
				t.Errorf("%s: %q finds it at place %d", it.ID, word, at)
			}
		}
	}
}

func TestWordsAreOneAnItem(t *testing.T) {
	c := shipped(t)
	words := c.Words(8)
	if len(words) != 8 || words[0] != c.Frequent()[0].Keywords[0] {
		t.Errorf("got %v", words)
	}
	for _, w := range words {
		if len(c.Search(w)) == 0 {
			t.Errorf("%s finds nothing", w)
		}
	}
	if got := c.Words(0); len(got) != 0 {
		t.Errorf("got %v", got)
	}
}

func TestLookUps(t *testing.T) {
	c := shipped(t)
	if c.ByID("nothing") != nil || c.Theme("nothing") != nil || len(c.ByTheme("nothing")) != 0 {
		t.Error("found what isn't there")
	}
	n := 0
	for _, th := range c.Themes {
		n += len(c.ByTheme(th.ID))
	}
	if n != len(c.Items) {
		t.Errorf("themes hold %d of %d items", n, len(c.Items))
	}
	frequent := c.Frequent()
	if !slices.IsSortedFunc(frequent, func(a, b *catalog.Item) int { return a.Frequent - b.Frequent }) {
		t.Error("frequent items are out of place")
	}
}

func TestDateBound(t *testing.T) {
	today := time.Date(2028, 2, 29, 23, 59, 0, 0, time.FixedZone("CST", 8*3600))
	for bound, want := range map[string]string{
		"today": "2028-02-29", "today-30d": "2028-01-30", "today+1d": "2028-03-01", "today-1y": "2027-03-01",
		"today+6m": "2028-08-29", "today-120y": "1908-02-29", "2026-03-05": "2026-03-05",
	} {
		got, err := catalog.DateBound(bound, today)
		if err != nil || got.Format(catalog.DateLayout) != want {
			t.Errorf("%s: %v %v, want %s", bound, got, err, want)
		}
	}
	for _, bound := range []string{"", "tomorrow", "today-", "today-d", "today+1w", "today*1d", "today-1", "today--1d", "2026-3-5", "today+99999999d"} {
		if got, err := catalog.DateBound(bound, today); err == nil {
			t.Errorf("%q: got %v", bound, got)
		}
	}
}

func TestLimitText(t *testing.T) {
	for _, tt := range []struct {
		limit catalog.Limit
		want  string
	}{
		{catalog.Limit{}, "以窗口答复为准"},
		{catalog.Limit{Value: 20, Unit: "个工作日"}, "20个工作日"},
		{catalog.Limit{Unit: "当场"}, "当场办结"},
		{catalog.Limit{Value: 3}, "以窗口答复为准"},
	} {
		if got := tt.limit.Text(); got != tt.want {
			t.Errorf("%+v: %s", tt.limit, got)
		}
	}
}

func FuzzDateBound(f *testing.F) {
	for _, s := range []string{"today", "today-30d", "2026-03-05", "today+32767y", "today-é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, bound string) {
		day, err := catalog.DateBound(bound, time.Unix(0, 0))
		if err == nil && (day.Hour() != 0 || day.Location() != time.UTC) {
			t.Fatalf("%q: %v is no midnight", bound, day)
		}
	})
}

func FuzzSearch(f *testing.F) {
	c := shipped(f)
	f.Add("老人钱")
	f.Add("ＡＢ\xff")
	f.Fuzz(func(t *testing.T, query string) {
		if found := c.Search(query); len(found) > len(c.Items) {
			t.Fatal("an item twice")
		}
	})
}

func BenchmarkSearch(b *testing.B) {
	c := shipped(b)
	for b.Loop() {
		c.Search("养老金资格认正")
	}
}
