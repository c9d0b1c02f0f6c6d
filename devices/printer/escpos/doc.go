// Package escpos is the pure codec of ESC/POS receipt printers with a Chinese font: a [devices.Document] laid out as
// the bytes to send, and the bytes that come back told apart and decoded.
//
// Text that a printer's GBK font can say goes as text; a line with any other character (a rare name) is drawn, in its
// own size, with a font that is handed in. It knows no port, no time and no job: when to send and what to believe is
// for devices/printer. It makes no QR codes either: their modules are handed in.
//
// Facts are from ../../../../shared/devices/protocols.md section C.
package escpos
