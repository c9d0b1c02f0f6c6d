// Package camera yields pictures: from a V4L2 camera ([OpenV4L2]) or from picture files ([Folder]), both as a [Source].
//
// A frame lives during one call only, and nothing is kept: what is seen is a person's papers or face. This package must
// never know what a picture shows, never write one to disk, and never log a file's name.
//
// V4L2 is spoken by github.com/blackjack/webcam (pure Go; the one such library that Go's proxy serves, protocols.md
// E4). What is wrong or lacking in it is made up for here: it says that it set the size that was asked for even where
// the driver took another, so frames are judged by their length; it drops error numbers, so troubles are told apart by
// their words; it panics on what some drivers report, so its calls are guarded. One thing can't be mended from outside:
// if starting the stream fails, its buffers stay mapped, and the camera stays in use until this program ends or the
// camera is unplugged.
package camera
