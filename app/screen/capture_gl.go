//go:build !gles && !arm && !arm64

package screen

import (
	"image"
	"unsafe"

	"github.com/go-gl/gl/v2.1/gl"
)

// readFrame reads the frame that is being drawn. Fyne's own Capture reads the front buffer, which is black where Mesa's
// software renderer draws into an X server. It must be called while Fyne paints; then Fyne's context is the current one,
// and Fyne has loaded the functions of this package, which it draws with itself.
func readFrame(w, h int) (image.Image, bool) {
	pix := make([]uint8, w*h*4)
	gl.ReadBuffer(gl.BACK)
	gl.ReadPixels(0, 0, int32(w), int32(h), gl.RGBA, gl.UNSIGNED_BYTE, unsafe.Pointer(&pix[0]))
	return flipped(pix, w, h), true
}
