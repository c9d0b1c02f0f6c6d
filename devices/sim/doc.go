// Package sim plays the three serial devices on ptys, byte for byte as they behave in the field, with scripted
// faults: a card reader, a scanner and a receipt printer, and the invented residents whose cards are laid on the reader.
//
// It shares the codecs with the drivers and knows nothing of them: a driver meets a simulator only over a line,
// through the kernel's tty. No driver imports it; the kiosk's own --sim and the tests do.
package sim
