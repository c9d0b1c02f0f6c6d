// Package bolt keeps what the gateway keeps in one bbolt file, in the gateway's own process.
//
// It must never know what a packet says inside, nor who asks.
//
// # Layout
//
//	meta       "schema" -> 1
//	ids/LANE   id -> digest (32 bytes), microseconds since 1970 (8), seq (8); never removed
//	log/LANE   seq (8 bytes, big endian) -> record; see record.go
//	codes      MAC -> JSON
//	stations   station -> last terminal number (8 bytes)
//	terminals  terminal -> JSON
//
// Ids are apart from packets so that the ids stay small when packets are purged, and so that packets are appended.
//
// # Commits
//
// One commit costs two fdatasyncs, whatever is in it. Puts that arrive while a commit is on its way to the disk wait
// and are committed together by the next one (group.go): no put waits for a timer, as bbolt's own Batch makes it, and
// nobody is answered before the commit that holds his record has returned.
package bolt
