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
//     that is down is looked at at least every ProbeEvery, so that it is noticed when it comes back.
//   - Ratings go before matters, several records at once, none waits for another.
//   - Nothing is decided by the wall clock. Its distance from the gateway's is kept, with how it is known. Only a
//     certificate's dates need a time: a clock that is known to be slow (before the program was built, before the
//     terminal's own certificate) is taken as that time.
package sync
