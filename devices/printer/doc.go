// Package printer drives an ESC/POS receipt printer and tells the truth about what came out of it.
//
// A job is Printed only when the printer's own status, asked after the job was worked off, confirms line, paper, cover
// and cutter. A printer that never answers prints too, but its jobs are PrintUnknown. A job belongs to the context that
// it was given with: what is left of a job that failed or was cancelled is cleared and cut off, never printed into the
// next one.
//
// It knows documents, never what they are for: no matter, no resident, no screen. It logs no content.
package printer
