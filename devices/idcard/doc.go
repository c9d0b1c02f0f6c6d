// Package idcard drives an ID-card reader with a SAM_V module over a [devices.Line].
//
// A Reader watches that the module lives, and while it is armed looks for a card, reads it and tells what happened as
// events. It judges replies by SW3 alone, retries what a retry can mend, and never hammers a module that says it is
// broken. Three habits of real modules shape it (protocols.md A4): a card that was read does not answer "find" until
// it has left the field; a card may be readable although "find" or "select" failed; and a reply may come torn, late
// or with noise around it.
//
// How often it looks follows from how likely a card is: every 20 ms in the first 8 s after it was armed and after a card
// was seen, when somebody stands there and waits; every 200 ms while the machine only invites to lay a card.
//
// Another device may be where a reader should be. A printer takes questions for text; so each round of them that nothing
// answers ends with what empties a printer's line buffer and with a question that only printers answer. Nothing is
// printed, and the driver says what is there.
//
// A card that was read is deaf; so is one whose reading the line lost. Such cards are read without "find", and that is
// also how a Reader that is asked to (Watch) sees whether a card was forgotten.
//
// It keeps no personal data: a card is handed on and its bytes are overwritten. It must never know what a card is
// read for, nor which port it is on, nor when to open it again.
package idcard
