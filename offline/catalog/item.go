package catalog

import "strconv"

// Catalog is the whole of what a machine offers. It is immutable once loaded.
type Catalog struct {
	Version string // e.g. "2026.11.23-1"
	Digest  string // SM3 over the files' names and contents, hex
	Themes  []Theme
	Items   []*Item // in the order of themes, then of files
}

// Theme is one field of service (主题), e.g. 社会保险.
type Theme struct {
	ID   string `yaml:"id" need:"true"`
	Name string `yaml:"name" need:"true"`
	Icon string `yaml:"icon" need:"true"` // name of an icon in assets/icons
	Tint string `yaml:"tint" need:"true" oneof:"blue green red brown"`
}

// Kind says what a resident gets at the machine.
type Kind string

// Kinds of items.
const (
	Query       Kind = "query"
	Print       Kind = "print"
	Apply       Kind = "apply"
	Appointment Kind = "appointment"
	PayGuide    Kind = "pay-guide"
	Feedback    Kind = "feedback"
)

// OfflineRule says what may be done with an item while the network is down (requirements.md 3.1).
type OfflineRule string

// Offline rules.
const (
	OfflineLodge  OfflineRule = "lodge"  // taken in and sent later
	OfflineAnswer OfflineRule = "answer" // answered from public data, with its date
	OfflineTicket OfflineRule = "ticket" // a request is taken in; the upstream answers later
	OfflineGuide  OfflineRule = "guide"  // the guide only
)

// Item is one service of the catalogue.
//
// The struct tags are the whole schema: need says that a key must be there, oneof which words it may hold. Package
// strictyaml reads both.
type Item struct {
	ID         string   `yaml:"id" need:"true"`
	Name       string   `yaml:"name" need:"true"`     // official name
	Short      string   `yaml:"short" need:"true"`    // what villagers call it, at most 14 characters, for tiles
	Tagline    string   `yaml:"tagline" need:"true"`  // one plain line under the name
	Icon       string   `yaml:"icon,omitempty"`       // name of an icon in assets/icons; the theme's where empty
	Codes      Codes    `yaml:"codes,omitempty"`      // official codes where known
	Aliases    []string `yaml:"aliases,omitempty"`    // other names
	Keywords   []string `yaml:"keywords" need:"true"` // village wording for search
	Theme      string   `yaml:"theme" need:"true"`    // Theme.ID; must be the folder's name
	Type       string   `yaml:"type" need:"true"`     // 事项类型, one of Types
	Kind       Kind     `yaml:"kind" need:"true" oneof:"query print apply appointment pay-guide feedback"`
	Audience   string   `yaml:"audience" need:"true"`
	Department string   `yaml:"department" need:"true"`
	Levels     []string `yaml:"levels" need:"true" oneof:"村 镇 区"`
	Frequent   int      `yaml:"frequent,omitempty"` // place among 大家常办 on the home screen, 0 for none

	Identity  Identity    `yaml:"identity" need:"true" oneof:"card none"`
	Guide     Guide       `yaml:"guide" need:"true"`
	Materials []Material  `yaml:"materials,omitempty"`
	Form      []Field     `yaml:"form,omitempty"`
	Policies  Policies    `yaml:"policies,omitempty"`
	Needs     []string    `yaml:"needs,omitempty" oneof:"idcard printer scanner"` // devices without which it can't be done
	Offline   OfflineRule `yaml:"offline" need:"true" oneof:"lodge answer ticket guide"`

	Source     string `yaml:"source" need:"true"` // where its facts come from
	Confidence string `yaml:"confidence" need:"true" oneof:"sure plausible"`

	Version string `yaml:"-"` // SM3 of the file, first 12 hex digits; set by load
	File    string `yaml:"-"` // for messages; set by load
}

// Types returns the types of items (事项类型) of the plan (梅县区府函〔2023〕28号 二(一)1, GB/T 39046 A.2).
func Types() []string {
	return []string{"行政许可", "行政确认", "行政裁决", "行政给付", "行政奖励", "行政备案", "其他行政权力", "公共服务"}
}

