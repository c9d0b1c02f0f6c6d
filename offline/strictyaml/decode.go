package strictyaml

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// MaxSize is the size in bytes above which a file is refused: nobody writes one by hand.
const MaxSize = 1 << 20

// Decode reads one YAML document into out, a pointer to a struct. Its error is of type FileErrors and holds all that is
// wrong. file is for messages only.
func Decode(file string, data []byte, out any) error {
	_, err := DecodeLines(file, data, out)
	return err
}

// Lines knows on which line of the file each value stands, for checks that only a caller can make.
type Lines struct {
	at     map[string]int
	failed map[string]bool
}

// Failed reports whether anything was wrong with the value at a path, or below it: a caller then need not complain
// about what follows from that.
func (l *Lines) Failed(path ...any) bool { return l != nil && l.failed[join(path)] }

// At returns the line of the value at a path of keys (string) and list places (int, from 0), or of the nearest value
// above it that is there.
func (l *Lines) At(path ...any) int {
	if l == nil {
		return 0
	}
	for n := len(path); n >= 0; n-- {
		if line, ok := l.at[join(path[:n])]; ok {
			return line
		}
	}
	return 0
}

func join(path []any) string {
	var b strings.Builder
	for _, p := range path {
		b.WriteByte('/')
		switch p := p.(type) {
		case string:
			b.WriteString(p)
		case int:
			b.WriteString(strconv.Itoa(p))
		}
	}
	return b.String()
}

// DecodeLines is Decode that also tells where things stand. Lines are returned with an error, too.
func DecodeLines(file string, data []byte, out any) (*Lines, error) {
	d := &decoder{
		file:   file,
		lines:  &Lines{at: make(map[string]int), failed: make(map[string]bool)},
		fields: make(map[reflect.Type][]field),
	}
	if node := d.parse(data); node != nil {
		d.root(node, out)
	}
	d.problems.Sort()
	return d.lines, d.problems.OrNil()
}

// parse returns the file's one document, or nil after a problem.
func (d *decoder) parse(data []byte) *yaml.Node {
	if len(data) > MaxSize {
		d.report(0, "文件太大；最多 1 MB")
		return nil
	}
	if !utf8.Valid(data) {
		d.report(invalidLine(data), "有不是 UTF-8 编码的字；请用 UTF-8 编码另存这个文件")
		return nil
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, more yaml.Node
	if err := dec.Decode(&doc); err != nil {
		d.syntax(err)
		return nil
	}
	if err := dec.Decode(&more); !errors.Is(err, io.EOF) {
		if err != nil {
			d.syntax(err)
		} else {
			d.report(more.Line, "“---”：一个文件只能写一份；请删掉这一行以下的内容，或另存成一个文件")
		}
		return nil
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 {
		d.report(0, "文件是空的")
		return nil
	}
	return doc.Content[0]
}

func invalidLine(data []byte) int {
	line := 1
	for len(data) > 0 {
		r, n := utf8.DecodeRune(data)
		if r == utf8.RuneError && n == 1 {
			break
		}
		if r == '\n' {
			line++
		}
		data = data[n:]
	}
	return line
}

// syntax reports what the YAML reader can't make sense of.
func (d *decoder) syntax(err error) {
	if errors.Is(err, io.EOF) {
		d.report(0, "文件是空的")
		return
	}
	line, text := 0, strings.TrimPrefix(err.Error(), "yaml: ")
	if m := regexp.MustCompile(`line (\d+): (.*)`).FindStringSubmatch(text); m != nil {
		line, _ = strconv.Atoi(m[1]) // the expression yields digits only
		text = m[2]
	}
	d.report(line, "这一行或上一行的格式不对（%s）；请检查：冒号后面要有一个空格、同一级的缩进要对齐、不能用 Tab 键缩进、引号要成对", text)
}
