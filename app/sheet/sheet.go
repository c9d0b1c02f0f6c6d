package sheet

import (
	"log/slog"
	"maps"

	"zhizhu/offline/catalog"
)

// Answers are the answers of a visit by field id. They are never changed in place: With returns a copy. They hold
// personal data and redact themselves in logs.
type Answers map[string]string

// LogValue keeps every answer out of logs.
func (a Answers) LogValue() slog.Value { return slog.StringValue("answers(redacted)") }

// String keeps every answer out of %v.
func (a Answers) String() string { return "answers(redacted)" }

// With returns the answers with one set. Answers of fields that are hidden by it are kept, so that going back loses
// nothing; Final leaves them out. An empty value takes the answer away.
func With(a Answers, field, value string) Answers {
	next := make(Answers, len(a)+1)
	maps.Copy(next, a)
	if value == "" {
		delete(next, field)
	} else {
		next[field] = value
	}
	return next
}

// Merge returns the answers with what is known already laid over them.
func Merge(answers, prefilled Answers) Answers {
	next := make(Answers, len(answers)+len(prefilled))
	maps.Copy(next, answers)
	maps.Copy(next, prefilled)
	return next
}

// Visible returns the fields whose conditions hold, in the form's order. A condition sees the answers of visible fields
// only: what was answered on a path that has been left decides nothing.
func Visible(item *catalog.Item, answers Answers) []*catalog.Field {
	fields, _ := walk(item, answers)
	return fields
}

// Final returns the answers that count: of visible fields of the item only, cleaned, without empty ones. It is what is
// signed and lodged.
func Final(item *catalog.Item, answers Answers) Answers {
	_, seen := walk(item, answers)
	return seen
}

// walk goes through the form once. Since conditions look at earlier fields only (load sees to it), one pass is enough.
func walk(item *catalog.Item, answers Answers) ([]*catalog.Field, Answers) {
	var fields []*catalog.Field
	seen := make(Answers, len(item.Form))
	for i := range item.Form {
		f := &item.Form[i]
		if !f.When.Holds(seen) {
			continue
		}
		fields = append(fields, f)
		if v := Clean(f, answers[f.ID]); v != "" {
			seen[f.ID] = v
		}
	}
	return fields, seen
}

// Asked returns the fields that this person is asked, in the form's order: visible, and not known already (R25).
// Nothing outside the item's form is ever asked (R10).
func Asked(item *catalog.Item, answers, prefilled Answers) []*catalog.Field {
	var asked []*catalog.Field
	for _, f := range Visible(item, Merge(answers, prefilled)) {
		if prefilled[f.ID] == "" {
			asked = append(asked, f)
		}
	}
	return asked
}

// Pair is one answer as people read it.
type Pair struct {
	Field *catalog.Field
	Label string
	Text  string
}

// Known returns what is known already and not asked, as people read it; the middle of an ID number is masked, since the
// screen stands in a public room.
func Known(item *catalog.Item, answers, prefilled Answers) []Pair {
	var known []Pair
	for _, f := range Visible(item, Merge(answers, prefilled)) {
		v := prefilled[f.ID]
		if v == "" {
			continue
		}
		text := Text(f, v)
		if f.Type == catalog.IDNo {
			text = maskMiddle(v)
		}
		known = append(known, Pair{Field: f, Label: f.Label, Text: text})
	}
	return known
}

// maskMiddle leaves the first six and the last four characters of a number.
func maskMiddle(number string) string {
	r := []rune(number)
	for i := range r {
		if i >= 6 && i < len(r)-4 || len(r) <= 10 {
			r[i] = '*'
		}
	}
	return string(r)
}

// Statement returns the sentences that the applicant must tick, word for word: those of the 告知承诺 (R39), then the
// declarations.
func Statement(item *catalog.Item) []string {
	var lines []string
	if p := item.Policies.Promise; p != nil {
		lines = append(lines, p.Text...)
	}
	return append(lines, item.Policies.Declare...)
}

// MustTick says whether there is anything to tick and sign.
func MustTick(item *catalog.Item) bool { return len(Statement(item)) > 0 }

// Fault says what is wrong with an answer, so that words can be chosen by it.
type Fault int

// Faults.
const (
	Fine Fault = iota
	Missing
	NotAnOption
	NotADate
	TooEarly
	TooLate
	NotANumber
	TooSmall
	TooLarge
	TooShort
	TooLong
	BadPhone
	BadIDNumber
	BadCharacter // a control character, or one that the font can't show
)

// Deficiency is one thing that keeps a sheet from being lodged.
type Deficiency struct {
	Field    string // field id, or "" for a material
	Material string // material id, or ""
	Label    string
	Fault    Fault
	Limit    string // the bound that was missed, as shown to people, or ""
}
