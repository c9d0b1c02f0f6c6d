package screen

import (
	"context"
	"errors"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/test"

	"zhizhu/app/screen/gallery"
	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
)

func view(t *testing.T, name string) visit.View {
	t.Helper()
	for _, n := range gallery.Views() {
		if n.Name == name {
			return n.View
		}
	}
	t.Fatalf("the gallery has no view %q", name)
	return visit.View{}
}

// pilot runs one of the pilot's methods as the pilot does, from another goroutine.
func (w *window) pilot(f func() error) error {
	var err error
	w.while(func() { err = f() })
	return err
}

func TestTapSendsTheActionsEvent(t *testing.T) {
	w := newWindow(t, 1080, 1920)
	tests := []struct {
		view, label string
		want        visit.Event
	}{
		{"attract", "点这里开始", visit.Begin{}},
		{"home", "养老金资格认证", visit.OpenItem{Item: "a"}},
		{"home", "社会保险", visit.OpenTheme{Theme: "si"}},
		{"home", "theme:med", visit.OpenTheme{Theme: "med"}},
		{"home", "查进度", visit.OpenProgress{}},
		{"guide", "开始办理", visit.StartItem{}},
		{"guide", "请人帮忙", visit.Help{}},
		{"question-choice", "都要人照顾", visit.Answer{Field: "f", Value: "none"}},
		{"commitment", "我已经知道", visit.Tick{Index: 1, On: true}},
		{"over-leave", "接着办", visit.Close{}},
		{"receipt", "非常不满意", visit.Rate{Level: 1}},
		{"review", "edit:sign", visit.Edit{Field: "sign"}}, // on the second page
	}
	for _, tt := range tests {
		t.Run(tt.view+" "+tt.label, func(t *testing.T) {
			w.show(view(t, tt.view))
			w.events = nil
			if err := w.pilot(func() error { return w.s.Tap(tt.label) }); err != nil {
				t.Fatal(err)
			}
			if got := w.last(); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %#v, want %#v", got, tt.want)
			}
		})
	}
}

func TestTapRefuses(t *testing.T) {
	w := newWindow(t, 1080, 1920)
	tests := []struct{ view, label, want string }{
		{"guide-off", "开始办理", "can't be used"},
		{"home", "没有这个", "nothing to touch"},
		{"over-leave", "有些要人帮", "nothing to touch"}, // lies under the overlay
	}
	for _, tt := range tests {
		w.show(view(t, tt.view))
		w.events = nil
		err := w.pilot(func() error { return w.s.Tap(tt.label) })
		if err == nil || !strings.Contains(err.Error(), tt.want) || len(w.events) > 0 {
			t.Errorf("%s %q: error %v, events %v; want %q", tt.view, tt.label, err, w.events, tt.want)
		}
	}
}

// A quick finger types ahead of the views; no digit may be lost, none doubled.
func TestPadIsAheadOfViews(t *testing.T) {
	w := newWindow(t, 1080, 1920)
	v := view(t, "question-phone")
	w.show(v)
	w.events = nil
	if err := w.pilot(func() error { return w.s.Type("您的联系电话", "13800138000") }); err != nil {
		t.Fatal(err)
	}
	answer, ok := w.last().(visit.Answer)
	if !ok || answer.Value != "13800138000" {
		t.Fatalf("last event %#v, want the whole number", answer)
	}
	// A view that was under way when the keys were pressed changes nothing.
	w.show(withValue(v, "1380013"))
	w.show(withValue(v, "1380"))
	if got := w.s.local.edit.value; got != "13800138000" {
		t.Errorf("a late view made %q of what was typed", got)
	}
	w.show(withValue(v, "13800138000"))
	// A scan is newer than all of it.
	w.show(withValue(v, "075328123456"))
	if got := w.s.local.edit.value; got != "075328123456" {
		t.Errorf("the scanned value is not taken: %q", got)
	}
}

func withValue(v visit.View, value string) visit.View {
	q := *v.Body.(*visit.QuestionBody)
	q.Value, q.Shown, q.Wrong = value, "", ""
	v.Body = &q
	return v
}

func TestPadTakesNoMoreThanFits(t *testing.T) {
	w := newWindow(t, 1080, 1920)
	w.show(view(t, "question-idno"))
	w.events = nil
	if err := w.pilot(func() error { return w.s.Tap("7") }); err != nil {
		t.Fatal(err)
	}
	if got := w.last(); got != (visit.Touch{}) {
		t.Errorf("a nineteenth character of an ID number gave %#v", got)
	}
}

