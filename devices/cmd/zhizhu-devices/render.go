package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"zhizhu/assets"
	"zhizhu/devices/sim/paper"
)

// printerCmd are the printer's field tools.
type printerCmd struct {
	Render renderCmd `cmd:"" help:"Show what a printer makes of the bytes of a file. Every byte must belong to a known command."`
}

type renderCmd struct {
	File string `arg:"" type:"existingfile" help:"Bytes as they were sent to a printer (ESC/POS)."`
	PNG  string `name:"png" type:"path" placeholder:"OUT.png" help:"Write a picture of each slip; with several, OUT-2.png and so on."`
	Text bool   `help:"Write the text of each slip to stdout; so it is without --png."`
	Dots int    `default:"576" help:"Printable width of the roll in dots: 576 for 80 mm, 384 for 58 mm."`
}

var errNothingPrinted = errors.New("the file prints nothing")

// Run is kong's.
func (c renderCmd) Run(stdout io.Writer) error {
	raw, err := os.ReadFile(c.File)
	if err != nil {
		return fmt.Errorf("read file: %w", err)
	}
	all, err := paper.Receipts(raw)
	if err != nil {
		return fmt.Errorf("read %s: %w", c.File, err)
	}
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
		return errNothingPrinted
	}
	return nil
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
