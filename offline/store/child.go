package store

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"time"

	"go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

const (
	// ChildArg is the hidden first argument that makes a program the checking child.
	ChildArg = "zhizhu-store-check"
	// childEnv keeps a program that forgot RunChild from starting itself again and again.
	childEnv = "ZHIZHU_STORE_CHILD"
	// greeting is the child's first line. Without it the child never ran, which says nothing about the file.
	greeting = "zhizhu-store-check 1"
)

// verdict is the child's second line, in JSON.
type verdict struct {
	State   string `json:"state"`
	Cause   string `json:"cause,omitempty"`
	Found   int    `json:"found,omitempty"`   // the version of a file that is too new
	Program string `json:"program,omitempty"` // that made it so
}

// States of a verdict.
const (
	stateGood    = "good"
	stateDamaged = "damaged"
	stateLocked  = "locked"
	stateNewer   = "newer"
	stateDenied  = "denied" // not to be read by this user, or gone
)

// RunChild runs the check if args (os.Args) ask for it. Main must call it before anything else and exit with the given
// code when it was handled.
func RunChild(args []string) (handled bool, exit int) {
	if len(args) != 4 || args[1] != ChildArg {
		return false, 0
	}
	return true, runChild(os.Stdout, args[2], args[3])
}

// runChild checks the file at path against a schema version, and writes a verdict.
func runChild(out io.Writer, path, version string) int {
	if _, err := fmt.Fprintln(out, greeting); err != nil {
		return 1
	}
	// A fault while reading a torn map becomes a panic, a panic a verdict. What can't be caught ends the child, and
	// the parent draws the same conclusion.
	debug.SetPanicOnFault(true)
	known, err := strconv.Atoi(version)
	if err != nil {
		return 1
	}
	line, err := json.Marshal(examine(path, known))
	if err != nil {
		return 1
	}
	if _, err := fmt.Fprintf(out, "%s\n", line); err != nil {
		return 1
	}
	return 0
}

func examine(path string, version int) (v verdict) {
	defer func() {
		if p := recover(); p != nil {
			v = damaged(fmt.Sprint(p))
		}
	}()
	if info, err := os.Stat(path); err == nil && info.Size() == 0 {
		return damaged("file is empty")
	}
	if halves(path) == 1 {
		// bbolt would go on with the state before the last commit, and say nothing.
		return damaged("one of the two pages is lost that say where the last commit is")
	}
	db, err := bbolt.Open(path, 0o600, &bbolt.Options{ReadOnly: true, PreLoadFreelist: true, Timeout: 2 * time.Second})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return verdict{State: stateLocked}
	case errors.Is(err, fs.ErrPermission), errors.Is(err, fs.ErrNotExist):
		return verdict{State: stateDenied, Cause: err.Error()}
	case err != nil:
		return damaged(err.Error())
	}
	defer func() { _ = db.Close() }() // only read
	if err := db.View(func(tx *bbolt.Tx) error {
		for err := range tx.Check() {
			return err // the first says enough; the process ends
		}
		return nil
	}); err != nil {
		return damaged(err.Error())
	}
	return examineTables(db, version)
}

// halves counts the good pages of the two that a file begins with.
func halves(path string) int {
	f, err := os.Open(path)
	if err != nil {
		return 0 // bbolt finds words for it
	}
	defer func() { _ = f.Close() }() // only read
	return len(readMetas(f))
}

func damaged(cause string) verdict { return verdict{State: stateDamaged, Cause: cause} }

// examineTables reads every key and value once, after the version.
func examineTables(db *bbolt.DB, version int) (v verdict) {
	v = verdict{State: stateGood}
	err := db.View(func(tx *bbolt.Tx) error {
		meta := tx.Bucket([]byte(metaTable))
		if meta == nil {
			return errors.New("no table of versions: not a file of this program")
		}
		found, err := strconv.Atoi(string(meta.Get(versionKey)))
		if err != nil || found < 1 {
			return errors.New("no version in it")
		}
		if found > version {
			v = verdict{State: stateNewer, Found: found, Program: string(meta.Get(programKey))}
			return nil
		}
		for name := range strings.SplitSeq(string(meta.Get(tablesKey)), ",") {
			if name != "" && tx.Bucket([]byte(name)) == nil {
				return fmt.Errorf("table %s is missing", name)
			}
		}
		return tx.ForEach(func(_ []byte, b *bbolt.Bucket) error {
			return b.ForEach(func(_, value []byte) error { touch(value); return nil })
		})
	})
	if err != nil {
		return damaged(err.Error())
	}
	return v
}

// touch reads one byte of every page of a value, so that a page which can't be read is found now.
func touch(value []byte) byte {
	var sum byte
	for i := 0; i < len(value); i += os.Getpagesize() {
		sum ^= value[i]
	}
	return sum
}
