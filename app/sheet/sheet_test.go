package sheet_test

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"zhizhu/app/sheet"
	data "zhizhu/assets/catalog"
	"zhizhu/devices"
	"zhizhu/offline/catalog"
	"zhizhu/offline/catalog/load"
)

func items(t testing.TB) []*catalog.Item {
	t.Helper()
	c, err := load.Load(data.FS())
	if err != nil {
		t.Fatal(err)
	}
	return c.Items
}

// card is a made-up person's.
func card() *devices.Card {
	return &devices.Card{
		Type: devices.ResidentCard, Name: "测试甲", Sex: '2', Nation: "22", Birth: "1940-01-02",
		Address: "广东省测试市测试县测试镇测试村1号", Number: "990000194001020011",
	}
}

func seeded(seed uint64) *rand.Rand { return rand.New(rand.NewPCG(seed, 1)) }

// form is a small item with a chain of conditions: b depends on a, c on b.
func form() *catalog.Item {
	when := func(field, value string) catalog.Condition {
		return catalog.NewCondition(field+" == "+value, func(a map[string]string) bool { return a[field] == value })
	}
	yesNo := []catalog.Option{{Value: "yes", Label: "有"}, {Value: "no", Label: "没有"}}
	return &catalog.Item{
		Form: []catalog.Field{
			{ID: "name", Type: catalog.Text, Label: "姓名", Prefill: "card.name"},
			{ID: "a", Type: catalog.Choice, Label: "甲", Options: yesNo},
			{ID: "b", Type: catalog.Choice, Label: "乙", Options: yesNo, When: when("a", "yes")},
			{ID: "c", Type: catalog.Number, Label: "丙", When: when("b", "yes"), Min: "1", Max: "9"},
			{ID: "d", Type: catalog.Phone, Label: "丁", Optional: true},
		},
		Materials: []catalog.Material{
			{ID: "card", Name: "身份证", Card: true},
			{ID: "book", Name: "户口簿", ECert: "居民户口簿"},
			{ID: "photo", Name: "照片", Later: true},
			{ID: "deed", Name: "房产证", Main: true, When: when("b", "yes")},
		},
	}
}

func ids(fields []*catalog.Field) []string {
	var all []string
	for _, f := range fields {
		all = append(all, f.ID)
	}
	return all
}

func TestAskedFollowsTheAnswers(t *testing.T) {
	it := form()
	known := sheet.Prefill(it, card(), today())
	tests := []struct {
		answers sheet.Answers
		want    []string
	}{
		{nil, []string{"a", "d"}},
		{sheet.Answers{"a": "yes"}, []string{"a", "b", "d"}},
		{sheet.Answers{"a": "yes", "b": "yes"}, []string{"a", "b", "c", "d"}},
		// b's old answer is kept, but decides nothing while b is hidden.
		{sheet.Answers{"a": "no", "b": "yes", "c": "3"}, []string{"a", "d"}},
	}
	for _, tt := range tests {
		if got := ids(sheet.Asked(it, tt.answers, known)); !slices.Equal(got, tt.want) {
			t.Errorf("%v: asked %v, want %v", map[string]string(tt.answers), got, tt.want)
		}
	}
	if got := ids(sheet.Asked(it, nil, nil)); got[0] != "name" {
		t.Errorf("without a card: asked %v", got)
	}
}

func TestFinalLeavesOutWhatIsHidden(t *testing.T) {
	got := sheet.Final(form(), sheet.Answers{"a": "no", "b": "yes", "c": "3", "d": " 138 0000 0001", "stray": "x"})
	if want := (sheet.Answers{"a": "no", "d": "13800000001"}); !maps.Equal(got, want) {
		t.Errorf("got %v", map[string]string(got))
	}
}

