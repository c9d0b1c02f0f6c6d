package scanner

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
)

// verdict says what a line is.
type verdict int

const (
	isCode verdict = iota
	isNoise
)

// shortOpaque is how many bytes a code must have that is no text. Official codes may carry any bytes, and then they
// carry a signature or a cipher block: none is shorter than this. Noise of a plug or of a wrong speed mostly is.
const shortOpaque = 8

// judge tells codes from noise. A line is a code if it is
//   - text: UTF-8, or GB 2312 (GB18030 if the scanner has ended it), without control characters other than those that separate fields in codes (TAB, EOT, FS,
//     GS, RS, US; CR and LF inside a packet). A single byte must also have been ended by the scanner: one alone, ended by
//     silence, is what a plug or a torn line leaves;
//   - else any shortOpaque bytes or more that don't look like a line at the wrong speed: mostly NUL, or bytes in which
//     hardly a bit stands alone, as they come from a slow line that is sampled too often.
//
// The first is asked first, so that no readable code is ever lost to a guess.
func judge(code []byte, ended bool) verdict {
	switch {
	case len(code) == 0 || len(code) == 1 && !ended:
		return isNoise
	case utf8.Valid(code) && plainText(string(code)):
		return isCode
	case gb2312(code), ended && gb18030(code) && !wrongSpeed(code):
		return isCode
	case len(code) < shortOpaque || wrongSpeed(code):
		return isNoise
	}
	return isCode
}

// decode yields the text of a code: UTF-8 if it is valid, else GB18030.
func decode(raw []byte) string {
	if utf8.Valid(raw) {
		return string(raw)
	}
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(raw)
	if err != nil {
		return string(bytes.ToValidUTF8(raw, []byte("\uFFFD")))
	}
	return string(text)
}

// plainText says whether text has no character that codes don't have.
func plainText(text string) bool {
	for _, r := range text {
		switch {
		case r == '\t' || r == '\r' || r == '\n' || r == 0x04 || r >= 0x1C && r <= 0x1F:
		case unicode.IsControl(r) || r == unicode.ReplacementChar:
			return false
		}
	}
	return true
}

// gb2312 says whether code is ASCII and characters of GB 2312: the everyday part of GB18030, dense enough that noise
// hardly ever falls into it.
func gb2312(code []byte) bool {
	var ascii []byte
	for i := 0; i < len(code); i++ {
		switch b := code[i]; {
		case b < utf8.RuneSelf:
			ascii = append(ascii, b)
		case i+1 == len(code) || b < 0xA1 || b > 0xF7 || code[i+1] < 0xA1 || code[i+1] == 0xFF:
			return false
		default:
			i++
		}
	}
	return plainText(string(ascii))
}

// gb18030 says whether code is text of GB18030. Nearly any bytes from 81 up are, so that alone says little.
func gb18030(code []byte) bool {
	text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(code)
	return err == nil && plainText(string(text)) && bytes.IndexFunc(text, func(r rune) bool { return unicode.Is(unicode.Co, r) }) < 0
}

// wrongSpeed says whether p looks like a line that is sampled at another speed than it was sent at.
func wrongSpeed(p []byte) bool {
	nul, slow := 0, 0
	for _, b := range p {
		if b == 0 {
			nul++
		}
		change := (b ^ b>>1) & 0x7F // bits that differ from their neighbour
		if change&(change>>1) == 0 {
			slow++ // no bit stands alone between two others; so it is in about a quarter of all bytes
		}
	}
	return 2*nul > len(p) || 8*slow >= 7*len(p)
}

// breaks says whether a line is nothing but what a much slower sender leaves: its bits are longer than a byte here, and
// each reads as NUL. One or two come of a plug.
func breaks(line []byte) bool { return len(line) > 3 && len(bytes.Trim(line, "\x00")) == 0 }

// longText is how many bytes of text a wrong speed hardly ever makes up: 4 in 10 bytes of noise are ASCII.
const longText = 6

// readable says whether a code is text that no wrong speed makes up.
func readable(code []byte) bool {
	return len(code) >= longText && (utf8.Valid(code) && plainText(string(code)) || gb2312(code))
}

// lopsided says whether one bit is the same in all of a code's bytes, and they are no text. That is what a line leaves
// that was sent twice as fast, or four times: there, a stop bit is taken for data. Of codes that are any bytes, 6 in
// 100 of the shortest are so, and none of 16 bytes or more.
func lopsided(code []byte) bool {
	if utf8.Valid(code) {
		return false
	}
	ones, zeros := byte(0xFF), byte(0xFF)
	for _, b := range code {
		ones, zeros = ones&b, zeros&^b
	}
	return ones|zeros != 0
}

// preamble begins every reply of an ID-card reader (protocols.md A1).
const preamble = "\xAA\xAA\xAA\x96\x69"

// otherDevice says whether a line, as it came, is what an ID-card reader or a printer says: a SAM's preamble, answers to
// DLE EOT (0xx1xx10 each) or automatic status (0xx1xx00 and three 0xx0xxxx), or DLE EOT itself (protocols.md C2).
func otherDevice(line []byte) bool {
	if bytes.Contains(line, []byte(preamble)) {
		return true
	}
	if len(line) == 0 || len(line) > 4 || bytes.IndexFunc(line, unicode.IsControl) < 0 {
		return false
	}
	if len(line) == 3 && line[0] == 0x10 && line[1] == 0x04 && line[2] <= 4 {
		return true
	}
	answers, auto := true, len(line) == 4 && line[0]&0x93 == 0x10
	for i, b := range line {
		answers = answers && b&0x93 == 0x12
		auto = auto && (i == 0 || b&0x90 == 0)
	}
	return answers || auto
}
