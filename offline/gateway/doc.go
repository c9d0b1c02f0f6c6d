// Package gateway is the receiving end: it takes sealed packets from enrolled terminals, keeps each exactly once, says so
// under its signature, and can show what arrived. It is a thin relay (R46): no portal, no accounts, no system of record.
//
// It must never know a device, a screen or the terminal's own store; with package sync it shares only wire and seal.
//
// # What holds
//
//   - An acknowledgement is signed only after the record is on disk. Lost acknowledgements are harmless: the same id with
//     the same digest is answered again, with the time of the first storing, for ever.
//   - A record is kept only if the certificate and the X-Terminal header name one terminal that is known here and not
//     revoked, the packet is bound to it or to another terminal of its station (a machine that was enrolled anew brings
//     what it sealed before), path and binding name one id, the digest is right, and the gateway's key opens it. What
//     is refused stays with the terminal, which quarantines it: nothing is lost by a refusal.
//   - Logs, errors and problems carry ids of records and terminals, never what a packet says.
//
// # Its directory (0700)
//
//	ca.pem, ca.key           root that terminals pin; see package authority
//	server.pem, server.key   certificate of the gateway itself, reissued when needed
//	seal.key                 SM2 key to which terminals seal packets; without it no packet can be read
//	ack.key                  SM2 key that signs acknowledgements
//	code.key                 key under which enrolment codes are looked up
//	gateway.db               records, codes and terminals; see package bolt
//	admin.sock               while Serve runs: the commands' way in
//
// The directory as a whole is what must be backed up. Once something is stored, a missing key is an error that says so;
// it is never made anew in silence.
package gateway
