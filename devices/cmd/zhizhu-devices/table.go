package main

import (
	"strings"

	"golang.org/x/text/width"
)

// table aligns columns. A Chinese character is two columns wide on a terminal.
func table(rows [][]string) string {
	var wide [8]int
	for _, row := range rows {
		for i, cell := range row {
			wide[i] = max(wide[i], columns(cell))
		}
	}
	var b strings.Builder
	for _, row := range rows {
		gap := 0
		for i, cell := range row {
			if cell != "" {
				b.WriteString(strings.Repeat(" ", gap) + cell)
				gap = 0
			}
			gap += wide[i] - columns(cell) + 2
		}
		b.WriteString("\n")
	}
	return b.String()
}

func columns(s string) int {
	n := 0
	for _, r := range s {
		switch width.LookupRune(r).Kind() {
		case width.EastAsianWide, width.EastAsianFullwidth:
			n += 2
		default:
			n++
		}
	}
	return n
}
