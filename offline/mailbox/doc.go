// Package mailbox keeps what came down: letters in which the upstream says something about a matter, until the person
// whom they concern has seen them.
//
// It must never know a connection, a device or a screen, nor what a letter means: it looks at who it is for, and tells
// others that it is there.
//
// # What holds
//
//   - A letter is taken only if the gateway signed it, for this terminal, at this place of the mailbox, with this digest,
//     and this terminal's own key opens it to what it is bound to. Anybody can seal to a public key; nobody else signs.
//   - Letters and the cursor behind them are written in one transaction. The same letter again, by the line or by a
//     courier's stick, is nothing new.
//   - One that is not the gateway's is refused and named, and the cursor stays before it: it is asked for again, and never
//     skipped in silence. One that is the gateway's but can't be read here never will be: it is named, noted for staff,
//     and passed. Neither keeps those behind it from being taken.
//   - At rest a letter is sealed under the station key, whole. What finds it are keyed hashes of the ID number and of the
//     receipt number. Keys, logs and errors hold ids of letters, no more.
//   - That a letter came ([Options.OnLetter]), and that it was delivered ([Options.Report]), is told at least once, also
//     over a power cut.
//
// # Tables
//
//	mailbox.letter   letter id -> entry (JSON)                          also of those whose content is gone
//	mailbox.part     number (8 bytes), part (2) -> bytes                the sealed letter, in pieces
//	mailbox.find     'p' or 'n', keyed hash (16), letter id -> nothing  look-up rows
//	mailbox.due      't' or 'r', letter id -> nothing                   still to be told, still to be reported
//	mailbox.refused  letter id -> refusal (JSON)                        the gateway's, but not to be read here
//	mailbox.meta     "cursor " and terminal -> sequence (8); "bytes" -> size of all content (8)
//
// Integers are big endian. The cursor belongs to a terminal's name: a machine that was enrolled anew has a new mailbox.
package mailbox
