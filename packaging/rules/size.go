package rules

import (
	"go/ast"
	"slices"
)

// Sizes are lines of product code: of each file, and of each function.
type Sizes struct{ Files, Funcs []int }

// measure adds one file.
func (z *Sizes) measure(s Source) {
	if s.Test() {
		return
	}
	z.Files = append(z.Files, s.fset.File(s.File.Pos()).LineCount())
	for _, d := range s.File.Decls {
		if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil {
			z.Funcs = append(z.Funcs, s.fset.Position(f.End()).Line-s.fset.Position(f.Pos()).Line+1)
		}
	}
}

// p90 returns the ninth decile, 0 for nothing.
func p90(all []int) int {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[(len(sorted)*9-1)/10]
}