// Codes are the official codes of an item.
type Codes struct {
	Basic          string `yaml:"basic,omitempty"`          // 基本编码
	Implementation string `yaml:"implementation,omitempty"` // 实施编码
}

// Identity says how the applicant is known.
type Identity string

// Identity levels.
const (
	IdentityCard Identity = "card" // the ID card on the reader
	IdentityNone Identity = "none" // nobody is asked who they are (办不成事 may be left without a name)
)

// Guide is what an item's 办事指南 says, in plain words.
type Guide struct {
	Conditions []string   `yaml:"conditions" need:"true"` // who can do it
	Process    []string   `yaml:"process" need:"true"`    // steps after lodging
	Limit      Limit      `yaml:"limit,omitempty"`        // how long it takes
	Fee        string     `yaml:"fee" need:"true"`        // "不收费" or what is charged
	Result     string     `yaml:"result,omitempty"`       // what one gets in the end
	Places     []string   `yaml:"places" need:"true"`     // where else it can be done
	Questions  []Question `yaml:"questions" need:"true"`
	Notes      []string   `yaml:"notes,omitempty"`
}

// Limit is a term with its unit and basis. The zero Limit means that no official figure is known, and the screen says
// 以窗口答复为准.
type Limit struct {
	Value int    `yaml:"value,omitempty"`
	Unit  string `yaml:"unit,omitempty" oneof:"当场 个工作日 天 个月"` // 当场 has no value
	Basis string `yaml:"basis,omitempty"`                     // law or rule that says so
}

// OnTheSpot is the unit of a limit that has no value.
const OnTheSpot = "当场"

// UnknownLimit is what is said where no official term is known.
const UnknownLimit = "以窗口答复为准"

// Text returns the term as people read it: 20个工作日, 当场办结 or 以窗口答复为准.
func (l Limit) Text() string {
	switch {
	case l.Unit == OnTheSpot:
		return "当场办结"
	case l.Value <= 0 || l.Unit == "":
		return UnknownLimit
	}
	return strconv.Itoa(l.Value) + l.Unit
}

// Question is one that residents ask, with its answer.
type Question struct {
	Ask    string `yaml:"ask" need:"true"`
	Answer string `yaml:"answer" need:"true"`
}

// Material is one paper or record that an item needs.
type Material struct {
	ID     string `yaml:"id" need:"true"`
	Name   string `yaml:"name" need:"true"`
	Issuer string `yaml:"issuer,omitempty"`
	// Card says that the ID card on the reader is this material: it is never asked for again (R25).
	Card bool `yaml:"card,omitempty"`
	// ECert names the electronic certificate or shared data that replaces it (R34): it isn't asked for either.
	ECert string `yaml:"ecert,omitempty"`
	// Main marks a main material: without it the matter can't be taken in, and it may never be supplied later (R40).
	Main bool `yaml:"main,omitempty"`
	// Later says that it may be supplied after lodging (容缺, R40).
	Later bool `yaml:"later,omitempty"`
	// When is the condition on the answers under which it is needed (情形, R09).
	When Condition `yaml:"when,omitempty"`
	Help string    `yaml:"help,omitempty"`
}

// Policies are the rules that the engine keeps for an item.
type Policies struct {
	// AcceptOnReceipt is 收件即受理 (R19): a 受理凭证 is given at once; otherwise a 收件凭证.
	AcceptOnReceipt bool     `yaml:"accept_on_receipt,omitempty"`
	Promise         *Promise `yaml:"promise,omitempty"`
	// Declare holds what the applicant must tick before signing, where there is no 告知承诺.
	Declare []string `yaml:"declare,omitempty"`
}

// Promise is a 告知承诺 (R39): what is promised and what follows if it is broken.
type Promise struct {
	Text      []string `yaml:"text" need:"true"`
	Liability string   `yaml:"liability" need:"true"`
}
