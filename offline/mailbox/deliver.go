package mailbox

import (
	"context"
	"errors"
	"fmt"

	"zhizhu/offline/store"
)

// Delivered notes that letters were shown to, or printed for, their person, and reports it, once a letter. Their content
// stays until Sweep's term is over, so that they can be printed again. Letters that aren't here are nobody's business.
func (m *Mailbox) Delivered(ctx context.Context, ids []string) error {
	if err := m.deliver(ctx, ids); err != nil {
		return fmt.Errorf("note delivery: %w", err)
	}
	m.flush(context.WithoutCancel(ctx))
	return nil
}

func (m *Mailbox) deliver(ctx context.Context, ids []string) error {
	m.writing.Lock()
	defer m.writing.Unlock()
	now, vague := m.o.Now(), !m.sure()
	err := m.o.Store.Update(ctx, func(tx *store.Tx) error {
		changed := false
		for _, id := range ids {
			if id == "" || len(id) > maxID {
				continue
			}
			e, there, err := getEntry(tx, id)
			if err != nil && !errors.Is(err, errEntry) {
				return err
			}
			if err != nil || !there || !e.whole() || !e.Delivered.IsZero() {
				continue
			}
			e.Delivered, e.Vague = now, vague
			if err := errors.Join(putEntry(tx, id, e), tx.Put(dueTable, dueKey(dueReport, id), nil)); err != nil {
				return err
			}
			changed = true
		}
		if !changed {
			return errUnchanged
		}
		return nil
	})
	switch {
	case errors.Is(err, errUnchanged):
		return nil
	case err != nil:
		return storeError(err)
	}
	return nil
}
