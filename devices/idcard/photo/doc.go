// Package photo turns the 1024 bytes of a card's photo into a picture, by a helper program of the reader's maker.
//
// The bytes are in a format (WLT) that no open decoder is known for; makers have closed libraries, each with a licence
// bound to the reader's module (protocols.md A7). So the decoder stays outside: an optional program that the station's
// config names. It gets the bytes on its stdin and writes a picture to its stdout. It is not trusted: it runs in a
// process group of its own, without environment, arguments or shell, for a limited time, and its output is taken only
// up to a size and only as one of three formats.
//
// The package must never know whose photo it is or what for, and never writes one to a file. Without a helper nothing
// is missing but the picture: name and number are read without it.
package photo
