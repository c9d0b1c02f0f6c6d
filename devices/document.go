package devices

import "log/slog"

// Document is what a receipt printer prints and cuts: blocks from top to bottom, laid out by the printer's driver
// for the dots it has. It holds personal data and redacts itself in logs.
type Document struct {
	Title  string // for job lists; never a person's data
	Blocks []Block
}

// LogValue keeps the content out of logs.
func (d Document) LogValue() slog.Value { return slog.StringValue("document " + d.Title) }

// BlockKind says what a Block draws.
type BlockKind int

// Kinds of blocks.
const (
	TextBlock    BlockKind = iota // Text, wrapped to the paper
	PairBlock                     // Label, then Text wrapped beside it with a hanging indent
	RuleBlock                     // a line across the paper
	CodeBlock                     // Text as a QR code, centred
	FeedBlock                     // Lines empty lines
	ColumnsBlock                  // Columns beside each other, each wrapped to its share of the paper
)

// Align places a text block.
type Align int

// Alignments.
const (
	Left Align = iota
	Centre
	Right
)

// Block is one piece of a document.
type Block struct {
	Kind  BlockKind
	Label string // PairBlock
	Text  string
	Size  int // 1 (or 0) is 24 dots a Chinese character, 2 is double width and height
	Bold  bool
	Align Align
	Lines int // FeedBlock
	// Columns of a ColumnsBlock. Neighbouring blocks with the same weights stand under each other like a table.
	Columns []Column
}

// Column is one column of a ColumnsBlock.
type Column struct {
	Text   string
	Weight int // its share of the paper, beside the others' weights; 0 is 1
	Align  Align
}

// Outcome says what became of a print job.
type Outcome int

// Outcomes. Only Printed may be told to a resident as printed.
const (
	PrintUnknown Outcome = iota // bytes went out, the printer never said how it is
	Printed                     // status after the job confirms paper, cover and cutter
	PrintFailed                 // Reason says why
)

// PrintResult is what became of one job.
type PrintResult struct {
	Outcome Outcome
	Reason  Kind // with PrintFailed
}
