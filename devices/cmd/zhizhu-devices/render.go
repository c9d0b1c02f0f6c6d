package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/alecthomas/kong"

	"zhizhu/assets"
	"zhizhu/devices/sim/paper"
)

// printerCmd are the printer's field tools.
type printerCmd struct {
	Render renderCmd `cmd:"" help:"Show what a printer makes of the bytes of a file. Bytes that belong to no known command are told on stderr, with their offset, and left out."`
}

type renderCmd struct {
	File string `arg:"" help:"Bytes as they were sent to a printer (ESC/POS); - reads stdin."`
	PNG  string `name:"png" type:"path" placeholder:"OUT.png" help:"Write a picture of each slip; with several, OUT-2.png and so on."`
	Text bool   `help:"Write the text of each slip to stdout; so it is without --png."`
	Dots int    `default:"576" enum:"384,512,576" help:"Printable width of the roll in dots: 576 for 80 mm, 512 for 80 mm on some Epson, 384 for 58 mm."`
}

// Run is kong's. It ends well whatever the bytes are: what is wrong with them is said on stderr.
func (c renderCmd) Run(stdin io.Reader, stdout io.Writer, k *kong.Kong) error {
	raw, err := c.read(stdin)
	if err != nil {
		return err
	}
	all, err := paper.Receipts(raw)
	c.complain(k.Stderr, err)
	font, err := paper.NewFont(assets.FontRegular())
	if err != nil {
		return fmt.Errorf("read font: %w", err)
	}
	n := 0
	for _, slip := range all {
		if slip.Blank() {
			continue
		}
		n++
		if err := c.show(stdout, slip, font, n); err != nil {
			return err
		}
	}
	if n == 0 {
		c.complain(k.Stderr, errors.New("nothing is printed by these bytes"))
	}
	return nil
}

func (c renderCmd) read(stdin io.Reader) ([]byte, error) {
	if c.File == "-" {
		raw, err := io.ReadAll(stdin)
		if err != nil {
			return nil, fmt.Errorf("read stdin: %w", err)
		}
		return raw, nil
	}
	raw, err := os.ReadFile(c.File)
	if err != nil {
		return nil, fmt.Errorf("read file: %w", err)
	}
	return raw, nil
}

// complain says what was wrong with the bytes, a line each.
func (c renderCmd) complain(stderr io.Writer, err error) {
	if err != nil {
		for line := range strings.SplitSeq(err.Error(), "\n") {
			_, _ = fmt.Fprintf(stderr, "%s: %s\n", c.File, line) // nowhere else to say it
		}
	}
}

func (c renderCmd) show(stdout io.Writer, slip paper.Receipt, font *paper.Font, n int) error {
	if c.Text || c.PNG == "" {
		if _, err := io.WriteString(stdout, slip.Text()); err != nil {
			return fmt.Errorf("write text: %w", err)
		}
	}
	if c.PNG == "" {
		return nil
	}
	path := c.PNG
	if n > 1 {
		ext := filepath.Ext(path)
		path = fmt.Sprintf("%s-%d%s", strings.TrimSuffix(path, ext), n, ext)
	}
	f, err := os.Create(path)
	if err != nil {
		return fmt.Errorf("write picture: %w", err)
	}
	if err := errors.Join(slip.WritePNG(f, font, c.Dots), f.Close()); err != nil {
		return fmt.Errorf("write picture: %w", err)
	}
	return nil
}
