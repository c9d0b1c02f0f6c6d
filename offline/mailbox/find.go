package mailbox

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

// errGone: there is no content (any more).
var errGone = errors.New("letter is no longer here")

// Find returns the letters for a person, by the ID number of the card on the reader, or those about one matter, by its
// receipt number; newest first. With both it is the person's letters, and those about that matter that name nobody: a
// found receipt must not show another's letters to a cardholder. With a receipt number alone a letter may name a person
// (Letter.IDNumber), who isn't known to stand there: say that it is there, but keep what it says for the card.
//
// Nothing found is no error. Letters stay until Sweep removes them, also delivered ones.
func (m *Mailbox) Find(ctx context.Context, idNumber, number string) ([]wire.Letter, error) {
	var letters []wire.Letter
	err := m.view(ctx, func(tx *store.Tx) error {
		for _, id := range m.lookUp(tx, idNumber, number) {
			l, err := m.readIn(tx, id)
			if err != nil { // it must not hide the others
				m.o.Log.LogAttrs(ctx, slog.LevelError, "Letter can't be opened", slog.String("id", id), slog.Any("error", err))
				continue
			}
			if idNumber == "" || l.IDNumber == "" || string(m.personHash(l.IDNumber)) == string(m.personHash(idNumber)) {
				letters = append(letters, l)
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("find letters: %w", err)
	}
	slices.SortStableFunc(letters, func(a, b wire.Letter) int {
		return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.ID, a.ID))
	})
	return letters, nil
}

// lookUp returns the ids of what may be found, each once.
func (m *Mailbox) lookUp(tx *store.Tx, idNumber, number string) []string {
	var ids []string
	add := func(prefix []byte) {
		for k := range tx.Scan(findTable, prefix) {
			ids = append(ids, string(k[len(prefix):]))
		}
	}
	if idNumber != "" {
		add(findKey('p', m.personHash(idNumber), ""))
	}
	if number != "" {
		add(findKey('n', m.numberHash(number), ""))
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

func (m *Mailbox) read(ctx context.Context, id string) (l wire.Letter, err error) {
	err = m.view(ctx, func(tx *store.Tx) (err error) {
		l, err = m.readIn(tx, id)
		return err
	})
	return l, err
}

// readIn opens one letter.
func (m *Mailbox) readIn(tx *store.Tx, id string) (wire.Letter, error) {
	e, there, err := getEntry(tx, id)
	switch {
	case err != nil:
		return wire.Letter{}, err
	case !there || !e.whole():
		return wire.Letter{}, errGone
	}
	plain, err := m.o.Box.Open(bound(id), getContent(tx, e))
	if err != nil {
		return wire.Letter{}, err
	}
	defer clear(plain)
	l, err := decodeLetter(plain)
	if err == nil && l.ID != id {
		err = ErrLetter
	}
	return l, err
}

// Counts is how much is in the mailbox.
type Counts struct {
	Letters     int   // whose content is here
	Undelivered int   // of Letters: that nobody has seen
	Bytes       int64 // of Letters
	Refused     int   // the gateway's, but not to be read here
	Held        int   // refused since the start, and asked for again
}

// Counts returns how much is in the mailbox. It reads all entries: not for every frame.
func (m *Mailbox) Counts(ctx context.Context) (Counts, error) {
	m.mu.Lock()
	c := Counts{Held: len(m.held)}
	m.mu.Unlock()
	err := m.view(ctx, func(tx *store.Tx) error {
		for k := range tx.Scan(letterTable, nil) {
			e, _, err := getEntry(tx, string(k))
			if err != nil || !e.whole() {
				continue
			}
			c.Letters++
			if e.Delivered.IsZero() {
				c.Undelivered++
			}
		}
		for range tx.Scan(refusedTable, nil) {
			c.Refused++
		}
		c.Bytes = int64(getNumber(tx, bytesKey))
		return nil
	})
	if err != nil {
		return Counts{}, fmt.Errorf("count letters: %w", err)
	}
	return c, nil
}
