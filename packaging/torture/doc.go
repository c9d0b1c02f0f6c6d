// Command torture is `make torture`: the kiosk's real offline half, without a window, in a process of its own that is
// killed, robbed of its disk, its power and its clock, behind a bad line to a real zhizhu-gateway that fares no better.
// At the end all is healed, the queue drains, and what the terminal said is compared with what the gateway has.
//
// The parts, in the order in which a matter passes them:
//
//	terminal   this binary again: store, outbox, identity and sync as app/system wires them. It says on its standard
//	           output that it tries, and what became of it once Lodge has returned. On an ext4 volume of its own.
//	line       toxiproxy: latency, 256 KB/s, cuts, resets, flaps
//	front      somebody in between who loses acknowledgements, sends twice, and answers 503, 429 or a portal's page
//	gateway    the real program, killed and started again; on a volume of its own
//
// The check reads the gateway's store and opens its packets. Each try holds a word of its own, so that a matter that was
// taken in twice under two ids is found, too. What the resident was told has failed must not be there.
//
// It must never be part of the program, and it decides nothing by looking into another's memory: only what was said on
// the pipe, and what is on disk.
package main