func TestDateByKeys(t *testing.T) {
	w := newWindow(t, 1080, 1920)
	v := view(t, "question-date-birth")
	w.show(v)
	field := v.Body.(*visit.QuestionBody).Field.ID
	for _, key := range []string{"1950－1959 年", "1954年", "3月", "5"} {
		if err := w.pilot(func() error { return w.s.Tap(key) }); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.last(); got != (visit.Answer{Field: field, Value: "1954-03-05"}) {
		t.Fatalf("got %#v", got)
	}
	// Choosing another month takes the day back, and says so to the visit.
	for _, key := range []string{"3 月", "11月"} {
		if err := w.pilot(func() error { return w.s.Tap(key) }); err != nil {
			t.Fatal(err)
		}
	}
	if got := w.last(); got != (visit.Answer{Field: field, Value: ""}) {
		t.Fatalf("after another month: %#v", got)
	}
	if err := w.pilot(func() error { return w.s.Type(field, "1946-03-05") }); err != nil {
		t.Fatal(err)
	}
	if got := w.last(); got != (visit.Answer{Field: field, Value: "1946-03-05"}) {
		t.Fatalf("typed: %#v", got)
	}
}

func TestSign(t *testing.T) {
	w := newWindow(t, 1080, 1920)
	v := view(t, "sign")
	v.Body.(*visit.SignBody).Strokes = nil
	w.show(v)
	w.events = nil
	if err := w.pilot(w.s.Sign); err != nil {
		t.Fatal(err)
	}
	sign, ok := w.last().(visit.Sign)
	if !ok || len(sign.Strokes) != 3 || sign.W < 300 || sign.H < 200 {
		t.Fatalf("got %d strokes on %dx%d", len(sign.Strokes), sign.W, sign.H)
	}
	if err := w.pilot(func() error { return w.s.Tap("擦掉重签") }); err != nil {
		t.Fatal(err)
	}
	if !w.s.pad.Blank() {
		t.Error("the pad is not empty after it was cleared")
	}
}

func TestGroundTouch(t *testing.T) {
	w := newWindow(t, 1080, 1920)
	w.show(view(t, "attract"))
	w.events = nil
	test.TapCanvas(w.s.win.Canvas(), fyne.NewPos(540, 260))
	if got := w.last(); got != (visit.Begin{}) {
		t.Errorf("a touch on the idle page gave %#v", got)
	}
	w.show(view(t, "identify"))
	w.events = nil
	test.TapCanvas(w.s.win.Canvas(), fyne.NewPos(540, 330))
	if got := w.last(); got != (visit.Touch{}) {
		t.Errorf("a touch beside the controls gave %#v", got)
	}
}

// A finger that bounces must not answer the page that its first touch has brought.
func TestBounce(t *testing.T) {
	now := time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC)
	w := newWindow(t, 1080, 1920)
	w.s.opts.Now = func() time.Time { return now }
	w.show(view(t, "question-choice"))
	tap := func() visit.Event {
		w.events = nil
		tile, _ := w.s.find(func(tile *touch.Tile, _ bool) bool { return tile.Spec().ID == "next" })
		test.Tap(tile)
		return w.last()
	}
	now = now.Add(100 * time.Millisecond)
	if got := tap(); got != nil {
		t.Errorf("a bounce gave %#v", got)
	}
	now = now.Add(400 * time.Millisecond)
	if got := tap(); got != (visit.Continue{}) {
		t.Errorf("a second touch gave %#v", got)
	}
}

func TestLatestViewWins(t *testing.T) {
	w := newWindow(t, 1080, 1920)
	w.s.Show(view(t, "home"))
	w.s.Show(view(t, "guide"))
	w.s.Show(view(t, "sign"))
	w.drain()
	var step visit.Step
	w.while(func() { step = w.s.Step() })
	if step != visit.Signing {
		t.Errorf("the page is %s", step)
	}
	if w.s.pages[pageHome].Shown() || len(w.s.pages[pageGuide].Said()) > 0 {
		t.Error("an older view was laid out")
	}
}

