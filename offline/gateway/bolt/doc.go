// Package bolt keeps what the gateway keeps in one bbolt file, in the gateway's own process.
//
// It must never know what a packet says inside, nor who asks.
//
// # Layout
//
//	meta       "schema" -> 2; "fingerprint" -> of the gateway's keys
//	ids/LANE   id -> digest (32 bytes), microseconds since 1970 (8), seq (8); never removed
//	log/LANE   seq (8 bytes, big endian) -> record; see record.go
//	codes      MAC -> JSON
//	stations   station -> last terminal number (8 bytes)
//	terminals  terminal -> JSON
//	heartbeats terminal -> time, body
//	blobs      digest (32 bytes) -> JSON
//	parts      digest, offset (8) -> bytes
//	halves     digest -> time of the last piece, of those that are not whole
//	mailboxes  terminal -> last seq
//	posts      terminal, 0, seq -> head in JSON, packet; see post.go
//	letters    letter, 0, terminal, 0 -> seq; never removed
//	expiry     time, terminal, 0, seq -> nothing
//	handovers  adapter, 0, lane, 0, seq -> JSON
//	waiting    adapter, 0, lane, 0, time of the next try, seq -> tries; of those that are not done
//	cursors    adapter, 0, lane, 0 -> seq up to which every record has a handover
//
// A time in a key is microseconds since 1970 with the sign turned, in 8 bytes. Ids are apart from packets so that the
// ids stay small when packets are purged, and so that packets are appended.
//
// # Commits
//
// One commit costs two fdatasyncs, whatever is in it. Changes that arrive while a commit is on its way to the disk wait
// and are committed together by the next one (group.go): none waits for a timer, as bbolt's own Batch makes it, and
// nobody is answered before the commit that holds his change has returned.
package bolt
