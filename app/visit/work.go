package visit

import (
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"
	"time"

	"zhizhu/app/sheet"
	"zhizhu/devices"
	"zhizhu/offline/catalog"
)

// work is one item being filled in: a value, what it points to is never changed in place.
type work struct {
	item      *catalog.Item
	known     sheet.Answers // from the card and the calendar, never asked (R25); nil until somebody is known
	answers   sheet.Answers
	materials map[string]string
	ticks     []bool // by the sentences of the statement
	sign      Sign
	signed    [sha256.Size]byte // what the signature covers
	resign    bool              // a signature was dropped, because what it covered has changed
	field     string            // the question on the page
	tried     bool              // the resident tried to go on with something wrong
	editing   bool              // came from the review page, and goes back to it
	fault     LodgeFault        // of the last try to lodge
	about     *About
}

func newWork(it *catalog.Item) work {
	return work{item: it, ticks: make([]bool, len(sheet.Statement(it)))}
}

// empty reports whether leaving would lose nothing that the resident has put in.
func (w work) empty() bool {
	return len(w.answers) == 0 && len(w.materials) == 0 && !slices.Contains(w.ticks, true) && len(w.sign.Strokes) == 0
}

// settled returns the work with what must always hold restored.
func (w work) settled(card *devices.Card, now time.Time) work {
	if w.item == nil {
		return w
	}
	if w.known == nil && (card != nil || !w.needsCard()) {
		w.known = sheet.Prefill(w.item, w.holder(card), now)
	}
	if len(w.sign.Strokes) > 0 && w.signed != w.fingerprint() {
		w.sign, w.resign = Sign{}, true
	}
	return w
}

// holder returns the card as this item may see it: nothing where it asks nobody who they are.
func (w work) holder(card *devices.Card) *devices.Card {
	if w.needsCard() {
		return card
	}
	return nil
}

func (w work) needsCard() bool { return w.item.Identity != catalog.IdentityNone }

// all returns every answer so far, with what is known laid over.
func (w work) all() sheet.Answers { return sheet.Merge(w.answers, w.known) }

// final returns the answers that are signed and lodged.
func (w work) final() sheet.Answers { return sheet.Final(w.item, w.all()) }

// asked returns the questions that this person is asked now.
func (w work) asked() []*catalog.Field { return sheet.Asked(w.item, w.answers, w.known) }

// question returns the question on the page, its place among those asked, and all of them. A question that has
// vanished, because an earlier answer changed, gives way to the first.
func (w work) question() (*catalog.Field, int, []*catalog.Field) {
	asked := w.asked()
	for i, f := range asked {
		if f.ID == w.field {
			return f, i, asked
		}
	}
	if len(asked) == 0 {
		return nil, 0, nil
	}
	return asked[0], 0, asked
}

// with returns the work with one answer given.
func (w work) with(field, value string) work {
	w.answers = sheet.With(w.answers, field, value)
	w.fault = 0
	return w
}

// withMaterial returns the work with one material decided.
func (w work) withMaterial(id, how string) work {
	next := maps.Clone(w.materials)
	if next == nil {
		next = make(map[string]string, 1)
	}
	next[id] = how
	w.materials, w.fault = next, 0
	return w
}

// withTick returns the work with one sentence ticked or not.
func (w work) withTick(i int, on bool) work {
	w.ticks = slices.Clone(w.ticks)
	w.ticks[i], w.fault = on, 0
	return w
}

// allTicked reports whether every sentence of the statement is ticked.
func (w work) allTicked() bool { return !slices.Contains(w.ticks, false) }

// mustSign reports whether there is a statement, and so something to sign.
func (w work) mustSign() bool { return len(w.ticks) > 0 }

// signedNow reports whether a signature covers what stands on the sheet now.
func (w work) signedNow() bool {
	return inked(w.sign) && w.signed == w.fingerprint()
}

// deficiencies is everything on the sheet that keeps it from being lodged.
func (w work) deficiencies(now time.Time) []sheet.Deficiency {
	return sheet.Deficiencies(w.item, w.all(), w.materials, now)
}

// fingerprint is a digest of everything that a signature covers: item, person, answers, materials and statement.
func (w work) fingerprint() [sha256.Size]byte {
	h := sha256.New()
	put := func(s string) {
		var n [8]byte
		binary.BigEndian.PutUint64(n[:], uint64(len(s)))
		h.Write(n[:])
		h.Write([]byte(s))
	}
	putMap := func(m map[string]string) {
		put("map")
		for _, k := range slices.Sorted(maps.Keys(m)) {
			put(k)
			put(m[k])
		}
		put("end")
	}
	put(w.item.ID)
	put(w.item.Version)
	putMap(w.known)
	putMap(w.final())
	putMap(sheet.FinalMaterials(w.item, w.all(), w.materials))
	for i, line := range sheet.Statement(w.item) {
		put(line)
		if i < len(w.ticks) && w.ticks[i] {
			put("ticked")
		}
	}
	return [sha256.Size]byte(h.Sum(nil))
}

// Limits of a signature: a palm on the pad must not fill the memory.
const (
	maxStrokes = 300
	maxPoints  = 20000
)

// sane reports whether a signature is one that a finger could have made.
func sane(s Sign) bool {
	points := 0
	for _, stroke := range s.Strokes {
		points += len(stroke)
	}
	return s.W > 0 && s.H > 0 && len(s.Strokes) <= maxStrokes && points <= maxPoints
}

// inked reports whether more was drawn than a dot: at least a twentieth of the pad's width in one direction. Some
// people sign with a cross, and that is theirs to choose.
func inked(s Sign) bool {
	var box struct{ x0, y0, x1, y1 int }
	first := true
	for _, stroke := range s.Strokes {
		for _, p := range stroke {
			x, y := int(p.X), int(p.Y)
			if first {
				box.x0, box.y0, box.x1, box.y1, first = x, y, x, y, false
			}
			box.x0, box.x1 = min(box.x0, x), max(box.x1, x)
			box.y0, box.y1 = min(box.y0, y), max(box.y1, y)
		}
	}
	return !first && max(box.x1-box.x0, box.y1-box.y0)*20 >= s.W
}

// copied returns a signature that shares nothing with the sender's.
func (s Sign) copied() Sign {
	c := Sign{W: s.W, H: s.H}
	for _, stroke := range s.Strokes {
		if len(stroke) > 0 {
			c.Strokes = append(c.Strokes, slices.Clone(stroke))
		}
	}
	return c
}

// draft returns the work on an item as it was left in this visit, or new work.
func (s State) draft(it *catalog.Item) work {
	if s.work.item != nil && s.work.item.ID == it.ID && s.step != Receipt {
		return s.work
	}
	if w, ok := s.drafts[it.ID]; ok {
		return w
	}
	return newWork(it)
}

// withDraft returns the drafts with one put aside, or dropped where nothing was put in.
func withDraft(drafts map[string]work, w work) map[string]work {
	if w.item == nil {
		return drafts
	}
	next := maps.Clone(drafts)
	if next == nil {
		next = make(map[string]work, 1)
	}
	if w.empty() {
		delete(next, w.item.ID)
	} else {
		w.editing, w.tried, w.fault = false, false, 0
		next[w.item.ID] = w
	}
	return next
}

// withoutDraft returns the drafts without one that was lodged.
func withoutDraft(drafts map[string]work, id string) map[string]work {
	if _, ok := drafts[id]; !ok {
		return drafts
	}
	next := maps.Clone(drafts)
	delete(next, id)
	return next
}
