// Package outbox keeps what was lodged on this terminal until the gateway has signed for it.
//
// It must never know a connection, a device or a screen, nor the content of a packet once it is sealed: lodging seals it
// to the gateway's key, and nothing on this terminal opens it again.
//
// # Lodging
//
// One transaction writes the receipt number, the sealed packet, its place in the queue and the small record that the
// station may show again. When [Outbox.Lodge] returns nil, all of it is on disk. When the disk fails in the middle, the
// file is read back before anything is called a failure (store.ErrInDoubt); what the resident was told had failed is
// taken out again as soon as the disk works, also after a restart ([Options.DoubtFile]).
//
// # States
//
//	queued -> acknowledged   the gateway's signature over id and digest verified; the packet leaves the disk
//	queued -> quarantined    the gateway refuses this record, or the disk damaged it; the packet is kept for staff
//	quarantined -> queued    staff, or the syncer, want it sent once more
//
// What stays for ever is the tombstone: id, digest, signed acknowledgement. The small record holds no answers; it is
// sealed under the station key and found by keyed hashes of the ID number and of the receipt number.
//
// # Tables
//
// A lodging costs two fdatasyncs and a write for every page that it touches, so a queued record is one value in one
// table, in the order of lodging; look-ups are kept in memory and made anew from the tables at start.
//
//	outbox.queue    lane (1 byte), sequence (8) -> entry, packet      what waits
//	outbox.entry    sequence (8) -> entry                             tombstones of what was acknowledged
//	outbox.aside    sequence (8) -> entry, packet                     what is quarantined
//	outbox.serial   yyyymmdd -> last serial of that day (8)
//
// A value is the length of the entry (4 bytes), the entry in JSON (entry.go), then the packet. Integers are big endian.
package outbox
