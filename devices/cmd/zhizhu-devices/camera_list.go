package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

type cameraListCmd struct {
	JSON bool `name:"json" help:"One JSON object a line; without it, a table."`

	root string // of the file system; a test's
}

// listed is one video device.
type listed struct {
	Path string `json:"path"`
	Name string `json:"name,omitempty"` // as the camera calls itself
	// Link names the camera whatever order the machine finds its cameras in: what belongs into the configuration.
	Link string `json:"link,omitempty"`
}

// Run is kong's.
func (c cameraListCmd) Run(stdout io.Writer) error {
	all, err := cameras(cmp.Or(c.root, "/"))
	if err != nil {
		return fmt.Errorf("list cameras: %w", err)
	}
	if len(all) == 0 && !c.JSON {
		_, err := io.WriteString(stdout, "没有找到摄像头（/dev/video*）：请检查 USB 线\n")
		return err
	}
	for _, l := range all {
		if err := l.say(stdout, c.JSON); err != nil {
			return fmt.Errorf("list cameras: %w", err)
		}
	}
	return nil
}

func (l listed) say(w io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(w).Encode(l)
	}
	_, err := fmt.Fprintf(w, "%-14s %-32s %s\n", l.Path, l.Name, l.Link)
	return err
}

// cameras finds what yields pictures: of a camera with several video devices the first, since the others yield data about
// pictures.
func cameras(root string) ([]listed, error) {
	found, err := filepath.Glob(filepath.Join(root, "dev", "video*"))
	if err != nil {
		return nil, err
	}
	links, err := filepath.Glob(filepath.Join(root, "dev", "v4l", "by-id", "*"))
	if err != nil {
		return nil, err
	}
	var out []listed
	for _, path := range found {
		about := filepath.Join(root, "sys", "class", "video4linux", filepath.Base(path))
		if index := sysLine(filepath.Join(about, "index")); index != "" && index != "0" {
			continue
		}
		l := listed{Path: path, Name: sysLine(filepath.Join(about, "name"))}
		for _, link := range links {
			if target, err := filepath.EvalSymlinks(link); err == nil && filepath.Base(target) == filepath.Base(path) {
				l.Link = link
			}
		}
		out = append(out, l)
	}
	slices.SortFunc(out, func(a, b listed) int {
		return cmp.Or(cmp.Compare(len(a.Path), len(b.Path)), cmp.Compare(a.Path, b.Path)) // video2 before video10
	})
	return out, nil
}

// sysLine is a file's text, "" where there is none.
func sysLine(path string) string {
	data, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(data))
}
