// Package keyring keeps the station key: 32 bytes under which a terminal's own records lie. It is wrapped by the machine's
// TPM, a systemd credential or a passphrase, or lies in the plain where there is none of these.
//
// It must never know what the key is for, nor write it or what opens it to a log or an error.
//
// # Files in the identity folder
//
//	station.key   the key in the plain, 64 hex digits (provider plain)
//	station.wrap  JSON: how the key is wrapped, and a check value that tells whether the right one was opened
//
// A move from one provider to another writes the new form, opens it again from disk, and only then removes the old one,
// overwritten. A power cut leaves one of them or both: then the wrapped one counts, and the plain one is removed as soon as
// the wrapped one was opened.
//
// # How strong each is
//
// [Provider.Strength] says it, and the README quotes it. What all of them have in common: while the program runs the key
// is in its memory, and whoever is root there can have it.
package keyring
