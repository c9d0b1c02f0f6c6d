package audit

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// ErrUnsound: the audit log is not as it was written, or not proved to be; the report says where.
var ErrUnsound = errors.New("audit log is not sound")

// CommandOptions are those of "zhizhu audit-log verify". Store or File is needed.
type CommandOptions struct {
	VerifyOptions
	Store     Store  // the data file, opened; not looked at where File is given
	File      string // an export
	HeadsFile string // the heads that the gateway has, one {"seq":…,"hash":"…"} a line; may be empty
}

// Command verifies a log and writes the report in the words of staff. Its error is ErrUnsound where the log is not sound.
func Command(ctx context.Context, o CommandOptions, out io.Writer) error {
	if o.HeadsFile != "" {
		heads, err := readHeads(o.HeadsFile)
		if err != nil {
			return fmt.Errorf("read reported heads: %w", err)
		}
		o.Heads = append(o.Heads, heads...)
	}
	report, err := o.verify(ctx)
	if err != nil {
		return err
	}
	if _, err := report.WriteTo(out); err != nil {
		return fmt.Errorf("write report: %w", err)
	}
	if !report.Sound() {
		return ErrUnsound
	}
	return nil
}

func (o CommandOptions) verify(ctx context.Context) (Report, error) {
	if o.File == "" {
		return VerifyStore(ctx, o.Store, o.VerifyOptions)
	}
	f, err := os.Open(o.File)
	if errors.Is(err, fs.ErrNotExist) {
		return Report{}, fmt.Errorf("找不到文件 %s：请核对路径: %w", o.File, err)
	}
	if err != nil {
		return Report{}, fmt.Errorf("open audit file: %w", err)
	}
	defer func() { _ = f.Close() }() // only read
	return VerifyFile(f, o.VerifyOptions)
}

func readHeads(path string) ([]Head, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // only read
	var heads []Head
	lines := bufio.NewScanner(f)
	for n := 1; lines.Scan(); n++ {
		if len(lines.Bytes()) == 0 {
			continue
		}
		var h Head
		if err := strict(lines.Bytes(), &h); err != nil {
			return nil, fmt.Errorf("%s, line %d: want {\"seq\":1,\"hash\":\"…\",\"at\":\"…\"}", path, n)
		}
		heads = append(heads, h)
	}
	return heads, lines.Err()
}
