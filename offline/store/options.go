package store

import (
	"log/slog"
	"time"
)

// Table names one table of the file.
type Table string

// Schema is what a file holds. Version 1 has the Tables; Migrations[i] brings a file of version i+1 to version i+2 and
// creates the tables that it needs. Tables lists those of the newest version.
type Schema struct {
	Tables     []Table
	Migrations []func(*Tx) error
}

// Version is the schema's version.
func (s Schema) Version() int { return 1 + len(s.Migrations) }

// Options say where the file is and how it is kept. Path, Schema, Now and Log are needed.
type Options struct {
	Path   string
	Schema Schema
	Now    func() time.Time // names files put aside; nothing else depends on it
	Log    *slog.Logger

	MaxSize      int64         // of the file in bytes; 512 MiB if 0
	Reserve      int64         // room kept free in file and file system for what was taken in already; 4 MiB if 0
	CheckTimeout time.Duration // for a small file; larger ones get more; 15 s if 0
	LockTimeout  time.Duration // how long another program's lock is waited for; 2 s if 0
	Executable   string        // what the check runs; os.Executable() if empty
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
	return o
}

// Opened says what was found at opening.
type Opened struct {
	Created    bool   // a new file was started
	Renamed    string // path to which a damaged file was renamed, "" for none
	Cause      string // what was wrong with it
	Generation int    // of the file; 0 for the first of this folder
}
