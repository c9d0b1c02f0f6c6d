// Package screen is the window: it lays out a visit.View and emits the events that the View's actions carry. One file a
// page; the look lies in screen/theme, the controls in screen/touch.
//
// It must never decide anything about a visit and chooses no words but the captions of its own keys (words.go). All of
// Fyne stays below this folder, and all of Fyne's calls happen on Fyne's goroutine: Show, Wipe and the pilot's methods
// hand functions to it.
//
// Nothing scrolls. What does not fit is cut into pages with big keys. Each page is built once and refilled; while one is
// hidden it holds nothing that a resident gave.
package screen
