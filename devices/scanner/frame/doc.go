// Package frame is the codec of what serial scanners and their hosts say to each other beside the codes: the commands
// and replies of the GM65 family, of the SSI family (Zebra, and Grow and HPRT who speak like it), of Newland and of
// Honeywell (protocols.md B). It appends and checks frames, and finds whole valid replies at the beginning of bytes.
//
// A reply is known by all of it, checksum included, never by how it begins: codes may be of any bytes, and one that
// looks like a reply at first must come through. This package knows no line, no clock and no profile, and must never
// know what a code means.
package frame