func TestKnownMasksTheNumber(t *testing.T) {
	it := &catalog.Item{Form: []catalog.Field{
		{ID: "number", Type: catalog.IDNo, Label: "身份证号", Prefill: "card.number"},
		{ID: "sex", Type: catalog.Text, Label: "性别", Prefill: "card.sex"},
		{ID: "nation", Type: catalog.Text, Label: "民族", Prefill: "card.nation"},
		{ID: "birth", Type: catalog.Date, Label: "出生", Prefill: "card.birth"},
		{ID: "day", Type: catalog.Date, Label: "今天", Prefill: "today"},
	}}
	var got []string
	for _, p := range sheet.Known(it, nil, sheet.Prefill(it, card(), today())) {
		got = append(got, p.Label+p.Text)
	}
	want := []string{"身份证号990000********0011", "性别女", "民族畲族", "出生1940年1月2日", "今天2028年2月29日"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}

func TestPrefillTakesTheForeignName(t *testing.T) {
	it := form()
	known := sheet.Prefill(it, &devices.Card{EnglishName: "TEST, ANNA"}, today())
	if known["name"] != "TEST, ANNA" {
		t.Errorf("got %v", map[string]string(known))
	}
	if got := sheet.Prefill(it, nil, today()); len(got) != 0 {
		t.Errorf("without a card: %v", map[string]string(got))
	}
}

// R11: all deficiencies at once.
func TestDeficienciesComeAllAtOnce(t *testing.T) {
	answers := sheet.Answers{"a": "yes", "b": "yes", "c": "12", "d": "1"}
	got := sheet.Deficiencies(form(), answers, map[string]string{"deed": "later"}, today())
	want := []sheet.Deficiency{
		{Field: "name", Label: "姓名", Fault: sheet.Missing},
		{Field: "c", Label: "丙", Fault: sheet.TooLarge, Limit: "9"},
		{Field: "d", Label: "丁", Fault: sheet.BadPhone},
		{Material: "photo", Label: "照片", Fault: sheet.Missing},
		{Material: "deed", Label: "房产证", Fault: sheet.Missing}, // a main material can't come later (R40)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %+v", got)
	}
}

// A card whose number has a check digit that doesn't fit is still that person's card.
func TestDeficienciesDoNotQuestionTheCard(t *testing.T) {
	it := &catalog.Item{Form: []catalog.Field{{ID: "number", Type: catalog.IDNo, Label: "身份证号", Prefill: "card.number"}}}
	known := sheet.Prefill(it, &devices.Card{Number: "110105194912310021"}, today())
	if got := sheet.Deficiencies(it, known, nil, today()); len(got) != 0 {
		t.Errorf("got %+v", got)
	}
}

func TestMaterials(t *testing.T) {
	it := form()
	chosen := map[string]string{"photo": "later", "deed": "later", "stray": "have"}
	got := sheet.FinalMaterials(it, sheet.Answers{"a": "yes", "b": "yes"}, chosen)
	if want := map[string]string{"card": "card", "book": "ecert", "photo": "later"}; !maps.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if !sheet.MustChoose(it, nil) {
		t.Error("nothing to choose, though the photo is open")
	}
	if n := len(sheet.Materials(it, sheet.Answers{"a": "no", "b": "yes"}, nil)); n != 3 {
		t.Errorf("%d materials, want 3: the deed belongs to a path that was left", n)
	}
}

func TestStatement(t *testing.T) {
	it := form()
	if sheet.MustTick(it) {
		t.Error("nothing to tick")
	}
	it.Policies = catalog.Policies{Promise: &catalog.Promise{Text: []string{"一"}}, Declare: []string{"二"}}
	if got := sheet.Statement(it); !slices.Equal(got, []string{"一", "二"}) {
		t.Errorf("got %v", got)
	}
}

// path draws answers field by field as a wild resident would give them: known fields, stray ones, right and wrong.
func path(rt *rapid.T, it *catalog.Item) sheet.Answers {
	rng := seeded(rapid.Uint64().Draw(rt, "seed"))
	a := sheet.Prefill(it, card(), today())
	for range rapid.IntRange(0, 20).Draw(rt, "answers") {
		f := &it.Form[rapid.IntRange(0, len(it.Form)-1).Draw(rt, "field")]
		value := sheet.GenerateOne(f, rng, today())
		if rapid.IntRange(0, 4).Draw(rt, "wild") == 0 {
			value = rapid.String().Draw(rt, "value")
		}
		a = sheet.With(a, f.ID, value)
	}
	return a
}

func TestPropertiesOfEveryItem(t *testing.T) {
	for _, it := range items(t) {
		t.Run(it.ID, func(t *testing.T) {
			rapid.Check(t, func(rt *rapid.T) {
				a := path(rt, it)
				before := maps.Clone(a)
				final := sheet.Final(it, a)
				for id := range final { // R10
					if !slices.ContainsFunc(it.Form, func(f catalog.Field) bool { return f.ID == id }) {
						rt.Fatalf("%s is not a field of the item", id)
					}
				}
				if again := sheet.Final(it, final); !maps.Equal(again, final) {
					rt.Fatalf("final of final differs: visibility has no fixed point")
				}
				if got, want := ids(sheet.Visible(it, final)), ids(sheet.Visible(it, a)); !slices.Equal(got, want) {
					rt.Fatalf("visible %v, but %v without hidden answers", want, got)
				}
				known := sheet.Prefill(it, card(), today())
				for _, f := range sheet.Asked(it, a, known) { // R25
					if known[f.ID] != "" {
						rt.Fatalf("%s is known and asked", f.ID)
					}
				}
				sheet.With(a, it.Form[0].ID, "x")
				sheet.Merge(a, known)
				sheet.Deficiencies(it, a, nil, today())
				if !maps.Equal(a, before) {
					rt.Fatal("answers were changed in place")
				}
			})
		})
	}
}

func TestGeneratedSheetsAreWhole(t *testing.T) {
	for _, it := range items(t) {
		for seed := range uint64(200) {
			answers, materials := sheet.Generate(it, seeded(seed), today())
			if bad := sheet.Deficiencies(it, answers, materials, today()); len(bad) > 0 {
				t.Fatalf("%s seed %d: %+v", it.ID, seed, bad)
			}
			for _, f := range sheet.Visible(it, answers) {
				if fault, _ := sheet.Check(f, answers[f.ID], today()); fault != sheet.Fine {
					t.Fatalf("%s seed %d: %s: fault %d", it.ID, seed, f.ID, fault)
				}
			}
			// Cleaning up keeps a good sheet good.
			if bad := sheet.Deficiencies(it, sheet.Final(it, answers), sheet.FinalMaterials(it, answers, materials), today()); len(bad) > 0 {
				t.Fatalf("%s seed %d: final sheet: %+v", it.ID, seed, bad)
			}
			again, _ := sheet.Generate(it, seeded(seed), today())
			if !maps.Equal(again, answers) {
				t.Fatalf("%s seed %d: another sheet the second time", it.ID, seed)
			}
		}
	}
}

// Every field of every item is asked or prefilled on some path, and every path of choices ends in a whole sheet.
func TestEveryFieldIsReached(t *testing.T) {
	for _, it := range items(t) {
		reached := make(map[string]bool)
		needed := make(map[string]bool)
		for seed := range uint64(400) {
			answers, _ := sheet.Complete(it, sheet.Prefill(it, card(), today()), seeded(seed), today())
			for _, f := range sheet.Visible(it, answers) {
				reached[f.ID] = true
			}
			for _, m := range sheet.Materials(it, answers, nil) {
				needed[m.Material.ID] = true
			}
		}
		for _, f := range it.Form {
			if !reached[f.ID] {
				t.Errorf("%s: %s is never asked", it.ID, f.ID)
			}
		}
		for _, m := range it.Materials {
			if !needed[m.ID] {
				t.Errorf("%s: %s is never needed", it.ID, m.ID)
			}
		}
	}
}

// R24: whoever says that there is no telephone gets through.
func TestNobodyNeedsAPhone(t *testing.T) {
	for _, it := range items(t) {
		found := false
		for seed := uint64(0); seed < 2000 && !found; seed++ {
			answers, materials := sheet.Complete(it, sheet.Prefill(it, card(), today()), seeded(seed), today())
			for _, f := range it.Form {
				if f.Type == catalog.Phone {
					answers = sheet.With(answers, f.ID, "")
				}
			}
			found = len(sheet.Deficiencies(it, answers, materials, today())) == 0
		}
		if !found {
			t.Errorf("%s: no way through without a telephone", it.ID)
		}
	}
}

func BenchmarkDeficiencies(b *testing.B) {
	var longest *catalog.Item
	for _, it := range items(b) {
		if longest == nil || len(it.Form) > len(longest.Form) {
			longest = it
		}
	}
	answers, materials := sheet.Generate(longest, seeded(1), today())
	for b.Loop() {
		sheet.Deficiencies(longest, answers, materials, today())
	}
}
