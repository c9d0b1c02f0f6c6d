package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"zhizhu/offline/gateway"
	"zhizhu/offline/wire"
)

type letterCmd struct {
	place
	Number  string   `xor:"matter" required:"" placeholder:"N" help:"The matter's receipt number, such as MX0427-1-20261123-0018-5."`
	Matter  string   `xor:"matter" required:"" placeholder:"ID" help:"Or its id."`
	Kind    string   `required:"" enum:"accepted,correction,refused,settled,reply" help:"What it says: ${enum}."`
	Text    string   `placeholder:"T" help:"In plain words; with refused the reason. - reads it from stdin, which keeps it out of the shell's history."`
	Missing []string `sep:"none" placeholder:"M" help:"With correction: one thing that is missing; once for each, all at once."`
	Due     string   `placeholder:"DATE" help:"With correction: until when, such as 2026-12-31."`
	Office  string   `placeholder:"O" help:"Who says so."`
	PDF     string   `name:"pdf" type:"existingfile" placeholder:"FILE" help:"A document to print, 2 MB at most."`
}

// Run is kong's.
func (c *letterCmd) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) (err error) {
	letter, err := c.letter(os.Stdin)
	if err != nil {
		return err
	}
	d, err := c.desk(ctx, mustExist(), log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	sent, err := d.Send(ctx, letter)
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(sent)
}

func (c *letterCmd) letter(stdin io.Reader) (wire.Letter, error) {
	l := wire.Letter{
		Kind: wire.LetterKind(c.Kind), Matter: c.Matter, Number: c.Number, Text: c.Text, Missing: c.Missing, Due: c.Due, Office: c.Office,
	}
	if c.Text == "-" {
		text, err := io.ReadAll(io.LimitReader(stdin, 1<<20))
		if err != nil {
			return l, fmt.Errorf("read text: %w", err)
		}
		l.Text = strings.TrimSpace(string(text))
	}
	if c.PDF != "" {
		data, err := os.ReadFile(c.PDF)
		if err != nil {
			return l, fmt.Errorf("read --pdf: %w", err)
		}
		l.Attachment = &wire.File{Name: filepath.Base(c.PDF), Media: "application/pdf", Data: data}
	}
	return l, nil
}

type retryCmd struct {
	place
	handOn
}

// Run is kong's.
func (c *retryCmd) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) (err error) {
	o := mustExist()
	if o.Adapter, err = c.adapter(log); err != nil {
		return err
	}
	d, err := c.desk(ctx, o, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	n, err := d.Retry(ctx)
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(struct {
		Due int `json:"due"`
	}{n})
}

type terminalsCmd struct {
	place
	JSON bool `name:"json" help:"One JSON object a line."`
}

// Run is kong's.
func (c *terminalsCmd) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	return list(ctx, &c.place, c.JSON, stdout, log, desk.Terminals, func(s gateway.TerminalState) []string {
		state := "active"
		if !s.RevokedAt.IsZero() {
			state = "revoked"
		}
		if s.SeenAt.IsZero() {
			return []string{s.ID, state, "never", "", "", "", "", "", ""}
		}
		b := s.Beat
		oldest := ""
		if b.OldestAge > 0 {
			oldest = (time.Duration(b.OldestAge) * time.Second).String()
		}
		return []string{
			s.ID, state, clock(s.SeenAt), fmt.Sprint(b.Queued), oldest, fmt.Sprint(b.Quarantined), b.Paper, b.Version, devices(b.Devices),
		}
	}, "TERMINAL", "STATE", "SEEN", "QUEUED", "OLDEST", "QUARANTINED", "PAPER", "VERSION", "DEVICES")
}

// devices names those that are not well.
func devices(all map[string]string) string {
	var bad []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		if state := all[name]; state != "ready" && state != "ok" {
			bad = append(bad, name+" "+state)
		}
	}
	if len(bad) == 0 {
		return "all ready"
	}
	return strings.Join(bad, "; ")
}
