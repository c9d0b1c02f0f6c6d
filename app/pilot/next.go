package pilot

import (
	"errors"
	"fmt"
	"hash/fnv"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"zhizhu/app/sheet"
	"zhizhu/app/visit"
	"zhizhu/offline/catalog"
)

// move is one thing that a resident does; exactly one of tap, field, card, sign, done is set, none means to wait.
type move struct {
	what  string // for messages: never what is typed
	tap   *visit.Action
	field *catalog.Field // to be filled in with text
	card  bool           // lay the card of persona text
	text  string
	sign  bool
	done  bool
	// shows says whether what was done shows; nil: the page has changed.
	shows func(visit.View) bool
}

// play is what a visit played by `serve` remembers: no more than where it has looked and what it got.
type play struct {
	item    *catalog.Item
	seed    uint64
	persona string

	begun  bool // the item has been started
	themes map[string]bool
	cards  int
	number string
}

var errWayOut = errors.New("this page has no control that leads on")

// next reads from a view what to do. It is pure but for what it remembers.
func (p *play) next(v visit.View) (move, error) {
	if v.Overlay != nil {
		return p.overlay(v)
	}
	switch b := v.Body.(type) {
	case *visit.AttractBody:
		return p.attract(b)
	case *visit.HomeBody:
		return p.home(b)
	case *visit.ListBody:
		return p.list(b)
	case *visit.GuideBody:
		return p.guide(v, b)
	case *visit.IdentifyBody:
		return p.identify(v, b)
	case *visit.QuestionBody:
		return p.question(v, b)
	case *visit.MaterialsBody:
		return p.materials(v, b)
	case *visit.CommitBody:
		return p.commit(v, b)
	case *visit.SignBody:
		return p.signing(v, b)
	case *visit.ReviewBody:
		return p.review(v, b)
	case *visit.WaitBody, *visit.WipedBody:
		return move{what: "wait"}, nil
	case *visit.ReceiptBody:
		return p.receipt(v, b)
	default:
		return move{}, errWayOut
	}
}

// attract is where a visit begins and ends.
func (p *play) attract(b *visit.AttractBody) (move, error) {
	switch {
	case p.number != "":
		return move{done: true}, nil
	case p.begun:
		return move{}, errors.New("the visit ended before the receipt")
	}
	return tap(b.Begin)
}

func (p *play) guide(v visit.View, b *visit.GuideBody) (move, error) {
	if b.Start.Event == nil {
		return move{}, errors.New("this item is a guide only: nothing can be lodged")
	}
	p.begun = true
	return tapEvent[visit.StartItem](v)
}

func (p *play) review(v visit.View, b *visit.ReviewBody) (move, error) {
	if len(b.Wrong) > 0 {
		return move{}, errors.New("the review page finds something wrong: " + strings.Join(b.Wrong, "; "))
	}
	return tapEvent[visit.Confirm](v)
}

// overlay answers what lies over the page: leaving is confirmed once the receipt is there, all else is closed.
func (p *play) overlay(v visit.View) (move, error) {
	for _, a := range v.Overlay.Actions {
		switch a.Event.(type) {
		case visit.ConfirmLeave:
			if p.number != "" {
				return tap(a)
			}
		case visit.Close, visit.Touch:
			if p.number == "" {
				return tap(a)
			}
		}
	}
	if len(v.Overlay.Actions) == 0 {
		return move{what: "wait"}, nil // it goes by itself, as when the paper is still coming out
	}
	return tap(v.Overlay.Actions[0])
}

// home goes to the item straight where it is among the frequent ones, else to its theme.
func (p *play) home(b *visit.HomeBody) (move, error) {
	if p.number != "" || p.begun {
		return move{}, errors.New("back at home before the end")
	}
	for _, a := range slices.Concat(b.Frequent, b.Others) {
		if e, ok := a.Event.(visit.OpenItem); ok && e.Item == p.item.ID {
			return tap(a)
		}
		if _, ok := a.Event.(visit.Trouble); ok && p.item.ID == visit.TroubleItem {
			p.begun = true // it opens past the guide
			return tap(a)
		}
	}
	for _, a := range b.Themes {
		if e, ok := a.Event.(visit.OpenTheme); ok && e.Theme == p.item.Theme {
			return tap(a)
		}
	}
	return move{}, fmt.Errorf("neither the item nor its theme %s is on the home page", p.item.Theme)
}

func (p *play) list(b *visit.ListBody) (move, error) {
	for _, a := range b.Items {
		if e, ok := a.Event.(visit.OpenItem); ok && e.Item == p.item.ID {
			return tap(a)
		}
	}
	if b.Next == nil || b.Next.Off || p.themes[b.PageOf] {
		return move{}, errors.New("the item is on no page of the list")
	}
	p.themes[b.PageOf] = true
	return tap(*b.Next)
}

