package pilot

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"zhizhu/app/health"
	"zhizhu/app/visit"
	"zhizhu/devices"
	"zhizhu/devices/sim"
	"zhizhu/offline/catalog"
)

// window is a Window without glass: the real visit machine, its views, and fingers that touch by words as the screen
// does. Effects are answered at once.
type window struct {
	t  *testing.T
	mu sync.Mutex
	// changed is closed and made anew at each new view.
	changed chan struct{}
	state   visit.State
	lodged  []visit.Draft
	cards   []devices.CardEvent // what the reader yields at the next cards laid; empty: a good reading
	print   devices.PrintResult
	stuck   bool // Lodge is never answered
	lies    bool // a card is on the reader
	shots   []string
}

var testDay = time.Date(2026, 11, 23, 9, 41, 0, 0, time.UTC)

func newWindow(t *testing.T, items ...*catalog.Item) *window {
	return newWindowOver(t, &catalog.Catalog{
		Version: "1", Items: items,
		Themes: []catalog.Theme{{ID: "social", Name: "社会保险"}, {ID: "general", Name: "综合"}},
	})
}

func newWindowOver(t *testing.T, cat *catalog.Catalog) *window {
	w := &window{t: t, changed: make(chan struct{}), print: devices.PrintResult{Outcome: devices.Printed}}
	w.state = visit.New(visit.World{
		Catalog: cat,
		Station: visit.StationInfo{Code: "MX0427", Name: "长教村便民服务站"},
	})
	w.post(visit.Clock{Now: testDay})
	w.post(visit.Health{Report: health.Report{Online: true, CanLodge: true, CanRead: true, CanPrint: true, CanScan: true}})
	return w
}

func (w *window) post(ev visit.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	queue := []visit.Event{ev}
	for len(queue) > 0 {
		next, effects := visit.Next(w.state, queue[0])
		queue = queue[1:]
		w.state = next
		for _, e := range effects {
			queue = append(queue, w.answer(e)...)
		}
	}
	close(w.changed)
	w.changed = make(chan struct{})
}

func (w *window) answer(e visit.Effect) []visit.Event {
	switch e := e.(type) {
	case visit.Lodge:
		if w.stuck {
			return nil
		}
		w.lodged = append(w.lodged, e.Draft)
		return []visit.Event{visit.Lodged{ID: "id", Number: fmt.Sprintf("MX0427-1-20261123-%04d-5", len(w.lodged)), At: testDay}}
	case visit.Print:
		return []visit.Event{visit.PrintDone{Job: e.Job, Number: e.Number, Result: w.print}}
	case visit.FindRecords:
		return []visit.Event{visit.Found{Ask: e.Ask}}
	case visit.WatchCard:
		if !e.On {
			return nil
		}
		kind := devices.CardLifted
		if w.lies {
			kind = devices.CardLying
		}
		return []visit.Event{visit.CardEvent{CardEvent: devices.CardEvent{Kind: kind}}}
	case visit.Wipe:
		return []visit.Event{visit.WipeDone{}}
	default:
		return nil
	}
}

// puts a card on the reader, or takes it away, and returns whether one lay there.
func (w *window) puts(card bool) (lay bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	lay, w.lies = w.lies, card
	return lay
}

func (w *window) look() (visit.View, chan struct{}) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return visit.Look(w.state), w.changed
}

