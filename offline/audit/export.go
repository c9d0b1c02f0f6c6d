package audit

import (
	"bufio"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"zhizhu/offline/store"
)

const exportFormat = "zhizhu-audit-export-1"

// opening is the first line of an export.
type opening struct {
	Format   string    `json:"format"`
	Terminal string    `json:"terminal"`
	At       time.Time `json:"at"`
	Begin    *signed   `json:"begin,omitempty"` // the checkpoint after which it begins
}

// line is a record in an export. The record stands there as it was hashed, byte for byte.
type line struct {
	Record json.RawMessage `json:"record"`
	KeyID  string          `json:"kid"`
	Hash   string          `json:"hash"`
	MAC    string          `json:"mac"`
}

// closing is the last line. Without it an export is cut short.
type closing struct {
	Head *signed `json:"head"`
}

// exportStep is how many records are read in one transaction: a reader who is slow, such as a USB stick, must not keep
// the data file's old pages alive.
const exportStep = 500

// Export writes the chain up to its present head as lines of JSON: an opening, the records, and the head with the
// terminal's signature.
func (l *Log) Export(ctx context.Context, out io.Writer) error {
	w := bufio.NewWriterSize(out, 64<<10)
	if err := l.export(ctx, json.NewEncoder(w)); err != nil {
		return fmt.Errorf("export audit log: %w", err)
	}
	if err := w.Flush(); err != nil {
		return fmt.Errorf("export audit log: %w", err)
	}
	return nil
}

func (l *Log) export(ctx context.Context, e *json.Encoder) error {
	var head, begin point
	start := opening{Format: exportFormat, Terminal: l.o.Terminal, At: l.o.Now().UTC().Truncate(time.Millisecond)}
	err := l.o.Store.View(ctx, func(tx *store.Tx) error {
		head, _ = decodePoint(tx.Get(stateTable, headKey))
		text := tx.Get(stateTable, checkpointKey)
		if text == nil {
			return nil
		}
		start.Begin = &signed{}
		if err := json.Unmarshal(text, start.Begin); err != nil {
			return fmt.Errorf("read checkpoint: %w", ErrRecord)
		}
		begin, _ = start.Begin.point()
		return nil
	})
	if err != nil {
		return err
	}
	end, err := l.sign(head)
	if err != nil {
		return err
	}
	if err := e.Encode(start); err != nil {
		return err
	}
	for from := begin.seq + 1; from <= head.seq; from += exportStep {
		lines, err := l.read(ctx, from, min(from+exportStep-1, head.seq))
		if err != nil {
			return err
		}
		for _, x := range lines {
			if err := e.Encode(x); err != nil {
				return err
			}
		}
	}
	return e.Encode(closing{Head: &end})
}

// read returns the records of a range. One that is missing or damaged is left out: verification of the export finds it.
func (l *Log) read(ctx context.Context, from, to uint64) ([]line, error) {
	var lines []line
	err := l.o.Store.View(ctx, func(tx *store.Tx) error {
		for seq := from; seq <= to; seq++ {
			k, err := decodeLink(tx.Get(recordTable, seqKey(seq)))
			if err != nil || !json.Valid(k.body) {
				continue
			}
			lines = append(lines, line{
				Record: append(json.RawMessage{}, k.body...), KeyID: hex.EncodeToString(k.kid[:]),
				Hash: hex.EncodeToString(k.hash[:]), MAC: hex.EncodeToString(k.mac[:]),
			})
		}
		return nil
	})
	return lines, err
}
