package catalog

// FieldType says how a question is answered.
type FieldType string

// Field types.
const (
	Text   FieldType = "text"   // free text; Suggest offers answers by a tap
	Choice FieldType = "choice" // one of Options
	Date   FieldType = "date"   // ISO 8601 date
	Number FieldType = "number" // whole number, with Unit
	Phone  FieldType = "phone"  // mainland mobile or fixed-line number
	IDNo   FieldType = "idno"   // GB 11643 number
	Digits FieldType = "digits" // account, bill or certificate number; may be scanned
)

// Field is one question of an item's form. An answer is always a string: the option's value, an ISO date, digits.
type Field struct {
	ID       string    `yaml:"id" need:"true"`
	Type     FieldType `yaml:"type" need:"true" oneof:"text choice date number phone idno digits"`
	Label    string    `yaml:"label" need:"true"` // short name for review and receipt: 联系电话
	Ask      string    `yaml:"ask,omitempty"`     // the question in plain words: 您的手机号是多少？ Needed where it is asked
	Help     string    `yaml:"help,omitempty"`
	Options  []Option  `yaml:"options,omitempty"`
	Suggest  []string  `yaml:"suggest,omitempty"`
	Optional bool      `yaml:"optional,omitempty"`
	// Prefill names where the answer comes from; a prefilled answer is never asked (R25). Sex and nation come as words
	// (男, 汉族). Where a card lacks the value (a foreigner's card has no address) the field is asked.
	Prefill string `yaml:"prefill,omitempty" oneof:"card.name card.number card.sex card.nation card.birth card.address today"`
	// When is the condition under which the field is asked; the zero Condition always holds.
	When Condition `yaml:"when,omitempty"`

	Min       string `yaml:"min,omitempty"` // number: least value; date: see DateBound
	Max       string `yaml:"max,omitempty"`
	MinLength int    `yaml:"min_length,omitempty"` // text, digits: characters
	MaxLength int    `yaml:"max_length,omitempty"`
	Unit      string `yaml:"unit,omitempty"`
	Scan      bool   `yaml:"scan,omitempty"`  // digits: a scanned code may fill it in
	Wrong     string `yaml:"wrong,omitempty"` // what to say when the check fails, instead of the general words
}

// Option is one answer of a choice.
type Option struct {
	Value string `yaml:"value" need:"true"`
	Label string `yaml:"label" need:"true"`
	Icon  string `yaml:"icon,omitempty"`
}

// Condition is a test over the answers given so far. Source is the expression as written (github.com/expr-lang/expr
// syntax); load compiles it and checks it against the form's fields, so that this package stays pure.
type Condition struct {
	Source string
	eval   func(answers map[string]string) bool
}

// UnmarshalText takes the expression as it is written in a file. The condition holds until load has compiled it.
func (c *Condition) UnmarshalText(text []byte) error {
	*c = Condition{Source: string(text)}
	return nil
}

// IsZero reports whether there is no condition.
func (c Condition) IsZero() bool { return c.Source == "" }

// NewCondition returns a condition with its compiled form.
func NewCondition(source string, eval func(answers map[string]string) bool) Condition {
	return Condition{Source: source, eval: eval}
}

// Holds reports whether the condition is met. A condition without an expression is.
func (c Condition) Holds(answers map[string]string) bool {
	return c.eval == nil || c.eval(answers)
}
