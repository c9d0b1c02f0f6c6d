package bolt

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"time"

	bbolt "go.etcd.io/bbolt"

	"zhizhu/offline/gateway/store"
)

// AddPost is store.Posts'.
func (d *DB) AddPost(ctx context.Context, terminal string, at time.Time, fill func(seq uint64) (store.Post, error)) error {
	err := store.CheckName(terminal)
	if err == nil {
		err = d.update(ctx, func(tx *bbolt.Tx) error { return addPost(tx, terminal, at, fill) })
	}
	if err != nil {
		return fmt.Errorf("add post: %w", err)
	}
	return nil
}

func addPost(tx *bbolt.Tx, terminal string, at time.Time, fill func(uint64) (store.Post, error)) error {
	mailboxes, letters := tx.Bucket([]byte(bucketMailboxes)), tx.Bucket([]byte(bucketLetters))
	seq := readNumber(mailboxes.Get([]byte(terminal))) + 1
	p, err := fill(seq)
	if err != nil {
		return err
	}
	p.Seq, p.Terminal, p.At, p.Expires = seq, terminal, micro(at), micro(p.Expires)
	if err := store.CheckName(p.ID); err != nil {
		return err
	}
	letter, err := names(p.ID, terminal)
	if err != nil {
		return err
	}
	if letters.Get(letter) != nil {
		return nil
	}
	key, err := postKey(terminal, seq)
	if err != nil {
		return err
	}
	value, err := encodePost(p)
	if err != nil {
		return err
	}
	for _, entry := range []struct {
		bucket     string
		key, value []byte
	}{
		{bucketMailboxes, []byte(terminal), number(seq)},
		{bucketLetters, letter, number(seq)},
		{bucketPosts, key, value},
		{bucketExpiry, join(moment(p.Expires), key), nil},
	} {
		if err := keep(tx.Bucket([]byte(entry.bucket)), entry.key, entry.value); err != nil {
			return err
		}
	}
	return nil
}

// Posts is store.Posts'.
func (d *DB) Posts(ctx context.Context, terminal string, after uint64, limit int) ([]store.Post, error) {
	var list []store.Post
	err := d.view(ctx, func(tx *bbolt.Tx) error {
		prefix, err := names(terminal)
		if err != nil {
			return err
		}
		c := tx.Bucket([]byte(bucketPosts)).Cursor()
		for k, v := c.Seek(join(prefix, number(after+1))); k != nil && bytes.HasPrefix(k, prefix) && len(list) < limit; k, v = c.Next() {
			p, err := decodePost(v)
			if err != nil {
				return err
			}
			list = append(list, p)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list posts: %w", err)
	}
	return list, nil
}

// DropPost is store.Posts'. The letter's entry stays, so that it is not delivered once more.
func (d *DB) DropPost(ctx context.Context, letterID string) (dropped int, err error) {
	err = d.update(ctx, func(tx *bbolt.Tx) error {
		dropped = 0
		prefix, err := names(letterID)
		if err != nil {
			return err
		}
		letters := tx.Bucket([]byte(bucketLetters))
		for _, letter := range keysWith(letters, prefix) {
			terminal := string(bytes.TrimSuffix(letter[len(prefix):], []byte{0}))
			was, err := dropPost(tx, terminal, readNumber(letters.Get(letter)))
			if err != nil {
				return err
			}
			if was {
				dropped++
			}
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("drop post: %w", err)
	}
	return dropped, nil
}

// ExpirePosts is store.Posts'.
func (d *DB) ExpirePosts(ctx context.Context, now time.Time) (dropped int, err error) {
	err = d.update(ctx, func(tx *bbolt.Tx) error {
		var old [][]byte
		c := tx.Bucket([]byte(bucketExpiry)).Cursor()
		for k, _ := c.First(); k != nil && !readMoment(k[:8]).After(now); k, _ = c.Next() {
			old = append(old, bytes.Clone(k))
		}
		for _, k := range old {
			if err := drop(tx.Bucket([]byte(bucketPosts)), k[8:]); err != nil {
				return err
			}
			if err := drop(tx.Bucket([]byte(bucketExpiry)), k); err != nil {
				return err
			}
		}
		dropped = len(old)
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("expire posts: %w", err)
	}
	return dropped, nil
}

func dropPost(tx *bbolt.Tx, terminal string, seq uint64) (was bool, err error) {
	posts := tx.Bucket([]byte(bucketPosts))
	key, err := postKey(terminal, seq)
	if err != nil {
		return false, err
	}
	value := posts.Get(key)
	if value == nil {
		return false, nil
	}
	p, err := decodePost(value)
	if err != nil {
		return false, writeError{err} // others of the same letter may have been dropped already
	}
	if err := drop(tx.Bucket([]byte(bucketExpiry)), join(moment(p.Expires), key)); err != nil {
		return false, err
	}
	return true, drop(posts, key)
}

func postKey(terminal string, seq uint64) ([]byte, error) {
	prefix, err := names(terminal)
	return join(prefix, number(seq)), err
}

// encodePost writes the length of a head in JSON, the head, and the packet as it is.
func encodePost(p store.Post) ([]byte, error) {
	packet := p.Packet
	p.Packet = nil
	head, err := json.Marshal(p)
	if err != nil {
		return nil, fmt.Errorf("encode: %w", err)
	}
	return join(binary.AppendUvarint(nil, uint64(len(head))), head, packet), nil
}

func decodePost(value []byte) (store.Post, error) {
	n, used := binary.Uvarint(value)
	if used <= 0 || n > uint64(len(value)-used) {
		return store.Post{}, errDamaged
	}
	var p store.Post
	if err := json.Unmarshal(value[used:used+int(n)], &p); err != nil {
		return store.Post{}, fmt.Errorf("decode: %w", err)
	}
	p.Packet = bytes.Clone(value[used+int(n):])
	return p, nil
}
