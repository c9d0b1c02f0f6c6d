package audit

import (
	"bufio"
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
)

// ErrFile: not an export of an audit log.
var ErrFile = errors.New("not an export of an audit log")

const maxLine = 4 * maxBody

// VerifyFile checks an export. A file that was cut short is reported as such, not an error.
func VerifyFile(in io.Reader, o VerifyOptions) (Report, error) {
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 0, 4096), maxLine)
	if !lines.Scan() {
		return Report{}, errors.Join(fmt.Errorf("verify audit file: %w", ErrFile), lines.Err())
	}
	var start opening
	if err := strict(lines.Bytes(), &start); err != nil || start.Format != exportFormat {
		return Report{}, fmt.Errorf("verify audit file: %w", ErrFile)
	}
	var text []byte
	if start.Begin != nil {
		text, _ = json.Marshal(start.Begin) // of strings and numbers: it can't fail
	}
	begin, _, fault := readCheckpoint(text, o)
	w, err := newWalk(o, begin)
	if err != nil {
		return Report{}, fmt.Errorf("verify audit file: %w", err)
	}
	w.report.Terminal = start.Terminal
	if fault != "" {
		w.fault(Altered, begin.seq, begin.seq, fault)
		return w.end(nil), nil
	}
	f := &file{lines: lines, walk: w}
	if err := w.run(f.pieces()); err != nil && !errors.Is(err, bufio.ErrTooLong) {
		return w.report, fmt.Errorf("verify audit file: %w", err)
	}
	return f.finish(o), nil
}

// file reads the lines between the opening and the closing one.
type file struct {
	lines *bufio.Scanner
	walk  *walk
	end   *signed
	more  bool // something stands after the end
}

func (f *file) pieces() iter.Seq2[piece, error] {
	return func(yield func(piece, error) bool) {
		for f.lines.Scan() {
			text := f.lines.Bytes()
			var last closing
			if strict(text, &last) == nil && last.Head != nil {
				f.end = last.Head
				f.more = f.lines.Scan()
				return
			}
			if !yield(parsePiece(text), nil) {
				return
			}
		}
		if err := f.lines.Err(); err != nil {
			yield(piece{}, err)
		}
	}
}

// parsePiece reads a record's line.
func parsePiece(text []byte) piece {
	bad := piece{bad: ErrRecord}
	var x line
	if err := strict(text, &x); err != nil {
		return bad
	}
	kid, err := hex.DecodeString(x.KeyID)
	if err != nil || len(kid) != kidSize {
		return bad
	}
	sum, ok1 := parseHash(x.Hash)
	mac, ok2 := parseHash(x.MAC)
	r, err := decodeRecord(x.Record)
	if !ok1 || !ok2 || err != nil {
		return bad
	}
	return piece{seq: r.Seq, link: link{kid: [kidSize]byte(kid), hash: sum, mac: mac, body: bytes.Clone(x.Record)}}
}

// finish judges the end of a file.
func (f *file) finish(o VerifyOptions) Report {
	w := f.walk
	if w.report.First != nil {
		return w.end(nil)
	}
	if f.end == nil {
		w.fault(Removed, w.at.seq+1, w.at.seq+1, "the file is cut short: its signed end is missing")
		return w.end(nil)
	}
	head, ok := f.end.point()
	switch v := f.end.judge(o); {
	case !ok || v == forged || f.end.Terminal != w.report.Terminal:
		w.fault(Altered, w.at.seq, w.at.seq, "the end was not signed by this terminal")
	case v == genuine && head == w.at:
		w.proven = max(w.proven, w.at.seq)
	}
	if f.more {
		w.fault(Inserted, w.at.seq+1, w.at.seq+1, "something stands after the signed end")
	}
	return w.end(&head)
}

// strict decodes one line of JSON without anything unknown in it.
func strict(text []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(into); err != nil {
		return ErrFile
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return ErrFile
	}
	return nil
}
