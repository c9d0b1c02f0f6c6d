package screen

// edit is a value being typed on a pad. The pad is ahead of the views: a quick finger types the next digit before the
// view of the last one has come back, so what was typed is kept here and views that only lag behind change nothing.
type edit struct {
	value string   // what the pad has made
	base  string   // the last value that a view has shown
	sent  []string // values emitted whose view has not come yet
	begun bool
}

// view takes in the value of a view. A value that is neither the last one seen nor one that was sent comes from
// elsewhere (a scan, a suggestion), and wins.
func (e *edit) view(value string) {
	if !e.begun {
		*e = edit{value: value, base: value, begun: true}
		return
	}
	if value == e.base && len(e.sent) > 0 {
		return // drawn before the first of the keys got there, or just as well
	}
	for i, v := range e.sent {
		if v == value {
			e.sent = e.sent[i+1:]
			e.base = value
			return
		}
	}
	e.value, e.base, e.sent = value, value, nil
}

// put makes a new value and remembers that its view is still to come.
func (e *edit) put(value string) {
	e.value = value
	e.sent = append(e.sent, value)
}

// dropLast returns a text without its last character.
func dropLast(s string) string {
	r := []rune(s)
	if len(r) == 0 {
		return ""
	}
	return string(r[:len(r)-1])
}
