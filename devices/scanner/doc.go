// Package scanner reads codes from serial scanners.
//
// By default a scanner is never commanded: what it sends is cut into codes at CR, LF, CR LF or a moment of silence, since
// some units send no end at all (protocols.md B). With a profile (sub-package profile) it is told to read while codes are
// wanted, by [Scanner.Trigger]; one that doesn't obey is left to read as it pleases. Codes are taken at any time, and
// nothing that is said to the scanner or answered by it ever keeps one back or comes out as one (sub-package frame).
//
// Codes are opaque, short-lived tokens: this package passes them on, and must never know or log what they mean. In logs
// they have a keyed name. The same code again, as long as it hasn't been away for some seconds, is the same resident
// holding still, and dropped.
//
// What is no code, such as noise of a wrong speed, is dropped and counted; judge.go has the rule.
package scanner
