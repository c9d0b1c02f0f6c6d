package sheet

// Answers are the answers of a visit by field id. They are never changed in place: With returns a copy.
type Answers map[string]string

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
