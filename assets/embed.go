package assets

import (
	"embed"
	"sort"
	"strings"
)

// The embedded bytes are read-only: variables only because Go's embed asks for them.
var (
	//go:embed fonts/ZhizhuSans-Regular.otf
	fontRegular []byte
	//go:embed fonts/ZhizhuSans-Bold.otf
	fontBold []byte
	//go:embed icons/*.svg
	icons embed.FS
)

// FontRegular returns the bundled font, an OpenType file. The bytes must not be changed.
func FontRegular() []byte { return fontRegular }

// FontBold returns the bundled bold font, an OpenType file. The bytes must not be changed.
func FontBold() []byte { return fontBold }

// Icon returns an SVG by its name without ".svg", drawn with strokes in currentColor on a 24-unit grid, and whether
// there is one. The one exception is card-on-reader, a coloured illustration of 620 by 460 units.
func Icon(name string) ([]byte, bool) {
	b, err := icons.ReadFile("icons/" + name + ".svg")
	return b, err == nil
}

// IconNames returns the names of all icons, sorted, for tests and for checking a catalogue.
func IconNames() []string {
	entries, err := icons.ReadDir("icons")
	if err != nil {
		return nil
	}
	names := make([]string, 0, len(entries))
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".svg"))
	}
	sort.Strings(names)
	return names
}
