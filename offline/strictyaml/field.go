package strictyaml

import (
	"reflect"
	"strings"
)

// field is one key that a struct knows.
type field struct {
	name  string
	index []int
	need  bool
	words []string // from oneof; nil for anything
}

// fieldsOf returns the keys of a struct in their order, those of inlined structs in place.
func fieldsOf(t reflect.Type) []field {
	var fields []field
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("yaml"), ",")
		switch {
		case name == "-" || !f.IsExported():
			continue
		case options == "inline" && f.Type.Kind() == reflect.Struct:
			for _, below := range fieldsOf(f.Type) {
				below.index = append([]int{i}, below.index...)
				fields = append(fields, below)
			}
			continue
		case name == "":
			name = strings.ToLower(f.Name)
		}
		one := field{name: name, index: []int{i}, need: f.Tag.Get("need") == "true"}
		if words := f.Tag.Get("oneof"); words != "" {
			one.words = strings.Fields(words)
		}
		fields = append(fields, one)
	}
	return fields
}

func names(fields []field) []string {
	all := make([]string, len(fields))
	for i, f := range fields {
		all[i] = f.name
	}
	return all
}
