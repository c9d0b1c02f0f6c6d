package escpos

import (
	"strings"

	"zhizhu/devices"
)

// minColumn is the least that a column is wide: two Chinese characters.
const minColumn = 4

// columnLines sets columns beside each other, a cell apart. Columns for which the paper has no room stand under each
// other.
func columnLines(cols []devices.Column, total int) []string {
	widths := columnWidths(cols, total)
	if widths == nil {
		var out []string
		for _, c := range cols {
			out = append(out, wrap(clean(c.Text), total)...)
		}
		return out
	}
	var out []string
	for i, c := range cols {
		for row, s := range wrap(clean(c.Text), widths[i]) {
			if row == len(out) {
				out = append(out, "")
			}
			out[row] = place(out[row], s, begin(widths, i), widths[i], c.Align)
		}
	}
	return out
}

// place appends s to a row, in a column that begins at left.
func place(row, s string, left, wide int, a devices.Align) string {
	free := max(wide-width(s), 0)
	switch a {
	case devices.Left:
		free = 0
	case devices.Centre:
		free /= 2
	case devices.Right:
	}
	if s == "" {
		return row
	}
	return row + strings.Repeat(" ", max(left+free-width(row), 0)) + s
}

// begin is where a column begins.
func begin(widths []int, i int) int {
	at := i
	for _, w := range widths[:i] {
		at += w
	}
	return at
}

// columnWidths shares out the cells by weight; what doesn't divide goes to the last column. It returns nil where there
// are no columns, or where one would be too narrow.
func columnWidths(cols []devices.Column, total int) []int {
	free, sum := total-len(cols)+1, 0
	for _, c := range cols {
		sum += weight(c)
	}
	out := make([]int, len(cols))
	used := 0
	for i, c := range cols {
		out[i] = free * weight(c) / sum
		if i == len(cols)-1 {
			out[i] = free - used
		}
		if used += out[i]; out[i] < minColumn {
			return nil
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

func weight(c devices.Column) int { return min(max(c.Weight, 1), 100) }