func TestWaitView(t *testing.T) {
	w := newWindow(t, 1080, 1920)
	w.show(view(t, "home"))
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	is := func(want visit.Step) func(visit.View) bool {
		return func(v visit.View) bool { return v.Step == want }
	}
	if err := w.pilot(func() error { return w.s.WaitView(ctx, is(visit.Home)) }); err != nil {
		t.Fatal(err)
	}
	err := w.pilot(func() error {
		w.s.Show(view(t, "guide"))
		return w.s.WaitView(ctx, is(visit.Guide))
	})
	if err != nil {
		t.Fatal(err)
	}
	gone, stop := context.WithCancel(t.Context())
	stop()
	if err := w.pilot(func() error { return w.s.WaitView(gone, is(visit.Staff)) }); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
}

// After a wipe nothing that a resident gave is left in any part of the window, hidden ones included.
func TestWipe(t *testing.T) {
	secrets := []string{"测试甲", "138 0013", "4414**********0017", "长教村第十二村民小组", "MX0427-20261123"}
	w := newWindow(t, 1080, 1920)
	for _, n := range gallery.Views() {
		w.show(n.View)
	}
	w.show(view(t, "question-choice"))
	w.show(view(t, "sign"))
	w.show(view(t, "receipt"))
	err := w.pilot(func() error { return w.s.Wipe(t.Context()) })
	if err != nil {
		t.Fatal(err)
	}
	if !w.s.pad.Blank() || w.s.code.Image.Image != nil {
		t.Error("signature or code is still there")
	}
	for _, text := range textsIn(w.s.root) {
		for _, secret := range secrets {
			if strings.Contains(text, secret) {
				t.Errorf("%q is still in the window", text)
			}
		}
	}
	if len(w.s.view.Title)+len(w.s.seenV.Title)+len(w.s.local.key) > 0 {
		t.Error("the last view is still held")
	}
}

// A farewell that stands while the machine is wiped stands on; a resident's page does not.
func TestWipeKeepsTheFarewell(t *testing.T) {
	w := newWindow(t, 1080, 1920)
	w.show(view(t, "wiped"))
	if err := w.pilot(func() error { return w.s.Wipe(t.Context()) }); err != nil {
		t.Fatal(err)
	}
	var texts []string
	w.while(func() { texts = w.s.Texts() })
	if !slices.Contains(texts, "谢谢，请慢走") {
		t.Errorf("the farewell is gone: %q", texts)
	}
	w.show(view(t, "review"))
	if err := w.pilot(func() error { return w.s.Wipe(t.Context()) }); err != nil {
		t.Fatal(err)
	}
	w.while(func() { texts = w.s.Texts() })
	if slices.Contains(texts, "测试甲") {
		t.Errorf("the resident's page stands on: %q", texts)
	}
}

// textsIn returns every text of every object, hidden ones included.
func textsIn(o fyne.CanvasObject) []string {
	var texts []string
	switch o := o.(type) {
	case *fyne.Container:
		for _, child := range o.Objects {
			texts = append(texts, textsIn(child)...)
		}
	case fyne.Widget:
		r := test.WidgetRenderer(o)
		for _, child := range r.Objects() {
			texts = append(texts, textsIn(child)...)
		}
	default:
		if s, ok := textOf(o); ok {
			texts = append(texts, s)
		}
	}
	return texts
}

func TestShot(t *testing.T) {
	w := newWindow(t, 1080, 1920)
	w.show(view(t, "home"))
	path := filepath.Join(t.TempDir(), "home.png")
	if err := w.pilot(func() error { return w.s.Shot(path) }); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	img, err := png.Decode(f)
	if err != nil {
		t.Fatal(err)
	}
	if img.Bounds() != image.Rect(0, 0, 1080, 1920) {
		t.Errorf("the picture is %v", img.Bounds())
	}
	r, g, b, _ := img.At(500, 4).RGBA()
	if r>>8 != 0x0f || g>>8 != 0x4c || b>>8 != 0x9e {
		t.Errorf("the header is %02x%02x%02x", r>>8, g>>8, b>>8)
	}
}

func TestQuitEndsWaits(t *testing.T) {
	w := newWindow(t, 1080, 1920)
	w.s.Quit()
	w.drain()
	if err := w.s.WaitView(t.Context(), func(visit.View) bool { return false }); !errors.Is(err, errClosed) {
		t.Errorf("got %v", err)
	}
}
