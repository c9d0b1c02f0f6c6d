// Package store keeps a terminal's one data file: it creates it so that a power cut can't leave half of one, checks it
// in a child process before trusting it, and says of every write whether it is on disk, is not, or is in doubt.
//
// It must never know what is stored: tables, keys and values are bytes. Nothing else imports bbolt on a terminal.
//
// # Rules
//
//   - A new file is made under another name, with all its tables, synced, renamed, and its directory synced. bbolt's own
//     creation in place is not safe against a power cut.
//   - A damaged file can make the reading process panic, fault or hang. So a child process ([RunChild], hidden argument
//     [ChildArg]) opens and checks it under a time limit first. A damaged file is renamed to <name>.corrupt-<time>, never
//     deleted, and a new one started; [Opened] says so. A check that couldn't be made (no child, out of memory, file
//     locked, no permission) is an error, never a finding of damage.
//   - Each new file has a [Opened.Generation] that was never used in this folder, so that what is numbered from the file
//     doesn't repeat itself after a damaged file was put aside.
//   - An error of [Store.Update] after commit began is in doubt ([ErrInDoubt]): the write may be there or not. Ask
//     [Store.Confirm], which reopens the file and makes one more commit first, since what a failed fdatasync left in the
//     page cache can be read back without being on disk.
//   - Acknowledged work must be able to leave when the disk is full: ask [Store.Room] before taking in new work.
package store
