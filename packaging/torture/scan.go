package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"

	"zhizhu/devices/sim"
)

// needle is one form of one piece of personal data.
type needle struct {
	what string // whose, and in which form; never the data itself
	form []byte
}

// shortest is below what a needle may not be: shorter ones turn up in sealed bytes by chance.
const shortest = 6

// needles are names, numbers, phones and addresses of all personas, in every form in which a program might write them.
func needles() []needle {
	var all []needle
	for i, p := range sim.Personas() {
		c := p.Card
		for what, text := range map[string]string{
			"name": c.Name, "English name": c.EnglishName, "number": c.Number, "address": c.Address, "phone": phoneOf(i),
		} {
			if text != "" {
				all = append(all, forms(p.ID+"'s "+what, text)...)
			}
		}
	}
	return all
}

// forms are the encodings of a text, each plain, in hex, and in base64 at each of its three places.
func forms(what, text string) []needle {
	var all []needle
	seen := map[string]bool{}
	add := func(how string, form []byte) {
		if len(form) >= shortest && !seen[string(form)] {
			seen[string(form)] = true
			all = append(all, needle{what + " in " + how, form})
		}
	}
	encodings := map[string]encoding.Encoding{
		"UTF-8": encoding.Nop, "GBK": simplifiedchinese.GBK, "UTF-16LE": unicode.UTF16(unicode.LittleEndian, unicode.IgnoreBOM),
	}
	for name, e := range encodings {
		raw, err := e.NewEncoder().Bytes([]byte(text))
		if err != nil {
			continue // GBK doesn't have every name
		}
		add(name, raw)
		lower := hex.EncodeToString(raw)
		add("hex of "+name, []byte(lower))
		add("hex of "+name, []byte(strings.ToUpper(lower)))
		for shift := range 3 {
			add("base64 of "+name, base64At(raw, shift))
		}
	}
	return all
}

// base64At is what of raw's base64 doesn't depend on its neighbours, when raw begins shift bytes after a group's begin.
func base64At(raw []byte, shift int) []byte {
	text := base64.RawStdEncoding.EncodeToString(append(make([]byte, shift), raw...))
	begin := []int{0, 2, 3}[shift]
	end := (shift + len(raw)) * 8 / 6 // whole characters
	return []byte(text[begin:end])
}

// walk lists the files below a folder.
func walk(dir string) []string {
	var files []string
	_ = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, path)
		}
		return nil //nolint:nilerr // what can't be read by root, nobody reads
	})
	return files
}

// scan looks for personal data in files, names of files included, and says what is where.
func scan(files []string) ([]string, error) {
	all := needles()
	var found []string
	for _, path := range files {
		data, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("scan: %w", err)
		}
		data = append(append(data, 0), path...)
		for _, n := range all {
			if bytes.Contains(data, n.form) {
				found = append(found, fmt.Sprintf("%s: %s", filepath.Base(path), n.what))
			}
		}
	}
	return found, nil
}
