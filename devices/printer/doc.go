// Package printer drives an ESC/POS receipt printer and tells the truth about what came out of it.
//
// A job is Printed only when the printer's own status, asked after the job was worked off, confirms line, paper, cover
// and cutter. A printer that never answers prints too, but its jobs are PrintUnknown. A job belongs to the context that
// it was given with: what is left of a job that failed or was cancelled is cleared and cut off, never printed into the
// next one.
//
// Power that fails in a job and is back at once shows itself by a question or a mark without an answer: surely when it was
// gone for 150 ms at 115200 baud, for 500 ms at 9600 (a printer takes a second or so to start), and however short it was
// where a mark waited in the printer's buffer, or where the printer says XON when it starts. A reset within milliseconds
// of a printer that held nothing, and greets nobody, can't be told from a good job by anything that ESC/POS has.
//
// It knows documents, never what they are for: no matter, no resident, no screen. It logs no content.
package printer
