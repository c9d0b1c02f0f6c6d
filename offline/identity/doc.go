// Package identity is who a terminal is: its keys, its certificate, the gateway's keys, and how it gets them with a
// one-time code. It also makes the only kind of HTTP client with which a terminal speaks to its gateway.
//
// It must never know a matter, a card or a screen.
//
// # The folder, mode 0700
//
//	terminal.key   ECDSA P-256 key for TLS; after a renewal terminal-<digest>.key instead
//	terminal.next  the key of a renewal that is being asked for
//	sign.key       SM2 key for what the terminal signs
//	post.key       SM2 key that opens letters sealed for this terminal
//	station.key    the station key, 32 random bytes in hex, or station.wrap where it is wrapped: see offline/keyring
//	enrolled.json  what the gateway answered: terminal and station id, certificate and its key's file name, the gateway's
//	               keys, the pinned CA (one or more certificates), the post key that the gateway was told
//
// The first four are PKCS #8 in PEM, sealed under the station key: the line "zhizhu-key-1", then a record of package seal,
// bound to the file's name. The first version of this program wrote them in the plain; they are sealed at the next start.
//
// Keys are made once, before anything is asked of the gateway, and kept: an enrolment whose answer was lost is repeated
// with the same code and the same key, and the gateway answers the same. enrolled.json is written last, whole or not at
// all; it alone says that the terminal is enrolled, and with which key: so a renewal, too, counts from one moment to the
// next. Whoever writes the folder holds its lock.
//
// # Renewal and change of the authority
//
// [Renewer] asks after two thirds of a certificate's life, with a new key, and at once where a machine that was enrolled
// by an earlier version has made its post key since. The gateway takes the old key until the old certificate ends, so a
// lost answer costs nothing. The gateway's seal and ack keys never change by renewal, only by enrolment: who holds no
// more than the line's CA must not have packets sealed to himself.
//
// A gateway's server certificate may change at any time, since only its CA is pinned. A CA is changed in three steps:
// give the terminals a CA file with the old and the new certificate (the file of the config counts on the line; what
// enrolled.json pins stands in for it when it can't be read), change the gateway's certificates, take the old CA out.
//
// # How strong this is
//
// All keys are as strong as the station key's provider: [Identity.KeyIn], and keyring.Provider.Strength. With the station
// key in the plain, who has the disk can speak as this terminal until it is revoked, and read the letters that come down for
// it. Lodged packets stay closed all the same, since they are sealed to the gateway.
package identity
