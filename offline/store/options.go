package store

import (
	"log/slog"
	"time"
)

// Table names one table of the file.
type Table string

// Schema is what a file holds, and how files of earlier versions become such ones.
//
// A further table needs no new version: it is made when a file that lacks it is opened. A new version is for records
// whose meaning changes; programs that know only earlier versions refuse the file from then on.
type Schema struct {
	Version    int // 1 if 0
	Tables     []Table
	Migrations []Migration // in order, up to Version, from the oldest version that is still opened
}

// Migration brings a file of the version before to version To. All that a file needs run in one transaction, after a copy
// of the file was made.
type Migration struct {
	To int
	Do func(*Tx) error
}

// Options say where the file is and how it is kept. Path, Schema, Now and Log are needed.
type Options struct {
	Path    string
	Schema  Schema
	Program string           // its version, for those who meet a file that is too new
	Now     func() time.Time // names files; nothing that matters depends on it
	Log     *slog.Logger

	MaxSize      int64         // of the file in bytes; 512 MiB if 0
	Reserve      int64         // room kept free in file and file system for what was taken in already; 4 MiB if 0
	CheckTimeout time.Duration // for a small file; larger ones get more; 15 s if 0
	LockTimeout  time.Duration // how long another program's lock is waited for; 2 s if 0
	Executable   string        // what the check runs; os.Executable() if empty

	BackupEvery time.Duration                        // one hour if 0
	BackupMost  int64                                // bytes of all back-ups together; 1 GiB if 0
	After       func(time.Duration) <-chan time.Time // time.After if nil

	// NoSync leaves out every sync, for trials that show that the others notice. A power cut loses what was written.
	NoSync bool

	step func(string) // is told each step of a compaction and of a restoration; tests stop there
}

func (o Options) withDefaults() Options {
	if o.MaxSize == 0 {
		o.MaxSize = 512 << 20
	}
	if o.Reserve == 0 {
		o.Reserve = 4 << 20
	}
	if o.CheckTimeout == 0 {
		o.CheckTimeout = 15 * time.Second
	}
	if o.LockTimeout == 0 {
		o.LockTimeout = 2 * time.Second
	}
	if o.BackupEvery == 0 {
		o.BackupEvery = time.Hour
	}
	if o.BackupMost == 0 {
		o.BackupMost = 1 << 30
	}
	if o.After == nil {
		o.After = time.After
	}
	if o.Schema.Version == 0 {
		o.Schema.Version = 1
	}
	if o.step == nil {
		o.step = func(string) {}
	}
	return o
}

// Opened says what was found at opening.
type Opened struct {
	Created    bool   // a new file was started, with nothing in it
	Renamed    string // path to which a damaged file was renamed, "" for none
	Cause      string // what was wrong with it
	Generation int    // of the file; 0 for the first of this folder
	Migrated   int    // the version from which the file was brought to this program's, 0 for none

	// Of a file that was made anew from a damaged one and a back-up:

	Salvaged int // records read from the damaged file
	// Gaps are the ranges of keys that couldn't be read in its last state: what was written there last is missing. -1 when
	// nothing could be read.
	Gaps       int
	Restored   string    // path of the back-up that was asked for those ranges, "" for none
	RestoredAt time.Time // when that back-up was made, by the clock of then
	FromBackup int       // records read from it
}
