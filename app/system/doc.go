// Package system builds the whole program and owns its supervision tree: devices on their slots, the offline half, the
// kiosk, the window. main and the end-to-end tests use the same one.
//
// It is the only room that knows all others, and nothing but main may know it. It holds no rules of a visit, no words
// for residents and no protocol: those have rooms of their own.
package system
