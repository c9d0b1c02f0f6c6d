// Generate writes a small data file as the store of the day makes it, gzipped, for the tests that open files of earlier
// stores. Before what the store itself keeps in a file changes, run it from the repository's root under a new name:
//
//	go run ./offline/store/testdata/generate offline/store/testdata/v1-c.db.gz
package main

import (
	"compress/gzip"
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"zhizhu/offline/store"
)

func main() {
	if handled, exit := store.RunChild(os.Args); handled {
		os.Exit(exit)
	}
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: generate FILE.db.gz")
		os.Exit(2)
	}
	if err := generate(context.Background(), os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// generate fills the tables of the test with 60 records each, deletes some, and leaves pages of several kinds.
func generate(ctx context.Context, to string) error {
	dir, err := os.MkdirTemp("", "generate")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	path := filepath.Join(dir, "zhizhu.db")
	s, _, err := store.Open(ctx, store.Options{
		Path: path, Schema: store.Schema{Tables: []store.Table{"things", "empty"}},
		Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	for i := range 60 {
		if err := s.Update(ctx, func(tx *store.Tx) error { return fill(tx, i) }); err != nil {
			return err
		}
	}
	if err := s.Close(); err != nil {
		return err
	}
	return pack(path, to)
}

func fill(tx *store.Tx, i int) error {
	n, err := tx.NextNumber("things")
	if err != nil {
		return err
	}
	if i%10 == 9 {
		if err := tx.Delete("things", fmt.Appendf(nil, "key-%03d", i-5)); err != nil {
			return err
		}
	}
	return tx.Put("things", fmt.Appendf(nil, "key-%03d", i), fmt.Appendf(nil, "%d %0300d", n, i))
}

func pack(from, to string) error {
	content, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	f, err := os.Create(to)
	if err != nil {
		return err
	}
	z, err := gzip.NewWriterLevel(f, gzip.BestCompression)
	if err != nil {
		return err
	}
	if _, err := z.Write(content); err != nil {
		return err
	}
	if err := z.Close(); err != nil {
		return err
	}
	return f.Close()
}
