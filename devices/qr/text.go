package qr

import (
	"bytes"
	"unicode/utf8"

	"github.com/makiuchi-d/gozxing/common"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/japanese"
	"golang.org/x/text/encoding/simplifiedchinese"
)

// decodeText yields the text of bytes without a charset mark: UTF-8 if they are valid, else GB18030, which Chinese
// programs write. Bytes that are neither become U+FFFD.
func decodeText(raw []byte) string {
	raw = bytes.TrimPrefix(raw, []byte("\uFEFF"))
	if utf8.Valid(raw) {
		return string(raw)
	}
	return decodeAs(simplifiedchinese.GB18030, raw)
}

func decodeAs(e encoding.Encoding, raw []byte) string {
	text, err := e.NewDecoder().Bytes(raw)
	if err != nil {
		return string(bytes.ToValidUTF8(raw, []byte("\uFFFD")))
	}
	return string(text)
}

// charset of a piece of a symbol.
type charset int

const (
	unmarked charset = -1 // to be guessed
	shiftJIS charset = -2 // Kanji mode
	gb2312   charset = -3 // Hanzi mode of GB/T 18284
)

// text decodes a piece. Charsets that an ECI names and nobody knows are guessed.
func (p piece) text() string {
	switch {
	case p.charset == shiftJIS:
		return decodeAs(japanese.ShiftJIS, p.raw)
	case p.charset == gb2312:
		return decodeAs(simplifiedchinese.GB18030, p.raw)
	case p.charset >= 0:
		if eci, err := common.GetCharacterSetECIByValue(int(p.charset)); err == nil && eci != nil {
			return decodeAs(eci.GetCharset(), p.raw)
		}
	}
	return decodeText(p.raw)
}
