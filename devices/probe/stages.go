package probe

import (
	"context"
	"slices"
	"time"

	"zhizhu/devices/idcard/sam"
	"zhizhu/devices/printer/escpos"
)

// How long an answer may take, wire time not counted. A USB adapter alone may hold bytes back for 16 ms. A port that says
// nothing costs the sum: 5 speeds of printerWait and readerWait, 2 of 2 scannerWaits, and the wipes: 3.3 s in all.
const (
	printerWait = 150 * time.Millisecond
	readerWait  = 300 * time.Millisecond
	idWait      = 300 * time.Millisecond
	scannerWait = 120 * time.Millisecond
	shortWait   = 100 * time.Millisecond
)

// printerSpeeds and readerSpeeds are in the order in which devices are met.
func printerSpeeds() []int { return []int{115200, 9600, 19200, 38400, 57600} }
func readerSpeeds() []int  { return []int{115200, 57600, 38400, 19200, 9600} }
func scannerSpeeds() []int { return []int{9600, 115200} }

// scannerTurns are all speeds of scanners, in the order in which they are tried where garbage comes.
func scannerTurns() []int { return []int{9600, 115200, 38400, 19200, 57600} }

// ahead puts the speeds of first that are among speeds to the front of them.
func ahead(first, speeds []int) []int {
	var out []int
	for _, b := range slices.Concat(first, speeds) {
		if slices.Contains(speeds, b) && !slices.Contains(out, b) {
			out = append(out, b)
		}
	}
	return out
}

// printer asks for real-time status. One byte of 16 looks like an answer, so three must come, each alone and each to a
// question of its own; a printer that knows question 4 only is asked it three times.
func (t *talk) printer(ctx context.Context) (bool, error) {
	got, err := t.ask(ctx, slices.Concat(escpos.Query(1), escpos.Query(4)), printerWait, func(got []byte) bool {
		n, _ := realTime(got)
		return n >= 2
	})
	if err != nil {
		return false, err
	}
	if n, clean := realTime(got); n == 0 || n > 2 || !clean {
		t.judge(got)
		return false, nil
	}
	asked := []int{1, 2, 3, 4, 4, 4}
	for i, answers := 0, 0; i < len(asked); i++ {
		got, err := t.ask(ctx, escpos.Query(asked[i]), printerWait, func(got []byte) bool {
			n, _ := realTime(got)
			return n > 0
		})
		if err != nil {
			return false, err
		}
		switch n, clean := realTime(got); {
		case !clean || n > 1:
			t.judge(got)
			return false, nil
		case n == 1:
			answers++
		}
		if answers == 3 {
			return true, nil
		}
	}
	return false, nil
}

// printerModel asks for the model's name; "" where it has none to tell, or can't tell now.
func (t *talk) printerModel(ctx context.Context) (string, error) {
	model := ""
	_, err := t.ask(ctx, []byte("\x1dIC"), printerWait, func(got []byte) bool {
		var d escpos.Decoder
		d.Feed(got, func(r escpos.Reply) {
			if r.Kind == escpos.Text {
				model = r.Name
			}
		})
		return model != ""
	})
	return model, err
}

// wipe empties the line of a printer that has taken questions to other devices for text. The first command may be
// swallowed as the second half of a character.
func (t *talk) wipe(ctx context.Context) error {
	return t.line.Write(ctx, slices.Concat(escpos.Init(), escpos.Init()))
}

// wipeAll is wipe at every speed: at a wrong one, questions turn into other text, and more of it. It must come before
// that text fills a line, for a full line is printed. A few characters stay in the line of a printer at another speed
// than the last one; they go with the initialisation that begins its next job.
func (t *talk) wipeAll(ctx context.Context) error {
	at := t.line.Baud()
	for _, baud := range printerSpeeds() {
		if _, ok := t.line.(tuner); !ok || baud == at {
			continue
		}
		if err := t.tune(ctx, baud); err != nil {
			return err
		}
		if err := t.wipe(ctx); err != nil {
			return err
		}
	}
	if err := t.tune(ctx, at); err != nil {
		return err
	}
	return t.wipe(ctx)
}

// reader asks a SAM whether a card is there: the one question that every module answers, a broken one too.
func (t *talk) reader(ctx context.Context) (sam.Reply, bool, error) {
	got, err := t.ask(ctx, sam.AppendRequest(nil, sam.Find), readerWait, func(got []byte) bool {
		_, ok := reply(got)
		return ok
	})
	if err != nil {
		return sam.Reply{}, false, err
	}
	r, ok := reply(got)
	if !ok {
		t.judge(got)
	}
	return r, ok, nil
}

// readerModel reads the SAM id, up to three times: some modules give none at first.
func (t *talk) readerModel(ctx context.Context) (string, error) {
	for range 3 {
		got, err := t.ask(ctx, sam.AppendRequest(nil, sam.ReadID), idWait, func(got []byte) bool {
			_, ok := reply(got)
			return ok
		})
		if err != nil {
			return "", err
		}
		if r, ok := reply(got); ok && r.Status == sam.OK {
			if id, err := sam.ParseID(r.Data); err == nil {
				return id, nil
			}
		}
	}
	return "", nil
}

// scannerQuestions read a setting each, and set none: GM65 (zone 0000) and SSI (revision). They are short, and none
// holds a byte that makes a printer print. Honeywell's begins its questions with a carriage return and Newland's are
// long: theirs are not asked, their own USB ports tell them.
func scannerQuestions() [][]byte {
	return [][]byte{
		{0x7E, 0x00, 0x07, 0x01, 0x00, 0x00, 0x01, 0xAB, 0xCD},
		{0x04, 0xA3, 0x04, 0x00, 0xFF, 0x55},
	}
}

// scanner asks what scanners may answer, and names the family.
func (t *talk) scanner(ctx context.Context) (string, bool, error) {
	for _, q := range scannerQuestions() {
		got, err := t.ask(ctx, q, scannerWait, func(got []byte) bool {
			_, ok := scannerReply(got)
			return ok
		})
		if err != nil {
			return "", false, err
		}
		if family, ok := scannerReply(got); ok {
			return family, true, nil
		}
		if t.judge(got); t.code {
			return "", true, nil
		}
		if err := t.wipeAll(ctx); err != nil {
			return "", false, err
		}
	}
	return "", false, nil
}
