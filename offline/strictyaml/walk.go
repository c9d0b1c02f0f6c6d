package strictyaml

import (
	"encoding"
	"fmt"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"
)

type decoder struct {
	file     string
	lines    *Lines
	problems FileErrors
	fields   map[reflect.Type][]field // of the structs met so far
}

// known returns the keys of a struct.
func (d *decoder) known(t reflect.Type) []field {
	fields, ok := d.fields[t]
	if !ok {
		fields = fieldsOf(t)
		d.fields[t] = fields
	}
	return fields
}

func (d *decoder) report(line int, format string, args ...any) {
	d.problems = append(d.problems, Problem{File: d.file, Line: line, Text: fmt.Sprintf(format, args...)})
}

func (d *decoder) root(node *yaml.Node, out any) {
	v := reflect.ValueOf(out)
	if v.Kind() != reflect.Pointer || v.Elem().Kind() != reflect.Struct {
		d.report(0, "decode into %T: not a pointer to a struct", out)
		return
	}
	if node.Tag == "!!null" {
		d.report(node.Line, "文件是空的")
		return
	}
	d.value(node, v.Elem(), nil, nil)
}

// value decodes one node into v. words are what a string may hold, nil for anything.
func (d *decoder) value(node *yaml.Node, v reflect.Value, path []any, words []string) {
	at, before := join(path), len(d.problems)
	if _, known := d.lines.at[at]; !known {
		d.lines.at[at] = node.Line
	}
	defer func() {
		if len(d.problems) > before {
			d.lines.failed[at] = true
		}
	}()
	if !d.plain(node) || node.Tag == "!!null" {
		return
	}
	if u, ok := reflect.TypeAssert[encoding.TextUnmarshaler](v.Addr()); ok {
		d.own(node, u)
		return
	}
	d.byKind(node, v, path, words)
}

// own lets a type read itself from one value.
func (d *decoder) own(node *yaml.Node, u encoding.TextUnmarshaler) {
	if !d.want(node, yaml.ScalarNode) {
		return
	}
	if err := u.UnmarshalText([]byte(node.Value)); err != nil {
		d.report(node.Line, "“%s”：%v", node.Value, err)
	}
}

func (d *decoder) byKind(node *yaml.Node, v reflect.Value, path []any, words []string) {
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(node, v.Elem(), path, words)
	case reflect.Struct:
		if d.want(node, yaml.MappingNode) {
			d.mapping(node, v, path)
		}
	case reflect.Slice:
		if d.want(node, yaml.SequenceNode) {
			d.list(node, v, path, words)
		}
	case reflect.Map:
		if d.want(node, yaml.MappingNode) {
			d.table(node, v, path, words)
		}
	default:
		if d.want(node, yaml.ScalarNode) {
			d.scalar(node, v, words)
		}
	}
}

// plain refuses what makes a file hard to read by eye.
func (d *decoder) plain(node *yaml.Node) bool {
	switch {
	case node.Kind == yaml.AliasNode:
		d.report(node.Line, "“*%s”：不支持引用；请把内容直接写出来", node.Value)
		return false
	case node.Anchor != "":
		d.report(node.Line, "“&%s”：不支持引用；请删掉它", node.Anchor)
		return false
	case node.Style&yaml.TaggedStyle != 0:
		d.report(node.Line, "“%s”：不支持类型标记；请删掉它", node.Tag)
		return false
	}
	return true
}

// want reports whether the node has the shape that is needed here.
func (d *decoder) want(node *yaml.Node, kind yaml.Kind) bool {
	if node.Kind == kind {
		return true
	}
	word := ""
	if node.Kind == yaml.ScalarNode {
		word = "“" + node.Value + "”："
	}
	switch kind {
	case yaml.MappingNode:
		d.report(node.Line, "%s这里要写下一级的内容，每行一个“名字: 值”", word)
	case yaml.SequenceNode:
		d.report(node.Line, "%s这里要写清单，每行以“- ”开头", word)
	default:
		d.report(node.Line, "%s这里只能写一个值，不能有下一级的内容", word)
	}
	return false
}

func (d *decoder) mapping(node *yaml.Node, v reflect.Value, path []any) {
	fields := d.known(v.Type())
	seen := make(map[string]int, len(node.Content)/2)
	for i := 0; i+1 < len(node.Content); i += 2 {
		key, val := node.Content[i], node.Content[i+1]
		if !d.key(key, seen) {
			continue
		}
		at := slices.IndexFunc(fields, func(f field) bool { return f.name == key.Value })
		if at < 0 {
			d.report(key.Line, "“%s”：没有这个名字；%s", key.Value, hintKey(key.Value, names(fields)))
			continue
		}
		f := fields[at]
		below := append(slices.Clip(path), key.Value)
		d.lines.at[join(below)] = key.Line
		before := len(d.problems)
		d.value(val, v.FieldByIndex(f.index), below, f.words)
		if f.need && len(d.problems) == before && empty(val) {
			d.report(key.Line, "“%s”：不能空着；请在冒号后面写上内容", key.Value)
		}
	}
	for _, f := range fields {
		if _, ok := seen[f.name]; f.need && !ok {
			d.report(node.Line, "“%s”：缺少这一项；请补上“%s: …”%s", f.name, f.name, choices(f.words))
		}
	}
}

