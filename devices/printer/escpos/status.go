package escpos

// ReplyKind tells apart what comes back from a printer.
type ReplyKind int

// Kinds of replies.
const (
	FlowOn   ReplyKind = iota // XON: it takes bytes again
	FlowOff                   // XOFF: it takes no more
	RealTime                  // Byte answers a [Query]
	Auto                      // Block is an automatic status
	Queued                    // Byte answers a command that waited its turn ([Identify], [Ask], [Roll])
	Text                      // Name answers [Model]
	Noise                     // Byte can't be told
)

// Reply is one decoded reply.
type Reply struct {
	Kind  ReplyKind
	Byte  byte
	Block [4]byte
	Name  string
}

// Decoder tells replies apart by their fixed bits. The zero Decoder is ready.
type Decoder struct {
	auto []byte // an automatic status that has begun
	text []byte // an answer in text that has begun, with its header
}

const (
	textHead = 0x5f
	maxText  = 80
)

// Reset forgets what has begun, after a silence or another line.
func (d *Decoder) Reset() { d.auto, d.text = nil, nil }

// Feed decodes p and calls emit for each reply that is complete.
func (d *Decoder) Feed(p []byte, emit func(Reply)) {
	for _, b := range p {
		d.feed(b, emit)
	}
}

func (d *Decoder) feed(b byte, emit func(Reply)) {
	switch {
	case b == XON:
		emit(Reply{Kind: FlowOn, Byte: b})
	case b == XOFF:
		emit(Reply{Kind: FlowOff, Byte: b})
	case d.text != nil:
		d.feedText(b, emit)
	case b&0x93 == 0x12:
		emit(Reply{Kind: RealTime, Byte: b})
	case d.auto != nil && b&0x90 == 0:
		d.auto = append(d.auto, b)
		if len(d.auto) == 4 {
			emit(Reply{Kind: Auto, Block: [4]byte(d.auto)})
			d.auto = nil
		}
	case b&0x93 == 0x10:
		d.dropAuto(emit)
		d.auto = []byte{b}
	case b == textHead:
		d.dropAuto(emit)
		d.text = []byte{b}
	case b&0x90 == 0:
		emit(Reply{Kind: Queued, Byte: b})
	default:
		d.dropAuto(emit)
		emit(Reply{Kind: Noise, Byte: b})
	}
}

func (d *Decoder) feedText(b byte, emit func(Reply)) {
	if b == 0 {
		emit(Reply{Kind: Text, Name: string(d.text[1:])})
		d.text = nil
		return
	}
	d.text = append(d.text, b)
	if b < 0x20 || b > 0x7e || len(d.text) > maxText {
		for _, n := range d.text {
			emit(Reply{Kind: Noise, Byte: n})
		}
		d.text = nil
	}
}

func (d *Decoder) dropAuto(emit func(Reply)) {
	for _, n := range d.auto {
		emit(Reply{Kind: Noise, Byte: n})
	}
	d.auto = nil
}

// Condition is what a printer says of itself.
type Condition struct {
	Offline       bool
	CoverOpen     bool
	PaperEnd      bool // the sensor sees none
	Stopped       bool // printing stopped by paper end
	PaperLow      bool
	CutterJam     bool
	Unrecoverable bool // needs a technician
	Recovering    bool // a hot head or another error that passes
	// Answered has bit n set once real-time status n was ever answered.
	Answered uint8
	// Told says that an automatic status ever came: nothing is hidden then, whatever was asked.
	Told bool
}

// AllAnswered is Answered of a printer that has said everything.
const AllAnswered = 1<<1 | 1<<2 | 1<<3 | 1<<4

// RealTime takes in the answer to [Query] n.
func (c *Condition) RealTime(n int, b byte) {
	switch n {
	case 1:
		c.Offline = b&0x08 != 0
	case 2:
		c.CoverOpen = b&0x04 != 0
		c.Stopped = b&0x20 != 0
	case 3:
		c.CutterJam = b&0x08 != 0
		c.Unrecoverable = b&0x20 != 0
		c.Recovering = b&0x44 != 0
	case 4:
		c.PaperLow = b&0x0c != 0
		c.PaperEnd = b&0x60 != 0
	default:
		return
	}
	c.Answered |= 1 << n
}

// Auto takes in an automatic status.
func (c *Condition) Auto(b [4]byte) {
	c.Offline = b[0]&0x08 != 0
	c.CoverOpen = b[0]&0x20 != 0
	c.CutterJam = b[1]&0x08 != 0
	c.Unrecoverable = b[1]&0x20 != 0
	c.Recovering = b[1]&0x40 != 0
	c.PaperLow = b[2]&0x03 != 0
	c.PaperEnd, c.Stopped = b[2]&0x0c != 0, false
	c.Told = true
}

// Roll takes in the answer to [Roll].
func (c *Condition) Roll(b byte) {
	c.PaperLow = b&0x03 != 0
	c.PaperEnd = b&0x0c != 0
}
