// Package gallery holds a view of every kind of page, full and awkward: the longest names, all states of the paper, what
// is wrong and what is missing. Tests lay them out; cmd/zhizhu-gallery shows them in the real window.
//
// It must never be part of the machine's program: its people are made up.
package gallery
