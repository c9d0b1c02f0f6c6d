// Package outbox keeps what was lodged on this terminal until the gateway has signed for it.
//
// It must never know a connection, a device or a screen, nor the content of a packet once it is sealed: lodging seals it
// to the gateway's key, and nothing on this terminal opens it again.
//
// # Lodging
//
// One transaction writes the receipt number, the sealed packets of the matter and of its attachments, their places in the
// queue and the small record that the station may show again. When [Outbox.Lodge] returns nil, all of it is on disk. When
// the disk fails in the middle, the file is read back before anything is called a failure (store.ErrInDoubt); what the
// resident was told had failed is taken out again as soon as the disk works, also after a restart ([Options.DoubtFile]).
//
// # States
//
//	queued -> acknowledged   the gateway's signature over id and digest verified; the packet leaves the disk
//	queued -> quarantined    the gateway refuses this record, or the disk damaged it; the packet is kept for staff
//	quarantined -> queued    staff, or the syncer, want it sent once more
//
// Sending is a queued record on its way, in memory only. What the upstream decides of a matter, settled or refused with
// its reason ([Outbox.Conclude]), is written into the small record and shown before everything else; it moves nothing,
// since only a signature tells that the gateway has a packet.
//
// # Retention
//
// The small record of a matter is all that is personal once its packet has left. It is sealed under the station key,
// holds no answers, and is found by keyed hashes of the ID number and of the receipt number. [Outbox.Sweep] removes it with
// those hashes when the reprint term is over. What stays for ever is the tombstone: id, digest, signed acknowledgement.
// Removed rows leave their bytes, sealed, in free pages of the file until they are used again or the file is compacted.
//
// # Tables
//
// A lodging costs two fdatasyncs and a write for every page that it touches, so a queued record is one value in one
// table, in the order of lodging; look-ups of what waits are kept in memory and made anew from the tables at start. What
// was acknowledged is looked up on disk. Attachments lie in a table of their own, so that nobody writes them anew who
// lodges beside them.
//
//	outbox.queue    lane (1 byte), sequence (8) -> entry, packet      what waits; an attachment's packet is in outbox.blob
//	outbox.aside    sequence (8) -> entry, packet                     what is quarantined, likewise
//	outbox.blob     sequence (8), part (2) -> bytes of a packet       attachments that wait or are quarantined
//	outbox.entry    sequence (8) -> entry                             matters acknowledged, until their term is over
//	outbox.tomb     id (16) -> tombstone (tomb.go)                    everything acknowledged; an attachment's id is the
//	                                                                  first half of its digest
//	outbox.find     "p", hash of person (16), sequence (8), or        look-ups of outbox.entry
//	                "n", hash of number (16) -> sequence (8)
//	outbox.meta     "tally" -> counts in JSON, "pace" -> text
//	outbox.serial   yyyymmdd -> last serial of that day (8)
//
// A value is the length of the entry (4 bytes), the entry in JSON (entry.go), then the packet. Integers are big endian.
//
// The program's first version knew queue, entry, aside and serial alone. [New] makes what its files lack, and catches up
// with what it acknowledged where it was put back for a while; it in turn leaves alone what it can't read.
package outbox
