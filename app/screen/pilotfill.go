package screen

import (
	"fmt"
	"strings"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/driver/desktop"

	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
	"zhizhu/offline/catalog"
)

// Type fills in the field that bears the label; the text replaces what stood there. Numbers go through the pad's keys.
func (s *Screen) Type(label, text string) error {
	return s.do(func() error {
		switch body := s.view.Body.(type) {
		case *visit.QuestionBody:
			return s.typeAnswer(body, label, text)
		case *visit.ListBody:
			if body.Query != nil {
				s.emit(visit.Search{Query: text})
				return nil
			}
		case *visit.HomeBody:
			if strings.Contains(body.Search.Label, label) {
				s.emit(visit.Search{Query: text})
				return nil
			}
		}
		return errPilot("there is no field %q on the page %s", label, s.view.Step)
	})
}

func (s *Screen) typeAnswer(body *visit.QuestionBody, label, text string) error {
	f := body.Field
	if f == nil || !s.asks(body, label) {
		return errPilot("the question is not %q but %q", label, s.view.Title)
	}
	switch f.Type {
	case catalog.Choice:
		return s.chooseOption(body, text)
	case catalog.Date:
		return s.typeDate(f, text)
	case catalog.Text:
		s.put(f, text)
		return nil
	default:
		return s.typeKeys(f, text)
	}
}

// asks reports whether a label means the question on the page.
func (s *Screen) asks(body *visit.QuestionBody, label string) bool {
	f := body.Field
	return f.ID == label || f.Label == label || f.Ask == label ||
		strings.Contains(f.Label, label) || strings.Contains(s.view.Title, label)
}

// typeKeys empties the field by its own key and types the text on the pad.
func (s *Screen) typeKeys(f *catalog.Field, text string) error {
	for range len([]rune(s.local.edit.value)) {
		if err := s.press("delete"); err != nil {
			return err
		}
	}
	for _, r := range text {
		if r == ' ' {
			continue
		}
		if err := s.press("key-" + strings.ToUpper(string(r))); err != nil {
			// What the pad has no key for comes by the scanner on a real machine.
			s.put(f, text)
			return nil
		}
	}
	return nil
}

func (s *Screen) press(id string) error {
	t, _ := s.find(func(t *touch.Tile, exact bool) bool { return exact && t.Spec().ID == id })
	if t == nil {
		return errPilot("the pad has no key %s", id)
	}
	return s.touch(t)
}

// typeDate gives a date by the calendar's keys, or straight where the calendar does not offer it.
func (s *Screen) typeDate(f *catalog.Field, iso string) error {
	c := s.local.calendar
	if c == nil {
		return errPilot("the page has no calendar")
	}
	probe := touch.NewCalendar(c.Range())
	probe.Set(iso)
	if probe.Date() != iso {
		s.put(f, iso) // outside the range: the visit says what is wrong with it
		return nil
	}
	y, m, d := 0, 0, 0
	if _, err := fmt.Sscanf(iso, "%d-%d-%d", &y, &m, &d); err != nil {
		return errPilot("a date is written like 1954-03-05")
	}
	c.Back(touch.Decade)
	s.local.restage = false
	s.again()
	for range 4 {
		v, stage := 0, c.Stage()
		switch stage {
		case touch.Decade:
			v = y / 10 * 10
		case touch.Year:
			v = y
		case touch.Month:
			v = m
		case touch.Day:
			v = d
		case touch.Whole:
			return nil
		}
		if err := s.press(fmt.Sprintf("date-%d", v)); err != nil {
			return err
		}
	}
	return nil
}

// Choose chooses an option of the question, of a material, or of a sentence to tick, by the row's words.
func (s *Screen) Choose(label, option string) error {
	return s.do(func() error {
		if body, ok := s.view.Body.(*visit.QuestionBody); ok {
			if body.Field == nil || !s.asks(body, label) {
				return errPilot("the question is not %q but %q", label, s.view.Title)
			}
			return s.chooseOption(body, option)
		}
		for _, row := range pilotRows(s.view.Body) {
			if !strings.Contains(row.words, label) && row.number != label {
				continue
			}
			if row.only {
				option = row.actions[0].Label
			}
			return s.tapAction(row.actions, option)
		}
		return errPilot("there is no row %q on the page %s", label, s.view.Step)
	})
}

// pilotRow is a row with controls of its own.
type pilotRow struct {
	words, number string
	actions       []visit.Action
	only          bool // its one control is meant, whatever it says
}

func pilotRows(b visit.Body) []pilotRow {
	var rows []pilotRow
	switch body := b.(type) {
	case *visit.MaterialsBody:
		for _, r := range body.Rows {
			rows = append(rows, pilotRow{words: r.Name, actions: r.Choices})
		}
	case *visit.CommitBody:
		for _, r := range body.Ticks {
			rows = append(rows, pilotRow{words: r.Text, actions: []visit.Action{r.Act}, only: true})
		}
	case *visit.ReviewBody:
		for _, r := range body.Rows {
			if r.Edit != nil {
				rows = append(rows, pilotRow{words: r.Label, actions: []visit.Action{*r.Edit}})
			}
		}
	case *visit.RecordsBody:
		for _, r := range body.Rows {
			if r.Print != nil {
				rows = append(rows, pilotRow{words: r.Name, number: r.Number, actions: []visit.Action{*r.Print}})
			}
		}
	}
	return rows
}

func (s *Screen) chooseOption(body *visit.QuestionBody, option string) error {
	return s.tapAction(body.Options, option)
}

// tapAction touches the control of the one action that bears the option's words.
func (s *Screen) tapAction(all []visit.Action, option string) error {
	for _, exact := range []bool{true, false} {
		for _, a := range all {
			if exact && a.Label != option && a.ID != option || !exact && !strings.Contains(a.Label, option) {
				continue
			}
			return s.tapWhere(option, func(t *touch.Tile, whole bool) bool { return whole && t.Spec().ID == a.ID })
		}
	}
	return errPilot("there is no option %q", option)
}

// Sign draws a scribble onto the pad, always the same.
func (s *Screen) Sign() error {
	return s.do(func() error {
		if _, ok := s.view.Body.(*visit.SignBody); !ok || s.view.Overlay != nil {
			return errPilot("the page %s has no field to sign", s.view.Step)
		}
		s.scribble()
		return nil
	})
}

// scribble drags a finger over the pad: three strokes across the middle.
func (s *Screen) scribble() {
	size := s.pad.Size()
	at := func(x, y float32) fyne.Position { return fyne.NewPos(size.Width*x, size.Height*y) }
	strokes := [][]fyne.Position{
		{at(0.30, 0.35), at(0.36, 0.33), at(0.42, 0.34), at(0.48, 0.32)},
		{at(0.38, 0.25), at(0.37, 0.40), at(0.35, 0.55), at(0.31, 0.68)},
		{at(0.52, 0.30), at(0.58, 0.42), at(0.64, 0.55), at(0.70, 0.66)},
	}
	for _, stroke := range strokes {
		down := &desktop.MouseEvent{Button: desktop.MouseButtonPrimary}
		down.Position = stroke[0]
		s.pad.MouseDown(down)
		for i := 1; i < len(stroke); i++ {
			from, to := stroke[i-1], stroke[i]
			const steps = 6
			for k := 1; k <= steps; k++ {
				f := float32(k) / steps
				ev := &fyne.DragEvent{}
				ev.Position = fyne.NewPos(from.X+(to.X-from.X)*f, from.Y+(to.Y-from.Y)*f)
				s.pad.Dragged(ev)
			}
		}
		s.pad.DragEnd()
	}
}