// hintKey is Hint for a key; it also knows the slip of writing two levels in one line.
func hintKey(key string, known []string) string {
	if first, rest, dotted := strings.Cut(key, "."); dotted && slices.Contains(known, first) {
		return "请分两行写，先写“" + first + ":”，下一行缩进两格写“" + rest + ": …”"
	}
	return Hint(key, known)
}

func choices(words []string) string {
	if len(words) == 0 {
		return ""
	}
	return "，可以写：" + strings.Join(words, "、")
}

// key takes a mapping's key unless it is no plain word or stood there before.
func (d *decoder) key(key *yaml.Node, seen map[string]int) bool {
	if key.Kind != yaml.ScalarNode || key.Tag == "!!merge" {
		d.report(key.Line, "“%s”：这里要写一个名字", key.Value)
		return false
	}
	if !d.plain(key) {
		return false
	}
	if line, again := seen[key.Value]; again {
		d.report(key.Line, "“%s”：写了两次，前一次在第 %d 行；请删掉一个", key.Value, line)
		return false
	}
	seen[key.Value] = key.Line
	return true
}

// empty reports whether a value that is needed says nothing.
func empty(node *yaml.Node) bool {
	if node.Kind == yaml.ScalarNode {
		return strings.TrimSpace(node.Value) == "" || node.Tag == "!!null"
	}
	return len(node.Content) == 0
}

func (d *decoder) list(node *yaml.Node, v reflect.Value, path []any, words []string) {
	v.Set(reflect.MakeSlice(v.Type(), len(node.Content), len(node.Content)))
	for i, n := range node.Content {
		before := len(d.problems)
		d.value(n, v.Index(i), append(slices.Clip(path), i), words)
		if len(d.problems) == before && empty(n) {
			d.report(n.Line, "清单的第 %d 条是空的；请写上内容，或删掉这一行", i+1)
		}
	}
}

func (d *decoder) table(node *yaml.Node, v reflect.Value, path []any, words []string) {
	if v.Type().Key().Kind() != reflect.String {
		d.report(node.Line, "decode into %s: keys must be strings", v.Type())
		return
	}
	v.Set(reflect.MakeMap(v.Type()))
	seen := make(map[string]int)
	for i := 0; i+1 < len(node.Content); i += 2 {
		key := node.Content[i]
		if !d.key(key, seen) {
			continue
		}
		one := reflect.New(v.Type().Elem()).Elem()
		d.value(node.Content[i+1], one, append(slices.Clip(path), key.Value), words)
		v.SetMapIndex(reflect.ValueOf(key.Value).Convert(v.Type().Key()), one)
	}
}

func (d *decoder) scalar(node *yaml.Node, v reflect.Value, words []string) {
	s := node.Value
	switch v.Kind() {
	case reflect.String:
		d.text(node, v, words)
	case reflect.Bool:
		b, err := strconv.ParseBool(s)
		if node.Tag != "!!bool" || err != nil {
			d.report(node.Line, "“%s”：这里只能写 true（是）或 false（否）", s)
			return
		}
		v.SetBool(b)
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		if v.Type() == reflect.TypeFor[time.Duration]() {
			d.duration(node, v)
			return
		}
		n, err := strconv.ParseInt(s, 10, v.Type().Bits())
		if err != nil || node.Tag != "!!int" {
			d.report(node.Line, "“%s”：这里要写一个整数，不加引号和单位", s)
			return
		}
		v.SetInt(n)
	case reflect.Float32, reflect.Float64:
		n, err := strconv.ParseFloat(s, v.Type().Bits())
		if err != nil || node.Tag != "!!float" && node.Tag != "!!int" || n != n || n-n != 0 {
			d.report(node.Line, "“%s”：这里要写一个数，不加引号和单位", s)
			return
		}
		v.SetFloat(n)
	default:
		d.report(node.Line, "decode into %s: unsupported type", v.Type())
	}
}

// text takes a string as it is written: 0427 and 2026-11-23 stay what they are without quotes.
func (d *decoder) text(node *yaml.Node, v reflect.Value, words []string) {
	if node.Tag == "!!bool" {
		d.report(node.Line, "“%s”：这里要写文字；如果就是这个词，请加上引号：\"%s\"", node.Value, node.Value)
		return
	}
	if words != nil && !slices.Contains(words, node.Value) {
		if strings.TrimSpace(node.Value) != "" {
			d.report(node.Line, "“%s”：不能这样写；%s", node.Value, Hint(node.Value, words))
		}
		return
	}
	v.SetString(node.Value)
}

func (d *decoder) duration(node *yaml.Node, v reflect.Value) {
	t, err := time.ParseDuration(node.Value)
	if err != nil {
		d.report(node.Line, "“%s”：这里要写时长，比如 30s（30 秒）、5m（5 分钟）", node.Value)
		return
	}
	v.SetInt(int64(t))
}
