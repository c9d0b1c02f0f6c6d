// Package camscan is a scanner made of a camera: it looks for QR codes in the frames of a camera.Source and hands them
// on as a serial scanner does. It has no line; devices/slot runs it by Options.Run.
//
// A camera sees more than it is asked for. While no code is wanted, no frame is looked at; while one is, each frame is
// copied to memory that is wiped once it was looked at, and nothing is ever written. This package must never know what
// a code means, nor log one: its name in logs is a keyed sum.
package camscan
