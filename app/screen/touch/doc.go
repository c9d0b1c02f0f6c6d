// Package touch holds the controls that a finger uses and the board on which a page lays them out: flat, square-filled,
// without animation, each once built and then refilled.
//
// It must never know what a page is about: it gets words, colours and callbacks.
package touch
