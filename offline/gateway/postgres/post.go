package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"zhizhu/offline/gateway/store"
)

// AddPost is store.Posts'.
func (d *DB) AddPost(ctx context.Context, terminal string, at time.Time, fill func(seq uint64) (store.Post, error)) error {
	err := store.CheckName(terminal)
	if err == nil {
		err = d.change(ctx, func(ctx context.Context, tx pgx.Tx) error { return addPost(ctx, tx, terminal, at, fill) })
	}
	if err != nil {
		return fmt.Errorf("add post: %w", err)
	}
	return nil
}

func addPost(ctx context.Context, tx pgx.Tx, terminal string, at time.Time, fill func(uint64) (store.Post, error)) error {
	if _, err := tx.Exec(ctx, sqlAddMailbox, terminal); err != nil {
		return err
	}
	var last int64
	if err := tx.QueryRow(ctx, sqlLockMailbox, terminal).Scan(&last); err != nil {
		return err
	}
	p, err := fill(uint64(last + 1))
	if err != nil {
		return err
	}
	if err := store.CheckName(p.ID); err != nil {
		return err
	}
	if p.Packet == nil {
		p.Packet = []byte{} // NULL is what a delivered one has
	}
	tag, err := tx.Exec(ctx, sqlAddPost, terminal, last+1, p.ID, p.Matter, p.Digest, p.Signature, at, p.Expires, p.Packet)
	if err != nil || tag.RowsAffected() == 0 {
		return err
	}
	_, err = tx.Exec(ctx, sqlSetMailbox, terminal, last+1)
	return err
}

// Posts is store.Posts'.
func (d *DB) Posts(ctx context.Context, terminal string, after uint64, limit int) (list []store.Post, err error) {
	err = d.read(ctx, func(ctx context.Context) error {
		rows, err := d.pool.Query(ctx, sqlPosts, terminal, int64(after), limit)
		if err != nil {
			return err
		}
		list, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (store.Post, error) {
			p := store.Post{Terminal: terminal}
			var seq int64
			err := row.Scan(&seq, &p.ID, &p.Matter, &p.Digest, &p.Signature, &p.At, &p.Expires, &p.Packet)
			p.Seq, p.At, p.Expires = uint64(seq), p.At.UTC(), p.Expires.UTC()
			return p, err
		})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list posts: %w", err)
	}
	return list, nil
}

// DropPost is store.Posts'.
func (d *DB) DropPost(ctx context.Context, letterID string) (int, error) {
	n, err := d.count(ctx, sqlDropPost, letterID)
	if err != nil {
		return 0, fmt.Errorf("drop post: %w", err)
	}
	return n, nil
}

// ExpirePosts is store.Posts'.
func (d *DB) ExpirePosts(ctx context.Context, now time.Time) (int, error) {
	n, err := d.count(ctx, sqlExpirePosts, now)
	if err != nil {
		return 0, fmt.Errorf("expire posts: %w", err)
	}
	return n, nil
}
