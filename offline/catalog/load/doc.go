// Package load reads the catalogue from its files: themes.yaml, and items/<theme>/<id>.yaml with one item each. A
// catalogue is taken whole or not at all (R07); all that is wrong in it is told at once, each with file, line, the wrong
// word and what to write instead, in plain Chinese.
//
// It must never know where the files lie (an fs.FS is handed in), what an item is about, or who looks at it.
package load
