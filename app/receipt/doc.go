// Package receipt makes a lodged matter into a printable document: the 收件凭证 or 受理凭证, the short one that is
// reprinted when only the station's record is left, and the checklist for somebody who goes to the window. It also tells
// a receipt's number from any other code, and masks names and numbers.
//
// It is pure and chooses every printed word: 收件 is never called 受理 (R19), a request for a certificate is never called
// the certificate. It knows no printer, no paper width, no clock and no store.
package receipt
