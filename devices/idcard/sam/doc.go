// Package sam is the wire format of ID-card readers with a SAM_V module (SDTAPI over serial): requests and replies,
// their incremental decoder, the meaning of SW3, the 256-byte text block in its four layouts, and the check digits of
// the numbers in it. Everything is in protocols.md section A, with sources.
//
// It is pure: bytes in, values out. It never opens, waits, retries or logs, and must never know a reader's timing.
// Drivers and simulators share it; so it encodes everything that it decodes.
package sam
