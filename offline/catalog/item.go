package catalog

// Catalog is the whole of what a machine offers. It is immutable once loaded.
type Catalog struct {
	Version string // e.g. "2026.11.23-1"
	Digest  string // SM3 over the files' names and contents, hex
	Themes  []Theme
	Items   []*Item // in the order of themes, then of files
}

// Theme is one field of service (主题), e.g. 社会保险.
type Theme struct {
	ID   string `yaml:"id"`
	Name string `yaml:"name"`
	Icon string `yaml:"icon"` // name of an icon in assets/icons
	Tint string `yaml:"tint"` // blue, green, red or brown
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
type Item struct {
	ID         string   `yaml:"id"`
	Name       string   `yaml:"name"`               // official name
	Short      string   `yaml:"short"`              // what villagers call it, at most 14 characters, for tiles
	Tagline    string   `yaml:"tagline"`            // one plain line under the name
	Codes      Codes    `yaml:"codes,omitempty"`    // official codes where known
	Aliases    []string `yaml:"aliases,omitempty"`  // other names
	Keywords   []string `yaml:"keywords,omitempty"` // village wording for search
	Theme      string   `yaml:"theme"`              // Theme.ID; set from the folder
	Type       string   `yaml:"type"`               // 事项类型: 行政给付, 行政确认, 公共服务 ...
	Kind       Kind     `yaml:"kind"`
	Audience   string   `yaml:"audience"`
	Department string   `yaml:"department"`
	Levels     []string `yaml:"levels,omitempty"`   // 村, 镇, 区
	Frequent   int      `yaml:"frequent,omitempty"` // place among 大家常办 on the home screen, 0 for none

	Identity  Identity    `yaml:"identity"`
	Guide     Guide       `yaml:"guide"`
	Materials []Material  `yaml:"materials,omitempty"`
	Form      []Field     `yaml:"form,omitempty"`
	Policies  Policies    `yaml:"policies,omitempty"`
	Needs     []string    `yaml:"needs,omitempty"` // device modules without which it can't be done: idcard, printer, scanner
	Offline   OfflineRule `yaml:"offline"`

	Source     string `yaml:"source"`
	Confidence string `yaml:"confidence"` // sure or plausible

	Version string `yaml:"-"` // SM3 of the file, first 12 hex digits; set by load
	File    string `yaml:"-"` // for messages; set by load
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
	Conditions []string   `yaml:"conditions"`       // who can do it
	Process    []string   `yaml:"process"`          // steps after lodging
	Limit      Limit      `yaml:"limit,omitempty"`  // how long it takes
	Fee        string     `yaml:"fee"`              // "不收费" or what is charged
	Places     []string   `yaml:"places,omitempty"` // where else it can be done
	Questions  []Question `yaml:"questions,omitempty"`
	Notes      []string   `yaml:"notes,omitempty"`
}

// Limit is a term with its unit and basis. Value 0 with an empty Unit means that no official figure is known, and the
// screen says 以窗口答复为准.
type Limit struct {
	Value int    `yaml:"value,omitempty"`
	Unit  string `yaml:"unit,omitempty"` // 个工作日, 天, 当场
	Basis string `yaml:"basis,omitempty"`
}

// Question is one that residents ask, with its answer.
type Question struct {
	Ask    string `yaml:"ask"`
	Answer string `yaml:"answer"`
}

// Material is one paper or record that an item needs.
type Material struct {
	ID     string `yaml:"id"`
	Name   string `yaml:"name"`
	Issuer string `yaml:"issuer,omitempty"`
	// Card says that the ID card on the reader is this material: it is never asked for again (R25).
	Card bool `yaml:"card,omitempty"`
	// ECert names the electronic certificate or shared data that replaces it (R34).
	ECert string `yaml:"ecert,omitempty"`
	// Later says that it may be supplied after lodging (容缺, R40). A main material never may.
	Later bool   `yaml:"later,omitempty"`
	Help  string `yaml:"help,omitempty"`
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
	Text      []string `yaml:"text"`
	Liability string   `yaml:"liability"`
}
