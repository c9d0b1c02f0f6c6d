// Package gateway is the receiving end: it takes sealed packets from enrolled terminals, keeps each exactly once, says so
// under its signature, hands what arrived on to the platform that exists already, and brings its answers back as sealed
// post. It is a thin relay (R46): no portal, no accounts, no system of record.
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
//     is refused stays with the terminal, which quarantines it: nothing is lost by a refusal. What comes by stick
//     (courier.go) goes through the same checks.
//   - A matter is handed on once all of its attachments are here, by one gateway at a time, as often as it takes, with
//     its id as the key. Its content may go only after that (Options.Retain); id and digest stay.
//   - A letter goes to every terminal of its matter's station, sealed for each and signed. It is for who lodged the
//     matter, whatever the platform says. It is gone once it was delivered at one of them, or after 90 days.
//   - Logs, errors, problems and metrics carry ids of records and terminals, never what a packet says.
//
// openapi.yaml describes the terminals' side; a test holds both to each other.
//
// # Its directory (0700)
//
//	ca.pem, ca.key           root that terminals pin; see package authority
//	server.pem, server.key   certificate of the gateway itself, reissued when needed
//	seal.key                 SM2 key to which terminals seal packets; without it no packet can be read
//	ack.key                  SM2 key that signs acknowledgements
//	code.key                 key under which enrolment codes are looked up
//	gateway.db               everything received; see package bolt. Elsewhere with Options.Store
//	admin.sock               while Serve runs: the commands' way in
//
// Gateways that share a store each need these keys (ca.*, seal.key, ack.key, code.key): copy them; CheckKeys compares. A
// load balancer before them must pass TLS through: terminals are known by their certificates, here.
//
// The directory as a whole is what must be backed up. Once something is stored, a missing key is an error that says so;
// it is never made anew in silence.
package gateway