func (w *window) WaitView(ctx context.Context, ok func(visit.View) bool) error {
	for {
		v, changed := w.look()
		if ok(v) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (w *window) Step() visit.Step { v, _ := w.look(); return v.Step }

func (w *window) Shot(path string) error {
	w.shots = append(w.shots, path)
	return os.WriteFile(path, nil, 0o600)
}

func (w *window) Texts() []string {
	v, _ := w.look()
	all := []string{v.Title, v.Lead}
	for _, a := range touchable(v) {
		all = append(all, a.Label)
	}
	if v.Overlay != nil {
		all = append(all, v.Overlay.Lines...)
	}
	switch b := v.Body.(type) {
	case *visit.AttractBody:
		all = append(all, b.Faults...)
	case *visit.ReceiptBody:
		all = append(all, b.Heading, b.Code, b.Print.Text, b.Thanks)
	}
	return all
}

// touchable are the controls in the order in which they lie, the topmost first; of the page under an overlay none.
func touchable(v visit.View) []visit.Action {
	if v.Overlay != nil {
		return v.Overlay.Actions
	}
	var all []visit.Action
	switch b := v.Body.(type) {
	case *visit.AttractBody:
		all = append(all, b.Begin)
	case *visit.HomeBody:
		all = slices.Concat(all, []visit.Action{b.Search}, b.Frequent, b.Themes, b.Others)
	case *visit.ListBody:
		all = append(all, b.Items...)
		if b.Next != nil {
			all = append(all, *b.Next)
		}
	case *visit.QuestionBody:
		all = append(all, b.Options...)
	case *visit.MaterialsBody:
		for _, r := range b.Rows {
			all = append(all, r.Choices...)
		}
	case *visit.CommitBody:
		for _, r := range b.Ticks {
			r.Act.Label = r.Text // the sentence itself is what is touched
			all = append(all, r.Act)
		}
	case *visit.ReceiptBody:
		all = append(all, b.Rates...)
	}
	return slices.Concat(all, v.Links, v.Bar)
}

func (w *window) touch(actions []visit.Action, label string) error {
	for _, exact := range []bool{true, false} {
		for _, a := range actions {
			if !a.Off && (a.Label == label || !exact && strings.Contains(a.Label, label)) {
				w.post(a.Event)
				return nil
			}
		}
	}
	return fmt.Errorf("no control is labelled %s", label)
}

func (w *window) Tap(label string) error {
	v, _ := w.look()
	return w.touch(touchable(v), label)
}

func (w *window) TapID(id string) error {
	v, _ := w.look()
	for _, a := range touchable(v) {
		if a.ID == id && !a.Off {
			w.post(a.Event)
			return nil
		}
	}
	return fmt.Errorf("no control is %s", id)
}

func (w *window) Type(label, text string) error {
	v, _ := w.look()
	b, ok := v.Body.(*visit.QuestionBody)
	if !ok || b.Field.Label != label {
		return errors.New("no such field")
	}
	w.post(visit.Answer{Field: b.Field.ID, Value: text})
	return nil
}

func (w *window) Choose(label, option string) error {
	v, _ := w.look()
	switch b := v.Body.(type) {
	case *visit.QuestionBody:
		if b.Field.Label == label {
			return w.touch(b.Options, option)
		}
	case *visit.MaterialsBody:
		for _, row := range b.Rows {
			if row.Name == label {
				return w.touch(row.Choices, option)
			}
		}
	}
	return errors.New("no such row")
}

func (w *window) Sign() error {
	if w.Step() != visit.Signing {
		return errors.New("no pad")
	}
	w.post(visit.Sign{W: 800, H: 400, Strokes: [][]visit.Point{{{X: 10, Y: 10}, {X: 300, Y: 200}, {X: 500, Y: 90}}}})
	return nil
}

// played are devices whose card reading ends in the window's own machine.
type played struct {
	byHand
	w     *window
	laid  []string
	lifts int
}

func (p *played) Personas() []string {
	var ids []string
	for _, x := range sim.Personas() {
		ids = append(ids, x.ID)
	}
	return ids
}

func (p *played) Lift(context.Context) error {
	p.lifts++
	p.w.puts(false)
	p.w.post(visit.CardEvent{CardEvent: devices.CardEvent{Kind: devices.CardLifted}})
	return nil
}

func (p *played) Card(_ context.Context, persona string) error {
	p.laid = append(p.laid, persona)
	who, ok := sim.FindPersona(persona)
	if !ok {
		return fmt.Errorf("no persona %s", persona)
	}
	e := devices.CardEvent{Kind: devices.CardRead, Card: who.Card}
	if len(p.w.cards) > 0 {
		e, p.w.cards = p.w.cards[0], p.w.cards[1:]
	}
	if p.w.puts(e.Kind == devices.CardRead) { // this one takes its place
		p.w.post(visit.CardEvent{CardEvent: devices.CardEvent{Kind: devices.CardLifted}})
	}
	p.w.post(visit.CardEvent{CardEvent: e})
	return nil
}

func (p *played) Net(_ context.Context, up bool) error {
	p.w.post(visit.Health{Report: health.Report{Online: up, CanLodge: true, CanRead: true, CanPrint: true, CanScan: true}})
	return nil
}

// everything is an item with every kind of question and every page of a visit.
func everything() *catalog.Item {
	return &catalog.Item{
		ID: "all", Name: "样样都有", Short: "样样", Theme: "social", Kind: catalog.Apply, Identity: catalog.IdentityCard,
		Offline: catalog.OfflineLodge, Version: "v",
		Materials: []catalog.Material{{ID: "id", Name: "身份证", Card: true}, {ID: "book", Name: "户口簿"}, {ID: "form", Name: "申请表", Later: true}},
		Form: []catalog.Field{
			{ID: "name", Type: catalog.Text, Label: "姓名", Prefill: "card.name"},
			{ID: "kind", Type: catalog.Choice, Label: "哪一种", Ask: "哪一种？", Options: []catalog.Option{{Value: "a", Label: "甲"}, {Value: "b", Label: "乙"}}},
			{ID: "why", Type: catalog.Text, Label: "原因", Suggest: []string{"老了", "病了"}, When: catalog.NewCondition("kind == \"a\"", func(a map[string]string) bool { return a["kind"] == "a" })},
			{ID: "since", Type: catalog.Date, Label: "哪天起", Max: "today"},
			{ID: "people", Type: catalog.Number, Label: "几口人", Min: "1", Max: "12", Unit: "人"},
			{ID: "phone", Type: catalog.Phone, Label: "电话"},
			{ID: "who", Type: catalog.IDNo, Label: "家属身份证号"},
			{ID: "account", Type: catalog.Digits, Label: "户号", MinLength: 8, MaxLength: 12},
		},
		Policies: catalog.Policies{Promise: &catalog.Promise{Text: []string{"都是真的", "愿意承担"}, Liability: "不实要负责"}},
	}
}

func trouble() *catalog.Item {
	return &catalog.Item{
		ID: visit.TroubleItem, Name: "办不成事反映", Short: "办不成事", Theme: "general", Kind: catalog.Feedback,
		Identity: catalog.IdentityNone, Offline: catalog.OfflineLodge,
		Form: []catalog.Field{{ID: "what", Type: catalog.Choice, Label: "怎么了", Options: []catalog.Option{{Value: "a", Label: "看不懂"}}}},
	}
}

func frequent() *catalog.Item {
	it := everything()
	it.ID, it.Short, it.Frequent = "often", "常办", 1
	it.Form, it.Materials, it.Policies = it.Form[:2], nil, catalog.Policies{}
	return it
}

func guideOnly() *catalog.Item {
	return &catalog.Item{ID: "pay", Name: "怎么缴费", Short: "缴费", Theme: "general", Kind: catalog.PayGuide, Offline: catalog.OfflineGuide}
}
