package mailbox

import (
	"context"
	"errors"
	"log/slog"

	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

// Kinds of rows of mailbox.due.
const (
	dueTell   = 't' // OnLetter
	dueReport = 'r' // Report
)

func dueKey(kind byte, id string) []byte { return append([]byte{kind}, id...) }

// Flush tells and reports what is due. Take, Delivered and Sweep do it, too; call it after the start.
func (m *Mailbox) Flush(ctx context.Context) { m.flush(ctx) }

// flush tells what is due, and takes off the list what was told. What fails stays due, and is logged.
func (m *Mailbox) flush(ctx context.Context) {
	m.flushing.Lock()
	defer m.flushing.Unlock()
	var keys [][]byte
	err := m.o.Store.View(ctx, func(tx *store.Tx) error {
		keys = keysOf(tx, dueTable, nil)
		return nil
	})
	if err != nil {
		m.o.Log.LogAttrs(ctx, slog.LevelError, "What is due can't be read", slog.Any("error", err))
		return
	}
	var done [][]byte
	for _, key := range keys {
		if err := m.tell(ctx, key[0], string(key[1:])); err != nil {
			m.o.Log.LogAttrs(ctx, slog.LevelError, "Letter can't be passed on, it is tried again", slog.String("id", string(key[1:])),
				slog.String("due", string(key[:1])), slog.Any("error", err))
			continue
		}
		done = append(done, key)
	}
	if len(done) == 0 {
		return
	}
	err = m.o.Store.Update(ctx, func(tx *store.Tx) error {
		for _, key := range done {
			if err := tx.Delete(dueTable, key); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil { // told once more, which does no harm
		m.o.Log.LogAttrs(ctx, slog.LevelError, "What was passed on can't be noted", slog.Any("error", err))
	}
}

// tell passes one letter on.
func (m *Mailbox) tell(ctx context.Context, kind byte, id string) error {
	switch kind {
	case dueTell:
		if m.o.OnLetter == nil {
			return nil
		}
		l, err := m.read(ctx, id)
		if errors.Is(err, errGone) {
			return nil
		}
		if err != nil {
			return err
		}
		return m.o.OnLetter(ctx, l)
	case dueReport:
		if m.o.Report == nil {
			return nil
		}
		var e entry
		err := m.view(ctx, func(tx *store.Tx) (err error) {
			e, _, err = getEntry(tx, id)
			return err
		})
		if err != nil && !errors.Is(err, errEntry) {
			return err
		}
		return m.o.Report(ctx, wire.Event{Kind: wire.EventDelivered, Letter: id, At: e.Delivered})
	}
	return nil // a row of a newer program's
}
