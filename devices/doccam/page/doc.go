// Package page finds a document in a camera's frame, straightens and crops it, judges whether it can be read, and packs
// it as a JPEG under a size cap.
//
// It is pure: pictures in, values out. It must never know what a document says, where it goes, or that there is a camera.
// Its first rule is that nothing of a document is ever cut away by mistake: what it isn't sure of, it leaves whole.
package page
