// Package doccam takes pictures of documents with the camera over the mat: a live preview with advice, and stills that are
// straightened, cropped and packed as JPEG attachments (devices/doccam/page does that).
//
// While it is not switched on, no frame is looked at. Nothing is written to disk, and what was seen is overwritten by
// Forget. It must never know what a document says, whose it is, or where its picture goes.
package doccam
