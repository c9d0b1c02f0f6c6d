package qr

import (
	"strings"

	"github.com/makiuchi-d/gozxing/qrcode/decoder"
)

// resultOf reads what a symbol says. One that breaks the standard is not read: better none than a wrong one.
func resultOf(codewords []byte, level string) (Result, error) {
	s, err := parse(codewords, versionOf(len(codewords), level))
	if err != nil {
		return Result{}, err
	}
	return s.result(), nil
}

func (s symbol) result() Result {
	var r Result
	var text strings.Builder
	for _, p := range s.pieces {
		r.Raw = append(r.Raw, p.raw...)
		text.WriteString(p.text())
	}
	r.Text = text.String()
	return r
}

// versionOf tells a symbol's version (1 to 40) by how many data codewords it has at its level of correction, "L" to
// "H": no two versions have the same. 0 if there is none.
func versionOf(codewords int, level string) int {
	for v := 1; v <= 40; v++ {
		version, err := decoder.Version_GetVersionForNumber(v)
		if err != nil {
			return 0
		}
		if dataCodewords(version, level) == codewords {
			return v
		}
	}
	return 0
}

func dataCodewords(version *decoder.Version, level string) (n int) {
	for _, l := range []decoder.ErrorCorrectionLevel{
		decoder.ErrorCorrectionLevel_L, decoder.ErrorCorrectionLevel_M, decoder.ErrorCorrectionLevel_Q, decoder.ErrorCorrectionLevel_H,
	} {
		if l.String() != level {
			continue
		}
		for _, b := range version.GetECBlocksForLevel(l).GetECBlocks() {
			n += b.GetCount() * b.GetDataCodewords()
		}
	}
	return n
}
