// Package qr reads QR codes in pictures of brightness: camera frames, scans, files.
//
// github.com/makiuchi-d/gozxing finds and corrects them, by the recipe of protocols.md E3: a large frame is tried at
// half its size first, then whole, then with one threshold for all, and white on black last. What the bits of a symbol
// mean is read here: gozxing takes GBK without a charset mark, which Chinese programs write, for Latin-1 or Shift-JIS.
//
// A code is an opaque token: this package must never know what it is for, log it, or keep it.
package qr
