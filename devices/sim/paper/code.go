package paper

import (
	"fmt"
	"image"

	"github.com/makiuchi-d/gozxing"
	"github.com/makiuchi-d/gozxing/qrcode"
)

// ReadCode reads the QR code in the picture of a receipt, as a resident's phone would.
func ReadCode(img *image.Gray) (string, error) {
	b := img.Bounds()
	src, err := gozxing.NewPlanarYUVLuminanceSource(img.Pix, img.Stride, b.Dy(), 0, 0, b.Dx(), b.Dy(), false)
	if err != nil {
		return "", fmt.Errorf("read picture: %w", err)
	}
	bin, err := gozxing.NewBinaryBitmap(gozxing.NewHybridBinarizer(src))
	if err != nil {
		return "", fmt.Errorf("read picture: %w", err)
	}
	res, err := qrcode.NewQRCodeReader().Decode(bin, map[gozxing.DecodeHintType]any{
		gozxing.DecodeHintType_TRY_HARDER: true, gozxing.DecodeHintType_CHARACTER_SET: "UTF-8",
	})
	if err != nil {
		return "", fmt.Errorf("find QR code: %w", err)
	}
	return res.GetText(), nil
}
