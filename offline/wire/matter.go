package wire

import "time"

// Matter is what a packet holds once it is opened: one lodged application, enquiry, appointment or feedback.
type Matter struct {
	ID        string `json:"id"`     // UUID made on the terminal at lodging; the key of everything
	Number    string `json:"number"` // receipt number, for people
	Item      string `json:"item"`
	ItemName  string `json:"item_name"`
	ItemVer   string `json:"item_version"`
	Catalog   string `json:"catalog_version"`
	Kind      string `json:"kind"`
	Accepted  bool   `json:"accepted"` // 受理 rather than 收件
	Station   string `json:"station"`
	StationAs string `json:"station_name"`
	Terminal  string `json:"terminal"`
	Channel   string `json:"channel"` // "self-service"

	Applicant   *Applicant   `json:"applicant,omitempty"`
	Answers     []Answer     `json:"answers"`
	Materials   []Material   `json:"materials,omitempty"`
	Statement   []string     `json:"statement,omitempty"` // what was ticked, word for word
	About       *About       `json:"about,omitempty"`     // 办不成事: what the resident was doing
	Signature   *Signature   `json:"signature,omitempty"`
	Attachments []Attachment `json:"attachments,omitempty"`
	LodgedAt    time.Time    `json:"lodged_at"`   // the terminal's clock
	ClockTrust  string       `json:"clock_trust"` // "synced", "offset" or "unknown"
}

// About is what a resident was doing when 办不成事 was touched. It holds no personal data.
type About struct {
	Item     string `json:"item,omitempty"`
	ItemName string `json:"item_name,omitempty"`
	Step     string `json:"step"`
}

// Applicant is who applies, as the card says.
type Applicant struct {
	Name        string `json:"name"`
	EnglishName string `json:"english_name,omitempty"`
	IDType      string `json:"id_type"` // resident-card, residence-permit, foreigner-2017, foreigner-2023
	IDNumber    string `json:"id_number"`
	Sex         string `json:"sex,omitempty"`
	Nation      string `json:"nation,omitempty"`
	Birth       string `json:"birth,omitempty"`
	Address     string `json:"address,omitempty"`
}

// Answer is one answered question.
type Answer struct {
	Field string `json:"field"`
	Label string `json:"label"`
	Value string `json:"value"`
	Text  string `json:"text"` // as the resident saw it
}

// Material says how one material was met: "card", "ecert", "have" (brought to the window) or "later".
type Material struct {
	ID   string `json:"id"`
	Name string `json:"name"`
	How  string `json:"how"`
}

// Signature is a finger's signature: polylines in a box of W by H, and the SM3 digest (hex) of what was signed.
type Signature struct {
	W       int          `json:"w"`
	H       int          `json:"h"`
	Strokes [][][2]int16 `json:"strokes"`
	Over    string       `json:"over"`
}

// Rating is a voluntary 好差评 of one matter. Level counts as the national interface does: 5 非常满意 ... 1 非常不满意.
type Rating struct {
	ID       string    `json:"id"`
	Matter   string    `json:"matter"`
	Number   string    `json:"number"`
	Item     string    `json:"item"`
	Station  string    `json:"station"`
	Terminal string    `json:"terminal"`
	Level    int       `json:"level"`
	RatedAt  time.Time `json:"rated_at"`
}
