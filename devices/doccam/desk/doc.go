// Package desk makes the frames of a document camera for tests: sheets, cards and booklets on mats of several kinds, with
// everything that lies and shines where it shouldn't. All of it is invented, and the same seed makes the same frame.
//
// It must never know how documents are found: it shares no code with devices/doccam/page.
package desk
