package screen

import (
	"strconv"

	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
)

// page is one kind of page, built once.
type page int

// Pages.
const (
	pageNone page = iota
	pageAttract
	pageHome
	pageList
	pageGuide
	pageIdentify
	pageQuestion
	pageMaterials
	pageCommit
	pageSign
	pageReview
	pageWait
	pageReceipt
	pageRecords
	pageClosing
	pageStaff

	pageKinds = int(pageStaff) + 1
)

// kind returns the page that a body is shown on.
func kind(b visit.Body) page {
	p, _ := layout(b)
	return p
}

// layout returns a body's page and how it is laid out.
//
//nolint:gocyclo // one line a kind of page
func layout(b visit.Body) (page, func(*draw, touch.Rect)) {
	switch body := b.(type) {
	case *visit.AttractBody:
		return pageAttract, func(d *draw, r touch.Rect) { d.attract(r, body) }
	case *visit.HomeBody:
		return pageHome, func(d *draw, r touch.Rect) { d.home(r, body) }
	case *visit.ListBody:
		return pageList, func(d *draw, r touch.Rect) { d.list(r, body) }
	case *visit.GuideBody:
		return pageGuide, func(d *draw, r touch.Rect) { d.guide(r, body) }
	case *visit.IdentifyBody:
		return pageIdentify, func(d *draw, r touch.Rect) { d.identify(r, body) }
	case *visit.QuestionBody:
		return pageQuestion, func(d *draw, r touch.Rect) { d.question(r, body) }
	case *visit.MaterialsBody:
		return pageMaterials, func(d *draw, r touch.Rect) { d.materials(r, body) }
	case *visit.CommitBody:
		return pageCommit, func(d *draw, r touch.Rect) { d.commit(r, body) }
	case *visit.SignBody:
		return pageSign, func(d *draw, r touch.Rect) { d.sign(r, body) }
	case *visit.ReviewBody:
		return pageReview, func(d *draw, r touch.Rect) { d.review(r, body) }
	case *visit.WaitBody:
		return pageWait, func(d *draw, r touch.Rect) { d.wait(r, body) }
	case *visit.ReceiptBody:
		return pageReceipt, func(d *draw, r touch.Rect) { d.receipt(r, body) }
	case *visit.RecordsBody:
		return pageRecords, func(d *draw, r touch.Rect) { d.records(r, body) }
	case *visit.WipedBody:
		return pageClosing, func(d *draw, r touch.Rect) { d.closing(r, body.Lines, "circle-check") }
	case *visit.OutBody:
		return pageClosing, func(d *draw, r touch.Rect) { d.closing(r, body.Lines, "wrench") }
	case *visit.StaffBody:
		return pageStaff, func(d *draw, r touch.Rect) { d.staff(r, body) }
	default:
		return pageNone, func(*draw, touch.Rect) {}
	}
}

// apply lays out a view. It runs on the window's goroutine and does no I/O.
func (s *Screen) apply(v visit.View) {
	s.view, s.shown = v, true
	s.wear(v.Guided)
	fresh := s.arrive(v)
	area := s.drawFrame(v)
	p := kind(v.Body)
	s.drawHead(v)
	if b := s.pages[p]; v.Overlay == nil {
		s.drawPage(b, v, area, fresh)
	}
	for q, b := range s.pages {
		on := q == p && v.Overlay == nil
		b.Show(on)
		if q != p {
			s.empty(q, b)
		}
	}
	s.page = p
	s.frame.Show(v.Overlay == nil)
	s.drawOverlay(v)
	s.touched()
}

// empty forgets what a page that has been left showed. It costs nothing for a page that is empty already.
func (s *Screen) empty(q page, b *touch.Board) {
	if q == s.page {
		b.Wipe()
		if q == pageReceipt {
			s.code.Wipe()
		}
		if q == pageSign {
			s.pad.Clear()
		}
	}
}

// wear changes to the colours and lengths of a mode.
func (s *Screen) wear(guided bool) {
	i := 0
	if guided {
		i = 1
	}
	if s.kit.Metrics == s.metrics[i] && s.kit.Palette == s.palettes[i] {
		return
	}
	s.kit.Metrics, s.kit.Palette = s.metrics[i], s.palettes[i]
	s.look.SetPage(s.palettes[i].Page)
}

// arrive forgets what the screen remembers of the page before, if this is another one, and says so.
func (s *Screen) arrive(v visit.View) bool {
	key, over := pageKey(v), overKey(v)
	freshPage := key != s.local.key
	if freshPage {
		s.local = local{key: key}
	}
	freshOver := over != s.overLocal.key
	if freshOver {
		s.overLocal = local{key: over}
	}
	if s.opts.Now != nil && (freshPage || freshOver) {
		s.entered = s.opts.Now()
	}
	return freshPage
}

// pageKey tells one page from another, as a resident would.
func pageKey(v visit.View) string {
	key := v.Step.String() + "/" + strconv.FormatBool(v.Guided)
	switch b := v.Body.(type) {
	case *visit.QuestionBody:
		if b.Field != nil {
			key += "/" + b.Field.ID
		}
	case *visit.ListBody:
		key += "/" + v.Title + "/" + b.PageOf
	case *visit.GuideBody, *visit.MaterialsBody, *visit.CommitBody:
		key += "/" + v.Title
	case *visit.RecordsBody:
		key += "/" + b.PageOf
	}
	return key
}

// overKey tells one overlay from another.
func overKey(v visit.View) string {
	if v.Overlay == nil {
		return ""
	}
	return "over/" + v.Overlay.ID + "/" + v.Overlay.Title
}

// drawPage lays out the part between header and bar.
func (s *Screen) drawPage(b *touch.Board, v visit.View, area touch.Rect, fresh bool) {
	b.Begin(s.kit.Palette.Page)
	d := &draw{s: s, Board: b, m: s.kit.Metrics, p: s.kit.Palette, v: v, fresh: fresh, local: &s.local}
	_, lay := layout(v.Body)
	lay(d, area)
	b.End()
}
