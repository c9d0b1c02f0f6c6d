// Package authority is the gateway's own certificate authority: one ECDSA P-256 root that terminals pin, the gateway's
// server certificate, and the certificates of terminals.
//
// It must never know what terminals send, nor who may have a certificate: it signs what it is told to sign.
//
// # Validity
//
// A village machine whose clock battery is dead starts years back. A certificate that "begins today" would lock it out
// of the only place that can tell it the time, so every certificate here begins on 1 January 2020, long before any
// terminal was made. What ends a terminal's certificate early is revocation at the gateway, never its date of issue.
//
// # Constraints
//
// The root may sign end certificates only (pathlen 0). It carries no name constraints on purpose: the gateway's name may
// change (a new host, a load balancer), the pinned root must not. It belongs in terminals' configuration alone, never in
// a system's trust store.
package authority
