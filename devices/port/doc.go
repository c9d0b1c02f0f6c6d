// Package port makes a [devices.Line] of a serial port, over github.com/tarm/serial.
//
// tarm/serial alone would hang a kiosk: its time-out and an unplugged cable look the same, its Close waits for a
// running Read, a Write to a far end that takes nothing never returns, and two programs may open one port
// (protocols.md section D has the measurements). A Port therefore opens the same port a second time, for control
// only, and asks that second descriptor before it lets tarm/serial touch the line:
//
//   - Read waits in the runtime's poller until bytes are there (FIONREAD), ctx ends or the line hangs up (POLLHUP), so
//     tarm's Read is only called when it returns at once. Nothing polls while a line is silent.
//   - Write waits until the driver has room (POLLOUT), gives tarm at most 1 KiB at a time and no more than the wire
//     carries, and has a watchdog: see stall.go for what frees a write that is stuck in the kernel.
//   - The second descriptor holds the lock (flock) that keeps other programs of this house out, and changes the speed of
//     an open line. A program that knows no locks and has the port open is found in /proc, and named (holder.go).
//
// It must never know what the bytes mean, which device is at the far end, or how often to try again: that is a
// driver's and a slot's work. It is the only package that imports tarm/serial.
package port
