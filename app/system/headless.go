package system

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"

	"zhizhu/app/visit"
)

// Headless is a window without a picture: it keeps the newest View and posts the events that its controls carry, so
// that a script meets the same pages as a finger. The demo and the end-to-end tests use it.
type Headless struct {
	post func(visit.Event)

	mu      sync.Mutex
	view    visit.View
	changed chan struct{} // closed and replaced at every Show
}

// NewHeadless returns a window that posts to post.
func NewHeadless(post func(visit.Event)) *Headless {
	return &Headless{post: post, changed: make(chan struct{})}
}

// Show takes the newest view.
func (h *Headless) Show(v visit.View) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.view = v
	close(h.changed)
	h.changed = make(chan struct{})
}

// Wipe drops the view's content; the attract page follows.
func (h *Headless) Wipe(context.Context) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.view = visit.View{Step: h.view.Step}
	return nil
}

func (h *Headless) now() (visit.View, <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.view, h.changed
}

// Step is the page shown.
func (h *Headless) Step() visit.Step {
	v, _ := h.now()
	return v.Step
}

// WaitView returns once a view satisfies ok.
func (h *Headless) WaitView(ctx context.Context, ok func(visit.View) bool) error {
	for {
		v, changed := h.now()
		if v.Body != nil && ok(v) {
			return nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// Texts returns every string of the view, or of the overlay alone where one is open.
func (h *Headless) Texts() []string {
	v, _ := h.now()
	var all []string
	walk(reflect.ValueOf(layer(v)), func(x reflect.Value) bool {
		if x.Kind() == reflect.String {
			all = append(all, x.String())
		}
		return true
	})
	return all
}

// layer is what can be touched: the overlay, or the page.
func layer(v visit.View) any {
	if v.Overlay != nil {
		return v.Overlay
	}
	return v
}

// actions returns the controls that can be touched, the topmost last painted first.
func (h *Headless) actions() []visit.Action {
	v, _ := h.now()
	var all []visit.Action
	walk(reflect.ValueOf(layer(v)), func(x reflect.Value) bool {
		a, is := reflect.TypeAssert[visit.Action](x)
		if is && a.Event != nil && !a.Off {
			all = append(all, a)
		}
		return !is
	})
	return all
}

// Tap touches the control that bears the label: exactly, else in part.
func (h *Headless) Tap(label string) error {
	return h.press(func(a visit.Action) bool { return a.Label == label },
		func(a visit.Action) bool { return strings.Contains(a.Label, label) })
}

// TapID touches the control with an action's id.
func (h *Headless) TapID(id string) error {
	return h.press(func(a visit.Action) bool { return a.ID == id })
}

var errNoControl = errors.New("no control that can be used bears this label")

func (h *Headless) press(tries ...func(visit.Action) bool) error {
	all := h.actions()
	for _, ok := range tries {
		for _, a := range all {
			if ok(a) {
				h.post(a.Event)
				return nil
			}
		}
	}
	return errNoControl
}

// Type answers the question that is shown.
func (h *Headless) Type(label, text string) error {
	v, _ := h.now()
	q, ok := v.Body.(*visit.QuestionBody)
	if !ok || q.Field.Label != label && v.Title != label && !strings.Contains(v.Title, label) {
		return fmt.Errorf("page %s has no field with this label", v.Step)
	}
	h.post(visit.Answer{Field: q.Field.ID, Value: text})
	return nil
}

// Choose touches an option; label may name the row it stands in.
func (h *Headless) Choose(label, option string) error {
	v, _ := h.now()
	if m, ok := v.Body.(*visit.MaterialsBody); ok {
		for _, row := range m.Rows {
			if row.Name == label {
				return choose(row.Choices, option, h.post)
			}
		}
	}
	return h.Tap(option)
}

func choose(all []visit.Action, option string, post func(visit.Event)) error {
	for _, a := range all {
		if a.Label == option && !a.Off {
			post(a.Event)
			return nil
		}
	}
	return errNoControl
}

// Sign signs with two strokes.
func (h *Headless) Sign() error {
	if s := h.Step(); s != visit.Signing {
		return fmt.Errorf("page %s has no place to sign", s)
	}
	h.post(visit.Sign{W: 900, H: 400, Strokes: [][]visit.Point{
		{{X: 60, Y: 200}, {X: 220, Y: 90}, {X: 340, Y: 310}, {X: 470, Y: 120}},
		{{X: 520, Y: 240}, {X: 640, Y: 180}, {X: 800, Y: 260}},
	}})
	return nil
}

// Shot can't be taken without a picture.
func (h *Headless) Shot(string) error {
	return errors.New("a window without a picture has no screenshots")
}

// walk visits every exported value below v, depth first, while visit says to go deeper.
func walk(v reflect.Value, deeper func(reflect.Value) bool) {
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			walk(v.Elem(), deeper)
		}
		return
	case reflect.Invalid, reflect.Func, reflect.Chan:
		return
	}
	if !v.CanInterface() || !deeper(v) {
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				walk(v.Field(i), deeper)
			}
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			walk(v.Index(i), deeper)
		}
	}
}
