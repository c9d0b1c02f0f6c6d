// Package store keeps a terminal's one data file: it creates it so that a power cut can't leave half of one, checks it
// in a child process before trusting it, says of every write whether it is on disk, is not, or is in doubt, and keeps
// copies from which it makes the file anew when it is damaged.
//
// It must never know what is stored: tables, keys and values are bytes. Nothing else imports bbolt on a terminal.
//
// # Opening
//
//   - A new file is made under another name, with all its tables, synced, renamed, and its directory synced. bbolt's own
//     creation in place is not safe against a power cut.
//   - A damaged file can make the reading process panic, fault or hang. So a child process ([RunChild], hidden argument
//     [ChildArg]) opens and checks it under a time limit first. A check that couldn't be made (no child, out of memory,
//     file locked, no permission, or a disk on which no check ever ends) is an error, never a finding of damage.
//   - A damaged file is made anew. Its last state has the word wherever it can be read, deletions included; only ranges of
//     keys that can't be read come from the state before the last commit, then from the newest good back-up of the same
//     version. [Opened] counts what came from where. The damaged file stays as <name>.corrupt-<time>, never deleted. A
//     file that is gone while there are back-ups is restored as well. So a record may come back that was already sent or
//     purged: send it again under its own id, purge it again.
//   - Each file made anew has a [Opened.Generation] that was never used in this folder, and [Tx.NextNumber] jumps where it
//     isn't known how far it had come, so that what is numbered doesn't repeat itself. What a caller counts in a value of
//     its own can be old after a restoration: such a count must never go below what the generation gives.
//   - A file of a newer [Schema.Version] is refused and not touched. One of an older version is copied, then migrated in
//     one transaction; a migration that fails leaves it as it was. A further table needs no new version.
//
// # Writing
//
//   - An error of [Store.Update] after commit began is in doubt ([ErrInDoubt]): the write may be there or not. Ask
//     [Store.Confirm], which reopens the file and makes one more commit first, since what a failed fdatasync left in the
//     page cache can be read back without being on disk.
//   - Acknowledged work must be able to leave when the disk is full: ask [Store.Room] before taking in new work. Back-ups
//     are removed before it says no; once it has, it takes more room before it says yes.
//
// # Upkeep
//
// [Store.Serve] makes a back-up in <name>.backup each hour in which something was written: six are kept, and seven of a
// day each, which share their blocks with hourly ones. It compacts the file in an hour in which nobody wrote, when more
// than half of it, and more than 8 MiB, is free. [Store.Canary] is for a watchdog.
//
// # What deleting means
//
// A deleted key leaves its bytes in free pages of the file until they are used again or the file is compacted, in
// back-ups for up to a week of working days, in copies from before a migration until the second next one, in files put
// aside until staff take them away, and in freed blocks of the disk until the file system uses those. What must be
// unreadable after it was deleted must have been stored sealed; this package can't promise it.
package store
