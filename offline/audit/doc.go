// Package audit keeps a terminal's chain of acts: who did what, to which item in which version, when by a clock trusted
// how far. Each record is linked to the one before it by SM3, so that the first one that was altered, removed or put in
// is found and named.
//
// It must never know a name, a number, an address or an answer: actors are pseudonyms under the station key, values are
// short words of ASCII, and what looks like a number of a person is withheld. It knows no screen and no connection.
//
// # A record in the store, byte for byte (table "audit", key: seq, 8 bytes big endian)
//
//	0    1   layout, 1
//	1    1   suite of algorithms, 1: SM3, HMAC-SM3
//	2    4   which station key the MAC is under
//	6    32  hash: SM3 of "zhizhu-audit-1\n", layout, suite, the hash before (32 zero bytes for the first), body
//	38   32  mac: HMAC-SM3 of the hash under a key derived from the station key
//	70   n   body: the record in JSON, in its one spelling
//
// Table "audit.state" holds the head (seq and hash), which a heartbeat reports, and the checkpoint: where the chain
// begins since older records were let go, with MAC and SM2 signature of the terminal.
//
// # What it withstands
//
//   - A mistake, a bug, a bad sector: always found.
//   - Somebody with the disk (or a copy) but not the station key: can't write a record, alter one or take one out of the
//     middle unseen. He can cut off the tail, or put an older copy of the whole disk back. Either is found as soon as the
//     chain is compared with a head that the gateway has, since a head that was once reported must stay in the chain.
//     What was written after the last report can be cut off unseen: a terminal reports in every round of sync.
//   - Somebody with the station key, too (root on the running machine, or a disk whose key lies in the plain): can write
//     anything anew, consistently. He can't change what lies before a head that the gateway has.
//   - Somebody without any key, such as an auditor with an export: checks links, and the terminal's SM2 signature over the
//     head, which proves all of it.
//
// So the MAC pins down who could have written a record, the gateway's heads pin down when. A machine that restores a
// back-up loses its newest records, as that attacker would: it must say so by a record of its own (ActRestored).
//
// # Acts that are worth little
//
// [Log.Append] and [Log.AppendTx] are on disk when they (or the caller's transaction) return. [Log.Note] waits in memory
// for company, some seconds at most: a power cut may lose it.
package audit
