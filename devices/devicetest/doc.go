// Package devicetest is the conformance suite of device drivers: one for card readers, one for printers, one for
// scanners, over what every [devices.Driver] promises. It runs on whatever line it is given: a simulator's pty today,
// a recording, or real hardware with a person who lays the card.
//
// It knows drivers by small interfaces of its own, and must never know which driver or which simulator it tests.
package devicetest
