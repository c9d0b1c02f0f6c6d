// Package sync carries the outbox to the gateway and brings back its signed acknowledgements.
//
// It must never know what a packet says, a device or a screen. It never touches the store: the outbox does.
//
// # Rules
//
//   - A record is acknowledged only by status 200 or 201 with the gateway's signature over its id and digest. Whatever
//     else answers, with whatever status, is somebody in between: that is the line's trouble, not the record's.
//   - 400, 409, 413, 415 and 422 in the gateway's own words set one record aside; the others go on. Three such refusals in
//     a row are doubted: the records stay in the queue, the line is held back, and one record after the other is tried.
//   - 401, 403 and 404 in its own words halt everything and are tried again slowly: this terminal isn't (or no longer)
//     registered.
//   - 408, 425, 429, 5xx and transport errors hold up the line: full jitter, Retry-After honoured, at most an hour. A line
//     that is down is looked at at least every ProbeEvery, so that it is noticed when it comes back; a gateway that has refused
//     connections for ten minutes a quarter as often.
//     What the gateway asked for is kept as a length of time and goes on after a restart.
//   - After ten minutes in which the gateway, not this machine's own line, was away, the queue waits anything up to 15 s for
//     each record in it (15 min at most): all terminals come back in the same seconds. What is lodged after that goes at once.
//   - Ratings go first, then 办不成事, then matters, several at once, none waits for another; how many grows with the line.
//     While none is under way, attachments and events go. Post, heartbeat and renewal go beside. Each of these five has
//     trouble and rests of its own (State.Faults), and holds up nothing; a probe tells whether it is the line.
//   - An attachment goes on where the gateway says that it stands, in pieces as large as the line carries in a few seconds. A
//     whole one with another digest is begun anew once, then set aside.
//   - Post that can't be proven to be the gateway's is never skipped: it is named in State.Faults and asked for again.
//   - Certificates are renewed when Options.Renew says so; later calls go over new connections.
//   - Nothing is decided by the wall clock. Its distance from the gateway's is kept, with how it is known. Only a
//     certificate's dates need a time: a clock that is known to be slow (before the program was built, before the
//     terminal's own certificate) is taken as that time.
package sync
