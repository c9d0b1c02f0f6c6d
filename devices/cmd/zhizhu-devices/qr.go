package main

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"image"
	"io"
	"io/fs"
	"os"

	"zhizhu/devices/camera"
	"zhizhu/devices/qr"
)

// qrCmd are the field tools for codes.
type qrCmd struct {
	Decode qrDecodeCmd `cmd:"" help:"Read the QR codes of pictures (PNG, JPEG, GIF). Exits with 1 if there was a picture without a code that can be read, after all the others. A code may be somebody's token: the output is for the screen, not for a file."`
}

type qrDecodeCmd struct {
	JSON   bool     `name:"json" help:"One JSON object a line for each code, or for a picture that yields none: {\"file\":…,\"text\":…,\"raw_hex\":…} or {\"file\":…,\"error\":…}. Without it, the same for people."`
	Images []string `arg:"" name:"image" help:"Picture files."`
}

// readCode is what is said of one code, or of a picture without any. An empty code has a text, which is "".
type readCode struct {
	File   string  `json:"file"`
	Text   *string `json:"text,omitempty"`
	RawHex *string `json:"raw_hex,omitempty"` // as the code has it, in its own charset
	Error  string  `json:"error,omitempty"`
}

var (
	errNoCode      = errors.New("no QR code that can be read in this picture: take it from nearer, flat, without glare")
	errNotAPicture = errors.New("a folder: name the pictures in it")
)

// Run is kong's.
func (c qrDecodeCmd) Run(stdout io.Writer) error {
	enc := json.NewEncoder(stdout)
	enc.SetEscapeHTML(false)
	failed := 0
	decoder := qr.NewDecoder()
	for _, file := range c.Images {
		codes, err := readPicture(decoder, file)
		if err != nil {
			failed++
		}
		for _, r := range said(file, codes, err) {
			if err := c.say(enc, stdout, r); err != nil {
				return fmt.Errorf("write what was read: %w", err)
			}
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d of %d pictures: no code read", failed, len(c.Images))
	}
	return nil
}

func (c qrDecodeCmd) say(enc *json.Encoder, stdout io.Writer, r readCode) error {
	if c.JSON {
		return enc.Encode(r)
	}
	text := r.Error
	if r.Text != nil {
		text = *r.Text
	}
	_, err := fmt.Fprintf(stdout, "%s: %s\n", r.File, text)
	return err
}

func said(file string, codes []qr.Result, err error) (all []readCode) {
	if err != nil {
		return []readCode{{File: file, Error: err.Error()}}
	}
	for _, r := range codes {
		raw := hex.EncodeToString(r.Raw)
		all = append(all, readCode{File: file, Text: &r.Text, RawHex: &raw})
	}
	return all
}

// readPicture yields at least one code, or an error.
func readPicture(decoder *qr.Decoder, file string) ([]qr.Result, error) {
	m, err := openPicture(file)
	if err != nil {
		return nil, err
	}
	pix, w, h, stride := camera.Frame{Image: camera.Plain(m, true)}.Luma()
	codes, err := decoder.DecodeAll(pix, w, h, stride)
	if err == nil && len(codes) == 0 {
		err = errNoCode
	}
	return codes, err
}

func openPicture(file string) (image.Image, error) {
	f, err := os.Open(file)
	if p, ok := errors.AsType[*fs.PathError](err); ok { // the file is named beside the error
		return nil, fmt.Errorf("open picture: %w", p.Err)
	}
	if err != nil {
		return nil, fmt.Errorf("open picture: %w", err)
	}
	defer f.Close() //nolint:errcheck // it was only read
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, errNotAPicture
	}
	return camera.ReadImage(f)
}
