// Package identity is who a terminal is: its keys, its certificate, the gateway's keys, and how it gets them with a
// one-time code. It also makes the only kind of HTTP client with which a terminal speaks to its gateway.
//
// It must never know a matter, a card or a screen.
//
// # The folder, mode 0700
//
//	terminal.key   ECDSA P-256 key for TLS, PKCS #8 in PEM
//	sign.key       SM2 key for what the terminal signs, PKCS #8 in PEM
//	station.key    32 random bytes in hex: records at rest, and keyed hashes for look-ups
//	enrolled.json  what the gateway answered: terminal and station id, certificate, the gateway's keys, the pinned CA
//
// Keys are made once, before anything is asked of the gateway, and kept: an enrolment whose answer was lost is repeated
// with the same code and the same key, and the gateway answers the same. enrolled.json is written last, whole or not at
// all; it alone says that the terminal is enrolled.
//
// # How strong this is
//
// The keys lie beside what they protect. Lodged packets stay closed all the same, since they are sealed to the gateway.
// The station key protects the small records against copies of the data file, back-ups and support bundles, not against
// somebody who takes the whole disk: for him it is obfuscation, until a TPM or a passphrase wraps it.
package identity
