// Package wire holds the types of the protocol between a terminal and the gateway: what a matter says once its packet
// is opened, what an acknowledgement says, what an enrolment asks and gets, and the names of paths and headers.
//
// It is pure: standard library only. It knows no key, no file and no connection.
//
//	PUT  /v1/matters/{id}    body: packet; Digest header; 201 or 200 with Ack, signed
//	PUT  /v1/ratings/{id}    likewise
//	PUT  /v1/events/{id}     likewise
//	HEAD, PATCH /v1/blobs/{digest}  an attachment, in pieces
//	GET  /v1/mailbox?after=N Mail: what the upstream says, sealed for this terminal
//	PUT  /v1/heartbeat       Heartbeat; 204
//	POST /v1/renew           Renewal -> Enrolled
//	POST /v1/enrol           Enrolment -> Enrolled; server certificate only, once a code
//	GET  /v1/time            server time, for the clock's offset
//	GET  /healthz            204
package wire
