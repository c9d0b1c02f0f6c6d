package visit

import "zhizhu/offline/catalog"

// View is what a screen shows: a value, complete, with the event that each control means. A screen adds no words and no
// logic of its own.
type View struct {
	Step    Step
	Guided  bool // 长者模式: larger, plainer; the same visit
	Header  Header
	Trail   []Mark // 看须知, 刷身份证, 填写, 签名, 取回执; empty outside an item
	Title   string
	Lead    string
	Notice  *Notice // one calm box on the page: offline, printer missing
	Body    Body
	Links   []Action // quiet row just above the bar: 去窗口办, 办不成事, 长者模式
	Bar     []Action // bottom bar, always in the same order: back, help, leave, and the main action last
	Overlay *Overlay // lies over everything
}

// Header is the top of every page.
type Header struct {
	Station string // 雁洋镇长教村便民服务站
	System  string // 粤智助 政府服务自助机
	Date    string // 11月23日 星期一
	Time    string // 9:41, never seconds: a clock that shows seconds repaints for ever
	Online  bool
	Network string // 网络正常, 暂时断网，照常办理
	Demo    bool   // carries a plain 演示 mark
}

// Mark is one station of the trail.
type Mark struct {
	Label string
	State MarkState
}

// MarkState says where a resident is.
type MarkState int

// Mark states.
const (
	Todo MarkState = iota
	Now
	Done
)

// Notice is one box of words.
type Notice struct {
	Tone Tone
	Text string
}

// Tone chooses colour and icon together; never colour alone.
type Tone int

// Tones.
const (
	Calm Tone = iota // information
	Attention
	Good
	Wrong
)

// Action is one control. ID is stable over languages and modes, for tests and the pilot.
type Action struct {
	ID      string
	Label   string
	Sub     string // second line, smaller
	Icon    string // name of an icon in assets/icons, or ""
	Tint    string // theme tile: blue, green, red, brown
	Style   Style
	Event   Event
	Off     bool   // shown, but can't be used
	Why     string // in words: with Off why it can't be used; without, why what it opens can't be begun now (R02)
	Chosen  bool   // the chosen one of several
	Pressed bool   // reserved for the screen
}

// Style is how an action looks.
type Style int

// Styles.
const (
	Plain   Style = iota // outlined
	Primary              // the one main action
	Warm                 // attention ground: help, guided mode
	Quiet                // text with an icon
)

// Overlay is a question or words over the page.
type Overlay struct {
	ID      string // help, leave, idle, window, person
	Title   string
	Lines   []string
	Actions []Action
}

// Body is what a page holds between header and bar.
type Body interface{ body() }

// Bodies, one a kind of page.
type (
	// AttractBody shows that nobody is there.
	AttractBody struct {
		Call   string   // 轻触屏幕开始
		Offers []string // what works now
		Faults []string // public notices
		Begin  Action
	}
	// HomeBody shows search, frequent items, themes.
	HomeBody struct {
		Search   Action
		Frequent []Action
		Count    string // 全部服务: 6 类 · 12 项
		Themes   []Action
		Others   []Action // 查进度, 办不成事
	}
	// ListBody shows results of a theme or a search.
	ListBody struct {
		Query  *QueryBox // nil for a theme
		Items  []Action
		Empty  string // words when there is nothing
		Prev   *Action
		Next   *Action
		PageOf string // 第 1 页，共 2 页
	}
	// GuideBody shows 办事指南.
	GuideBody struct {
		Sections []Section
		Start    Action // the same action as the bar's last, shown once; zero Event where the item is a guide only
	}
	// IdentifyBody shows where to lay the card.
	IdentifyBody struct {
		Reading bool
		Retry   bool   // trouble was told, lay it again
		Place   string // 读卡区
		Others  []Action
	}
	// QuestionBody shows one question.
	QuestionBody struct {
		Progress string // 第 3 个问题，共 5 个
		Field    *catalog.Field
		Value    string
		Shown    string   // the value as people write it: 2026年3月5日, 138 0013 8000
		Options  []Action // choices and suggestions, each an Answer
		Wrong    string   // what is wrong with the answer; empty before the resident tried to go on
		Known    []Pair   // what is known already and will not be asked
		Today    string   // ISO date, for the date pad
	}
	// MaterialsBody shows what is needed, and how each is met.
	MaterialsBody struct {
		Rows  []MaterialRow
		Wrong string
	}
	// CommitBody shows 告知承诺 or declarations, each to be ticked.
	CommitBody struct {
		Liability string
		Ticks     []TickRow
		Wrong     string
	}
	// SignBody shows a pad for a finger.
	SignBody struct {
		Hint    string
		Strokes [][]Point
		Clear   Action
		Wrong   string
	}
	// ReviewBody shows everything once more before lodging.
	ReviewBody struct {
		Rows  []ReviewRow
		Wrong []string // all deficiencies at once (R11)
	}
	// WaitBody shows that the machine works.
	WaitBody struct{ Text string }
	// ReceiptBody shows that it is on disk, and the receipt is printed or shown.
	ReceiptBody struct {
		Heading string // 收件凭证
		Rows    []Pair
		Code    string // content of the QR shown on the screen
		CodeTip string
		Print   Notice   // what became of the paper
		RateAsk string   // 这次办得怎么样？ empty once rated or where no rating is asked
		Rates   []Action // five equal targets
		Thanks  string
	}
	// RecordsBody shows what this person lodged here.
	RecordsBody struct {
		Rows   []RecordRow
		Empty  string
		Prev   *Action
		Next   *Action
		PageOf string
	}
	// WipedBody shows the end of a visit.
	WipedBody struct{ Lines []string }
	// OutBody shows that the machine is out of service, with what still works.
	OutBody struct{ Lines []string }
	// StaffBody shows diagnostics without personal data.
	StaffBody struct{ Rows []Pair }
)

// QueryBox is the search field. Suggestions are words to tap.
type QueryBox struct {
	Query       string
	Hint        string
	Suggestions []Action
}

// Section is one part of a guide.
type Section struct {
	Title string
	Icon  string
	Lines []string
}

// Pair is a label with its value.
type Pair struct{ Label, Value string }

// MaterialRow is one material.
type MaterialRow struct {
	Name    string
	Help    string
	Met     string   // 身份证已读取，不用再交; empty while Choices decide
	Choices []Action // 我带来了, 以后补交
}

// TickRow is one sentence to tick.
type TickRow struct {
	Text string
	On   bool
	Act  Action
}

// ReviewRow is one answer with its way back.
type ReviewRow struct {
	Label string
	Value string
	Edit  *Action // nil where it comes from the card
}

// RecordRow is one lodged matter.
type RecordRow struct {
	Name   string
	Number string
	When   string
	State  string
	Words  []string // what the upstream says, newest first
	Print  *Action
}

func (*AttractBody) body()   {}
func (*HomeBody) body()      {}
func (*ListBody) body()      {}
func (*GuideBody) body()     {}
func (*IdentifyBody) body()  {}
func (*QuestionBody) body()  {}
func (*MaterialsBody) body() {}
func (*CommitBody) body()    {}
func (*SignBody) body()      {}
func (*ReviewBody) body()    {}
func (*WaitBody) body()      {}
func (*ReceiptBody) body()   {}
func (*RecordsBody) body()   {}
func (*WipedBody) body()     {}
func (*OutBody) body()       {}
func (*StaffBody) body()     {}
