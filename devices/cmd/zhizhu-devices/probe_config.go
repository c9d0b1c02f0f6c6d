package main

import (
	"fmt"
	"strings"

	"zhizhu/devices/probe"
)

// guessNote stands before what was only guessed.
const guessNote = "  # 推测：只剩这个端口，可能是扫码器；扫一个码确认后，去掉下面几行的“# ”\n"

// snippet is the part of the config that names what was found; the first of a kind counts. What was only guessed is
// commented out, so that nobody takes it over unseen.
func snippet(all []probe.Report) string {
	var b strings.Builder
	sure := false
	for _, kind := range []string{probe.IDCard, probe.Printer, probe.Scanner} {
		first := true
		for _, r := range all {
			text := fmt.Sprintf("  %s:\n    port: %s\n    baud: %d\n", kind, r.Port.Path, r.Finding.Baud)
			switch {
			case r.Finding.Kind != kind:
				continue
			case !r.Finding.Sure:
				b.WriteString(guessNote + comment(text))
			case first:
				b.WriteString(text)
				first, sure = false, true
			default: // there can be one only
				b.WriteString("  # 另有一台：\n" + comment(text))
			}
		}
	}
	switch {
	case b.Len() == 0:
		return ""
	case !sure: // a key without anything below it is no config
		return strings.Replace(b.String(), guessNote, strings.TrimLeft(guessNote, " ")+"# devices:\n", 1)
	}
	return "devices:\n" + b.String()
}

// comment puts "# " before each line of a device; without it the line stands where it stood.
func comment(text string) string {
	return "  #" + strings.ReplaceAll(strings.TrimSuffix(text[1:], "\n"), "\n ", "\n  #") + "\n"
}
