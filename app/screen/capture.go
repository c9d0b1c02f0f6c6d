package screen

import "image"

// snapshot is a picture of the window that is asked for and taken while the next frame is drawn.
type snapshot struct {
	w, h int
	take func(image.Image)
}

// flipped turns rows that begin at the bottom, as OpenGL gives them, into a picture.
func flipped(pix []uint8, w, h int) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		copy(img.Pix[y*img.Stride:(y+1)*img.Stride], pix[(h-1-y)*w*4:(h-y)*w*4])
	}
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 0xff // what is on the glass is opaque
	}
	return img
}
