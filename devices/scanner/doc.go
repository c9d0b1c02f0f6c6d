// Package scanner reads codes from serial scanners that send what they read as lines, without commanding them.
//
// A line ends with CR, LF, CR LF, or a moment of silence, since some units send no end at all (protocols.md B). The
// same code again within some seconds is the same resident holding still, and dropped.
//
// Codes are opaque, short-lived tokens: this package passes them on, and must never know or log what they mean.
package scanner
