package visit

import (
	"go/ast"
	"go/parser"
	"go/token"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"zhizhu/devices"
)

// eventRow is one event, and what it does on every page of an ordinary visit.
type eventRow struct {
	name string
	ev   func(s State) Event
	does string // one word a step, in the order of stepColumns
}

// stepColumns are the short names of all steps, in their order.
const stepColumns = "at ho li gu id qu ma co si re lo rc pr wi oo st"

func always(ev Event) func(State) Event { return func(State) Event { return ev } }

// eventTable names every pair of step and event. A word is the step that follows; "." means that nothing happens, "~"
// that the page stays and something on it (or over it) changes. Adding an event without a row, or a step without a
// column, fails the test.
func eventTable() []eventRow {
	otherCard := read(cardB())
	offline := healthy()
	offline.Online = false
	return []eventRow{
		//                                         at ho li gu id qu ma co si re lo rc pr wi oo st
		{"Begin", always(Begin{}), `                ho .  .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"ToHome", always(ToHome{}), `              .  .  ho ho .  .  .  .  .  .  .  .  ho .  .  wi`},
		{"OpenTheme", always(OpenTheme{"social"}), `.  li .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"OpenTheme unknown", always(OpenTheme{"x"}), ` .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"OpenSearch", always(OpenSearch{}), `      .  li .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"Search", always(Search{"津贴"}), `         .  li .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"OpenItem", always(OpenItem{"query"}), `   .  gu gu .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"OpenItem unknown", always(OpenItem{"x"}), `.  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"OpenProgress", always(OpenProgress{}), `  .  pr .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"StartItem", always(StartItem{}), `        .  .  .  id .  .  .  .  .  .  .  .  .  .  .  . `},
		{"Answer", always(Answer{"care", "able"}), `.  .  .  .  .  ~  .  .  .  .  .  .  .  .  .  . `},
		{"Answer other", always(Answer{"pay", "bank"}), ` .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"Answer outside", always(Answer{"x", "y"}), ` .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"Continue", always(Continue{}), `          .  .  .  id .  ~  ~  ~  ~  .  .  .  .  .  .  . `},
		{"Back", always(Back{}), `                  .  .  ho li gu id qu ma co si .  .  ho .  .  wi`},
		{"SetMaterial", always(SetMaterial{"bank-card", "have"}), ` .  .  .  .  .  .  ~  .  .  .  .  .  .  .  .  . `},
		{"SetMaterial refused", always(SetMaterial{"book", "later"}), ` .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"Tick", always(Tick{0, true}), `           .  .  .  .  .  .  .  ~  .  .  .  .  .  .  .  . `},
		{"Tick outside", always(Tick{7, true}), `   .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"Sign", always(finger()), `                .  .  .  .  .  .  .  .  ~  .  .  .  .  .  .  . `},
		{"Sign without a pad", always(Sign{}), `    .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"ClearSign", always(ClearSign{}), `        .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"Edit", always(Edit{"pay"}), `             .  .  .  .  .  .  .  .  .  qu .  .  .  .  .  . `},
		{"Edit what the card says", always(Edit{"name"}), ` .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"Revisit", always(Revisit{Signing}), `     .  .  .  .  .  .  .  .  .  si .  .  .  .  .  . `},
		{"Revisit elsewhere", always(Revisit{Receipt}), ` .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"Confirm", always(Confirm{}), `            .  .  .  .  .  .  .  .  .  lo .  .  .  .  .  . `},
		{"PrintAgain", always(PrintAgain{receiptNumber}), ` .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"Rate", always(Rate{5}), `                 .  .  .  .  .  .  .  .  .  .  .  ~  .  .  .  . `},
		{"Rate nothing", always(Rate{0}), `         .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"Another", always(Another{}), `            .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"Resume", always(Resume{}), `              .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"Leave", always(Leave{}), `                .  wi wi wi wi wi ~  ~  ~  ~  .  .  wi .  .  wi`},
		{"Help", always(Help{}), `                  .  ~  ~  ~  ~  ~  ~  ~  ~  ~  ~  ~  ~  .  .  . `},
		{"Trouble", always(Trouble{}), `            .  qu qu qu qu ~  qu qu qu qu .  qu qu .  .  . `},
		{"ToWindow", always(ToWindow{}), `          .  .  .  ~  ~  ~  ~  ~  ~  ~  ~  ~  .  .  .  . `},
		{"PrintList", always(PrintList{}), `        .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"ToggleGuided", always(ToggleGuided{}), `  ho ~  ~  ~  ~  ~  ~  ~  ~  ~  ~  ~  ~  .  .  . `},
		{"Close", always(Close{}), `                .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"ConfirmLeave", always(ConfirmLeave{}), `  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  wi`},
		{"SwitchPerson", always(SwitchPerson{}), `  .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"Page", always(Page{1}), `                 .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"Touch", always(Touch{}), `                .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"OpenStaff", always(OpenStaff{}), `        st st .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"Clock", func(s State) Event { return Clock{s.now.Add(time.Minute)} }, `
		                                            ~  ~  ~  ~  ~  ~  ~  ~  ~  ~  ~  ~  ~  ~  ~  ~ `},
		{"Health", always(Health{offline}), `       ~  ~  ~  ~  ~  ~  ~  ~  ~  ~  ~  ~  ~  ~  ~  ~ `},
		{"CardEvent found", always(happened(devices.CardFound)), ` .  .  .  .  ~  .  .  .  .  .  .  .  ~  .  .  . `},
		{"CardEvent read", always(read(cardA())), ` .  .  .  .  qu .  .  .  .  .  .  .  ~  .  .  . `},
		{"CardEvent other", always(otherCard), `    .  .  .  .  qu ~  ~  ~  ~  ~  .  .  ~  .  .  . `},
		{"CardEvent troubled", always(happened(devices.CardTroubled)), ` .  .  .  .  ~  .  .  .  .  .  .  .  ~  .  .  . `},
		{"CardEvent unknown", always(happened(devices.CardUnknown)), ` .  .  .  .  ~  .  .  .  .  .  .  .  ~  .  .  . `},
		{"CardEvent gone", always(happened(devices.CardGone)), ` .  .  .  .  ~  .  .  .  .  .  .  .  ~  .  .  . `},
		{"Scanned receipt", always(Scanned{devices.Scan{Text: receiptNumber}}), `
		                                            pr pr .  .  .  .  .  .  .  .  .  .  ~  .  .  . `},
		{"Scanned else", always(Scanned{devices.Scan{Text: "https://example.org"}}), `
		                                            .  .  .  .  .  .  .  .  .  .  .  .  ~  .  .  . `},
		{"Lodged", always(Lodged{ID: "m", Number: receiptNumber, At: start}), `
		                                            .  .  .  .  .  .  .  .  .  .  rc .  .  .  .  . `},
		{"LodgeFailed", always(LodgeFailed{LodgeStore}), ` .  .  .  .  .  .  .  .  .  .  re .  .  .  .  . `},
		{"PrintDone", always(PrintDone{Job: 1, Number: receiptNumber, Result: devices.PrintResult{Outcome: devices.Printed}}), `
		                                            .  .  .  .  .  .  .  .  .  .  .  ~  .  .  .  . `},
		{"PrintDone other", always(PrintDone{Job: 9}), ` .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"Found", always(Found{Ask: 1}), `          .  .  .  .  .  .  .  .  .  .  .  .  .  .  .  . `},
		{"WipeDone", always(WipeDone{}), `          .  .  .  .  .  .  .  .  .  .  .  .  .  at .  . `},
		{"WipeFailed", always(WipeFailed{}), `      .  .  .  .  .  .  .  .  .  .  .  .  .  ~  .  . `},
	}
}

// TestEveryEventAtEveryStep holds the whole table: each pair of step and event does what its cell says.
func TestEveryEventAtEveryStep(t *testing.T) {
	columns := strings.Fields(stepColumns)
	if len(columns) != len(Steps()) {
		t.Fatalf("%d columns for %d steps", len(columns), len(Steps()))
	}
	named := map[string]bool{}
	before := make([]State, len(columns))
	for i, step := range Steps() {
		before[i] = standing(t, step).s
	}
	for _, row := range eventTable() {
		cells := strings.Fields(row.does)
		if len(cells) != len(columns) {
			t.Fatalf("%s: %d cells for %d steps", row.name, len(cells), len(columns))
		}
		for i, step := range Steps() {
			ev := row.ev(before[i])
			named[reflect.TypeOf(ev).Name()] = true
			got := reaction(before[i], ev, columns)
			if got != cells[i] {
				t.Errorf("%s at %s: %s, want %s", row.name, step, got, cells[i])
			}
		}
	}
	for _, name := range declaredEvents(t) {
		if !named[name] {
			t.Errorf("event %s has no row", name)
		}
	}
}

// reaction is the cell that an event yields.
func reaction(s State, ev Event, columns []string) string {
	next, _ := Next(s, ev)
	s.idle, next.idle = 0, 0
	switch {
	case next.step != s.step:
		return columns[next.step]
	case reflect.DeepEqual(s, next):
		return "."
	}
	return "~"
}

// declaredEvents reads the names of all events from their source.
func declaredEvents(t *testing.T) []string {
	t.Helper()
	f, err := parser.ParseFile(token.NewFileSet(), "event.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, d := range f.Decls {
		fn, ok := d.(*ast.FuncDecl)
		if ok && fn.Name.Name == "event" && fn.Recv != nil {
			names = append(names, fn.Recv.List[0].Type.(*ast.Ident).Name)
		}
	}
	if len(names) < 40 {
		t.Fatalf("found %d events in event.go", len(names))
	}
	return names
}

// TestEveryEventUnderEveryOverlay holds that touches of the page beneath never come through.
func TestEveryEventUnderEveryOverlay(t *testing.T) {
	overlays := map[string]struct {
		open   Event
		passes []string // events that mean something under it
	}{
		"help":   {Help{}, []string{"Close", "ToWindow", "Trouble", "ToggleGuided", "Leave"}},
		"leave":  {Leave{}, []string{"Close", "ConfirmLeave"}},
		"window": {ToWindow{}, []string{"Close", "PrintList"}},
		"person": {read(cardB()), []string{"Close", "SwitchPerson"}},
	}
	outside := []string{"Clock", "Health"} // time and reports go on
	for id, over := range overlays {
		p := standing(t, Review).do(over.open).over(id)
		for _, row := range eventTable() {
			ev := row.ev(p.s)
			name := reflect.TypeOf(ev).Name()
			next, fx := Next(p.s, ev)
			before := p.s
			before.idle, next.idle = 0, 0
			changed := len(fx) > 0 || !reflect.DeepEqual(before, next)
			means := slices.Contains(over.passes, name) || slices.Contains(outside, name) || row.name == "CardEvent other"
			if changed && !means {
				t.Errorf("%s under %s does something", row.name, id)
			}
			if !changed && slices.Contains(over.passes, name) {
				t.Errorf("%s under %s does nothing", row.name, id)
			}
		}
	}
}

func TestNextIsTotalOnNothing(t *testing.T) {
	for _, row := range eventTable() {
		s, _ := Next(State{}, row.ev(State{}))
		if Look(s).Body == nil {
			t.Errorf("%s on the zero state: no body", row.name)
		}
	}
	if s, fx := Next(New(testWorld()), nil); s.step != Attract || fx != nil {
		t.Error("no event does something")
	}
}
