// Package catalog carries the catalogue's files inside the program: themes.yaml and items/<theme>/<id>.yaml. It only
// hands the files out; offline/catalog/load reads and checks them.
package catalog

import (
	"embed"
	"io/fs"
)

//go:embed themes.yaml items
var files embed.FS

// FS returns the catalogue's folder.
func FS() fs.FS { return files }
