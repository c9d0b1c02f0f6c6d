package store

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"time"
)

const writerArg = "store-test-writer"

// runWriter is the child that writes one record after the other and says of each that it is kept, until it fails.
func runWriter(args []string) {
	o := Options{
		Path: args[2], Schema: Schema{Tables: []Table{things}}, Now: time.Now, Log: discard(), NoSync: args[3] == "nosync",
	}
	s, opened, err := Open(context.Background(), o)
	if err != nil || opened.Renamed != "" {
		fmt.Println("bad", err, opened)
		os.Exit(3)
	}
	if args[3] == "upkeep" {
		go func() {
			for {
				_, _ = s.Backup(context.Background())
				_ = s.Compact(context.Background())
			}
		}()
	}
	body := bytes.Repeat([]byte("body"), 500)
	for {
		var n uint64
		err := s.Update(context.Background(), func(tx *Tx) (err error) {
			if n, err = tx.NextNumber(things); err != nil {
				return err
			}
			if args[3] == "upkeep" && n%7 == 3 {
				if err := tx.Put(things, []byte("big"), bytes.Repeat(body, 5000)); err != nil {
					return err
				}
			}
			if n%7 == 5 {
				if err := tx.Delete(things, []byte("big")); err != nil {
					return err
				}
			}
			return tx.Put(things, binary.BigEndian.AppendUint64(nil, n), body)
		})
		if args[3] == "doubt" && errors.Is(err, ErrInDoubt) {
			there := false
			for try := 0; try < 10 && errors.Is(err, ErrInDoubt); try++ { // the disk may fail again
				err = s.Confirm(context.Background(), func(tx *Tx) error {
					there = tx.Get(things, binary.BigEndian.AppendUint64(nil, n)) != nil
					return nil
				})
			}
			if err == nil && !there {
				fmt.Println("0") // told to have failed
				continue
			}
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(0)
		}
		fmt.Println(n)
	}
}