// identify lays the card; who is known already goes on.
func (p *play) identify(v visit.View, b *visit.IdentifyBody) (move, error) {
	if m, err := tapEvent[visit.Continue](v); err == nil {
		return m, nil
	}
	passed := func(v visit.View) bool {
		now, still := v.Body.(*visit.IdentifyBody)
		return !still || v.Overlay != nil || now.Retry && !b.Retry
	}
	if p.cards >= cardTries {
		return move{}, fmt.Errorf("the card was not read after %d tries", p.cards)
	}
	p.cards++
	return move{what: "lay card", card: true, text: p.persona, shows: passed}, nil
}

// question answers, then goes on. An answer that stands already (prefilled, or given before a look back) is kept.
func (p *play) question(v visit.View, b *visit.QuestionBody) (move, error) {
	if b.Wrong != "" {
		return move{}, fmt.Errorf("the answer to %s is refused: %s", b.Field.ID, b.Wrong)
	}
	if b.Value != "" {
		return tapEvent[visit.Continue](v)
	}
	id := b.Field.ID
	answered := func(v visit.View) bool {
		now, still := v.Body.(*visit.QuestionBody)
		return !still || now.Field.ID != id || now.Value != "" || now.Wrong != ""
	}
	rng := p.rng(id)
	if options := offered(b.Options); len(options) > 0 {
		m, err := tap(options[rng.IntN(len(options))])
		m.shows = answered
		return m, err
	}
	today, err := time.Parse(time.DateOnly, b.Today)
	if err != nil {
		return move{}, fmt.Errorf("the question page has no date: %w", err)
	}
	value := sheet.GenerateOne(b.Field, rng, today)
	if value == "" {
		return tapEvent[visit.Continue](v)
	}
	return move{what: "fill in " + id, field: b.Field, text: value, shows: func(v visit.View) bool {
		now, still := v.Body.(*visit.QuestionBody)
		return !still || now.Field.ID != id || now.Value == value || now.Wrong != ""
	}}, nil
}

// rng draws the same for the same question, however often the page is painted.
func (p *play) rng(field string) *rand.Rand {
	h := fnv.New64a()
	h.Write([]byte(field)) // a hash never fails
	return rand.New(rand.NewPCG(p.seed, h.Sum64()))
}

// offered are the actions that answer and can be used.
func offered(all []visit.Action) []visit.Action {
	var usable []visit.Action
	for _, a := range all {
		if _, ok := a.Event.(visit.Answer); ok && !a.Off {
			usable = append(usable, a)
		}
	}
	return usable
}

func (p *play) materials(v visit.View, b *visit.MaterialsBody) (move, error) {
	if b.Wrong != "" {
		return move{}, errors.New("the materials are refused: " + b.Wrong)
	}
	for _, row := range b.Rows {
		if row.Met != "" || len(row.Choices) == 0 || slices.ContainsFunc(row.Choices, chosen) {
			continue
		}
		return tap(row.Choices[p.rng(row.Name).IntN(len(row.Choices))])
	}
	return tapEvent[visit.Continue](v)
}

func chosen(a visit.Action) bool { return a.Chosen }

func (p *play) commit(v visit.View, b *visit.CommitBody) (move, error) {
	if b.Wrong != "" {
		return move{}, errors.New("the commitment is refused: " + b.Wrong)
	}
	for _, t := range b.Ticks {
		if !t.On {
			return tap(t.Act)
		}
	}
	return tapEvent[visit.Continue](v)
}

func (p *play) signing(v visit.View, b *visit.SignBody) (move, error) {
	if b.Wrong != "" {
		return move{}, errors.New("the signature is refused: " + b.Wrong)
	}
	if len(b.Strokes) == 0 {
		return move{what: "sign", sign: true}, nil
	}
	return tapEvent[visit.Continue](v)
}

// receipt waits until it is known what became of the paper: who leaves earlier leaves without it.
func (p *play) receipt(v visit.View, b *visit.ReceiptBody) (move, error) {
	p.number = b.Code
	if printing(b) {
		return move{what: "wait for the paper", shows: func(v visit.View) bool {
			now, still := v.Body.(*visit.ReceiptBody)
			return !still || !printing(now)
		}}, nil
	}
	return tapEvent[visit.Leave](v)
}

// printing says whether the paper is still coming out: what became of it is told in another tone than calm.
func printing(b *visit.ReceiptBody) bool { return b.Print.Tone == visit.Calm && b.Print.Text != "" }

// tap touches an action, if it can be used.
func tap(a visit.Action) (move, error) {
	if a.Off {
		return move{}, fmt.Errorf("%s can't be used: %s", a.ID, a.Why)
	}
	return move{what: "tap " + a.ID, tap: &a}, nil
}

// tapEvent touches the first usable control that means the event E, the bar's before the others.
func tapEvent[E visit.Event](v visit.View) (move, error) {
	all := slices.Concat(v.Bar, v.Links)
	if g, ok := v.Body.(*visit.GuideBody); ok {
		all = append(all, g.Start)
	}
	off := ""
	for _, a := range all {
		if _, ok := a.Event.(E); !ok {
			continue
		}
		if !a.Off {
			return tap(a)
		}
		off = a.Why
	}
	if off != "" {
		return move{}, fmt.Errorf("the way on is closed: %s", off)
	}
	return move{}, errWayOut
}
