package store

import (
	"bytes"
	"context"
	"slices"
)

// span is a range of keys: from the first to before the last. No last means to the end.
type span struct {
	from, to []byte
}

func (s span) holds(key []byte) bool {
	return bytes.Compare(key, s.from) >= 0 && (s.to == nil || bytes.Compare(key, s.to) < 0)
}

// meet is what two spans have in common.
func (s span) meet(o span) (span, bool) {
	both := span{s.from, s.to}
	if bytes.Compare(o.from, both.from) > 0 {
		both.from = o.from
	}
	if both.to == nil || o.to != nil && bytes.Compare(o.to, both.to) < 0 {
		both.to = o.to
	}
	return both, both.to == nil || bytes.Compare(both.from, both.to) < 0
}

// after is the first key that comes after another.
func after(key []byte) []byte { return append(slices.Clip(key), 0) }

// everything is the span of all keys.
var everything = span{}

// deepest is more levels than a file of the greatest size can have.
const deepest = 40

// walk reads the records of one tree in a span, and notes the ranges of keys of which it can't say what was there.
type walk struct {
	image *image
	table Table           // "" for the table of tables
	seen  map[uint64]bool // pages that were read
	ctx   context.Context // of this one walk; when it is over, what is left counts as unreadable
	in    span
	emit  func(key, value []byte, bucket bool) error
	last  []byte // the last key that was seen
	gaps  []span
}

// root walks the tree that begins at a page, or lies inline.
func (w *walk) root(page uint64, inline []byte) error {
	if page == 0 {
		if len(inline) < pageHead || kind(inline) != leafPage {
			w.gap(everything)
			return nil
		}
		return w.leaf(inline, everything)
	}
	w.seen = map[uint64]bool{}
	return w.page(page, everything, 0)
}

// gap notes a range, in order; it may overlap with the one before.
func (w *walk) gap(s span) {
	s, ok := s.meet(w.in)
	if !ok {
		return
	}
	if n := len(w.gaps) - 1; n >= 0 {
		before := &w.gaps[n]
		if before.to == nil {
			return
		}
		if bytes.Compare(s.from, before.to) <= 0 {
			if s.to == nil || bytes.Compare(s.to, before.to) > 0 {
				before.to = s.to
			}
			return
		}
	}
	w.gaps = append(w.gaps, s)
}

func (w *walk) page(id uint64, s span, depth int) error {
	if _, ok := s.meet(w.in); !ok {
		return nil
	}
	if depth > deepest || w.ctx.Err() != nil {
		w.gap(s)
		return nil
	}
	page, err := w.image.page(id, w.table, w.seen)
	if err != nil {
		w.gap(s)
		return nil
	}
	switch kind(page) {
	case leafPage:
		return w.leaf(page, s)
	case branchPage:
		return w.branch(page, s, depth)
	}
	w.gap(s)
	return nil
}

// branch walks a branch's children. What the branch doesn't say clearly is a gap up to the next child that it does.
func (w *walk) branch(page []byte, s span, depth int) error {
	children, whole := childrenOf(page, s)
	if len(children) == 0 {
		w.gap(s)
		return nil
	}
	if !children[0].sure {
		w.gap(span{s.from, children[0].from})
	}
	for i, c := range children {
		to, next := s.to, whole
		if i+1 < len(children) {
			to, next = children[i+1].from, children[i+1].sure
		}
		if err := w.page(c.page, span{c.from, to}, depth+1); err != nil {
			return err
		}
		if !next { // the children between this one and the next are lost
			rest := c.from
			if bytes.Compare(w.last, rest) >= 0 {
				rest = after(w.last)
			}
			w.gap(span{rest, to})
		}
	}
	return nil
}

// child is a page beneath a branch. Its keys lie between its own and that of the next one.
type child struct {
	page uint64
	from []byte
	sure bool // none is lost before it
}

// childrenOf returns the children that a branch of some span names clearly. It isn't whole when some after the last are
// lost.
func childrenOf(page []byte, s span) (children []child, whole bool) {
	n, broken := elements(page)
	sure := true
	for i := range n {
		key, id, ok := branch(page, i)
		if len(children) > 0 {
			ok = ok && s.holds(key) && bytes.Compare(key, children[len(children)-1].from) > 0
		} else if i == 0 {
			key = s.from // whatever comes before the second child is in the first
		}
		if !ok {
			sure = false
			continue
		}
		children = append(children, child{id, key, sure})
		sure = true
	}
	return children, sure && !broken
}

// leaf emits a leaf's records. Between two good ones, where some are not, is a gap.
func (w *walk) leaf(page []byte, s span) error {
	n, broken := elements(page)
	next := s.from
	last := []byte(nil)
	bad := false
	for i := range n {
		key, value, bucket, ok := leaf(page, i)
		if !ok || !s.holds(key) || last != nil && bytes.Compare(key, last) <= 0 {
			bad = true
			continue
		}
		if bad {
			w.gap(span{next, key})
			bad = false
		}
		last, next, w.last = key, after(key), key
		if !w.in.holds(key) {
			continue
		}
		if err := w.emit(key, value, bucket); err != nil {
			return err
		}
	}
	if bad || broken {
		w.gap(span{next, s.to})
	}
	return nil
}
