package visit

// Step is the page that a visit stands on. Its String is the name that the pilot's `wait` uses.
type Step int

// Steps, in the order of a visit.
const (
	Attract Step = iota
	Home
	List // a theme's items, or search results
	Guide
	Identify
	Questions
	Materials
	Commitment
	Signing
	Review
	Lodging
	Receipt
	Progress // what this person lodged here
	Wiped
	OutOfService
	Staff // diagnostics
)

var stepNames = [...]string{
	"attract", "home", "list", "guide", "identify", "questions", "materials", "commitment", "sign", "review",
	"lodging", "receipt", "progress", "wiped", "out-of-service", "staff",
}

// String returns the step's name.
func (s Step) String() string {
	if s < 0 || int(s) >= len(stepNames) {
		return "unknown"
	}
	return stepNames[s]
}

// Steps returns all steps, for tests that walk them.
func Steps() []Step {
	all := make([]Step, len(stepNames))
	for i := range all {
		all[i] = Step(i)
	}
	return all
}
