// Package paper reads ESC/POS as a printer does and shows what lies on the paper: as a list of commands, as text, as
// a picture. It is an interpreter of its own, written from the makers' tables (protocols.md section C): it shares no
// code with devices/printer/escpos, so that what one encodes the other judges.
//
// It is strict: a byte that begins no known command is an error that names it. It knows no port and no time.
package paper
