package printer

import (
	"fmt"

	"github.com/skip2/go-qrcode"

	"zhizhu/devices/printer/escpos"
)

// code makes the modules of a QR code with level M: paper gets creased, phones are patient.
func code(text string) (*escpos.Bitmap, error) {
	q, err := qrcode.New(text, qrcode.Medium)
	if err != nil {
		return nil, fmt.Errorf("make QR code: %w", err)
	}
	rows := q.Bitmap()
	b := escpos.NewBitmap(len(rows), len(rows))
	for y, row := range rows {
		for x, black := range row {
			if black {
				b.Set(x, y)
			}
		}
	}
	return b, nil
}
