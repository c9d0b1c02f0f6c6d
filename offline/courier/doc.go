// Package courier carries an outbox to a USB stick, and brings acknowledgements and post back from it, for villages that
// have no line for weeks. The gateway's half is package arrival; how a stick is laid out is package stick.
//
// It must never know a line, a device or a screen, nor what a packet holds, and it takes nothing out of the outbox: the
// gateway's signature does, whichever way it comes. So a stick that is lost, full, torn or stolen loses nothing; the same
// record by line and by stick is stored once, by its id.
//
//	terminal  Export -> stick -> arrival.Receive  gateway
//	terminal  Import <- stick <- arrival.Receive  gateway
//
// # Stick
//
// An export holds all that waits, as far as there is room, what matters most first. What an earlier export left there is
// used again if it is still whole. A stick that is full keeps what it has, and the report says what is missing.
package courier
