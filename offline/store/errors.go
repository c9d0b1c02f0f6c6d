package store

import (
	"errors"
	"strings"
	"syscall"

	berrors "go.etcd.io/bbolt/errors"
)

// Kinds of errors.
var (
	// ErrInDoubt: commit began and failed; what was written may be on disk or not. Ask Confirm.
	ErrInDoubt = errors.New("write is in doubt")
	// ErrFull: the disk, or the file's greatest size, has no room. It may come together with ErrInDoubt.
	ErrFull = errors.New("disk is full")
	// ErrLocked: another program has the file open. Stop it, or give this one a data folder of its own.
	ErrLocked = errors.New("data file is in use by another program; stop that one first")
	// ErrNewer: a newer program made the file. Nothing is changed.
	ErrNewer = errors.New("data file was made by a newer version of this program; install that version")
	// ErrMigration: the program couldn't bring the file to its version. The file is as it was.
	ErrMigration = errors.New("data file can't be brought to this program's version; install the version before")
	// ErrBusy: it can't be done now without keeping others from writing; try later.
	ErrBusy = errors.New("store is busy")
	// ErrSlow: the disk didn't answer in time.
	ErrSlow = errors.New("disk does not answer")
	// ErrCopy: a copy of the file came out damaged, and isn't used. The disk, or the file, has gone bad.
	ErrCopy = errors.New("copy of the data file is damaged; have the disk looked at")
	// ErrUnchecked: the check could not be made, which says nothing about the file.
	ErrUnchecked = errors.New("data file could not be checked")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("store is closed")
)

// isFull tells errors that mean no room. bbolt loses the cause of some with %s, so the text is looked at too.
func isFull(err error) bool {
	if errors.Is(err, ErrFull) || errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || errors.Is(err, berrors.ErrMaxSizeReached) {
		return true
	}
	return err != nil && strings.Contains(err.Error(), syscall.ENOSPC.Error())
}
