package seal

import "errors"

// Kinds of errors. None says anything about the content.
var (
	ErrSuite     = errors.New("sealed with another suite of algorithms; a newer program is needed")
	ErrFormat    = errors.New("not a sealed thing of this kind, or cut short")
	ErrRecipient = errors.New("sealed for another key")
	ErrOpen      = errors.New("altered, or not sealed under this key")
	ErrSignature = errors.New("signature does not verify")
	ErrKey       = errors.New("not a usable key")
)
