//go:build gles || arm || arm64

package screen

import "image"

// readFrame is not known for OpenGL ES: Fyne's own Capture is used.
func readFrame(int, int) (image.Image, bool) { return nil, false }
