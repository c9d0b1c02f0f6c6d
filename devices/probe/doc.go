// Package probe finds out which device is at which serial port, and at which speed. Staff need not know what a port is:
// a machine whose config says "auto" finds its reader, its printer and its scanner, also after they were plugged in
// elsewhere.
//
// [Ports] lists the machine's serial ports under names that stay. [Identify] asks one port what is there, [Finder] serves
// the slots of a machine: one search for all that wait, ports in service never touched, the last good place first.
//
// Asking must not upset what is asked, so the order is fixed:
//
//   - Real-time status of a receipt printer (DLE EOT) first, at every speed: no other device minds it, and once a printer
//     is known it is asked nothing else.
//   - Then the SAM of a card reader (find card). A printer that says nothing may have taken that for text, so two
//     initialisations follow, at every speed, which empty its line buffer. No question holds a line feed, so nothing is
//     printed meanwhile.
//   - Then questions that read a setting of a scanner (Grow GM65, SSI), never one that sets any. Most scanners answer
//     nothing at all; what one sends because somebody shows it a code tells as much.
//
// A plug that sends everything back (loop-back) is told from a device: what comes back is compared with what was sent.
// The package must never know what a device is used for.
package probe
