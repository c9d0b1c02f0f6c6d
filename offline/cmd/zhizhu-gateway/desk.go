package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"text/tabwriter"
	"time"

	"zhizhu/offline/courier/arrival"
	"zhizhu/offline/gateway"
	"zhizhu/offline/wire"
)

// desk is what the commands ask of a gateway: the process that serves the directory, or else the directory itself.
type desk interface {
	NewCode(ctx context.Context, station string) (string, error)
	Revoke(ctx context.Context, terminal string) error
	Matters(ctx context.Context, fn func(gateway.Stored) error) error
	Ratings(ctx context.Context, fn func(gateway.StoredRating) error) error
	Terminals(ctx context.Context, fn func(gateway.TerminalState) error) error
	Send(ctx context.Context, letter wire.Letter) (gateway.Sent, error)
	Retry(ctx context.Context) (int, error)
	arrival.Sink
	Close() error
}

// Tries of openDesk, each of which waits for tryWait: two seconds in all.
const (
	tries   = 20
	tryWait = 100 * time.Millisecond
)

// desk reaches the gateway of a directory, whether it is being served or not, or is just being started or stopped.
func (p *place) desk(ctx context.Context, o gateway.Options, log *slog.Logger) (desk, error) {
	for try := 1; ; try++ {
		remote, unreachable := gateway.Connect(ctx, p.Dir)
		if unreachable == nil {
			return remote, nil
		}
		o.Wait = tryWait
		g, err := p.open(ctx, o, log)
		switch {
		case err == nil:
			return g, nil
		case !errors.Is(err, gateway.ErrInUse):
			return nil, err
		case try == tries || ctx.Err() != nil:
			return nil, fmt.Errorf("%w; but it can't be asked: %w", err, unreachable)
		}
	}
}

// mustExist are the options of commands that make no gateway.
func mustExist() gateway.Options { return gateway.Options{MustExist: true} }

type enrolCmd struct {
	place
	Station string `required:"" placeholder:"CODE" help:"The station's code, such as MX0427. Its terminals are numbered MX0427-1, MX0427-2, …"`
}

// Run is kong's.
func (c *enrolCmd) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) (err error) {
	d, err := c.desk(ctx, gateway.Options{}, log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	code, err := d.NewCode(ctx, c.Station)
	if err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(struct {
		Code string `json:"code"`
	}{code})
}

type revokeCmd struct {
	place
	Terminal string `required:"" placeholder:"ID" help:"The terminal, such as MX0427-1. Its machine comes back only with a new code, under a new name."`
}

// Run is kong's.
func (c *revokeCmd) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) (err error) {
	d, err := c.desk(ctx, mustExist(), log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if err := d.Revoke(ctx, c.Terminal); err != nil {
		return err
	}
	return json.NewEncoder(stdout).Encode(struct {
		Revoked string `json:"revoked"`
	}{c.Terminal})
}

type mattersCmd struct {
	place
	JSON bool `name:"json" help:"One JSON object a line, in the order of arrival."`
}

// Run is kong's.
func (c *mattersCmd) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	return list(ctx, &c.place, c.JSON, stdout, log, desk.Matters, func(s gateway.Stored) []string {
		who := ""
		if s.Applicant != nil {
			who = s.Applicant.Name
		}
		var answers []string
		for _, a := range s.Answers {
			answers = append(answers, a.Label+" "+a.Text)
		}
		// Columns with Chinese come last: its characters are twice as wide as a table reckons.
		return []string{s.Number, s.Terminal, clock(s.LodgedAt), clock(s.StoredAt), s.ItemName, who, strings.Join(answers, "; "), s.Problem}
	}, "NUMBER", "TERMINAL", "LODGED", "STORED", "ITEM", "APPLICANT", "ANSWERS", "PROBLEM")
}

type ratingsCmd struct {
	place
	JSON bool `name:"json" help:"One JSON object a line, in the order of arrival."`
}

// Run is kong's.
func (c *ratingsCmd) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) error {
	return list(ctx, &c.place, c.JSON, stdout, log, desk.Ratings, func(s gateway.StoredRating) []string {
		return []string{s.Number, s.Item, s.Terminal, fmt.Sprint(s.Level), clock(s.RatedAt), clock(s.StoredAt), s.Problem}
	}, "NUMBER", "ITEM", "TERMINAL", "LEVEL", "RATED", "STORED", "PROBLEM")
}

// list writes what each calls back with, as JSON lines or as a table.
func list[T any](ctx context.Context, p *place, asJSON bool, stdout io.Writer, log *slog.Logger,
	each func(desk, context.Context, func(T) error) error, row func(T) []string, head ...string,
) (err error) {
	d, err := p.desk(ctx, mustExist(), log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	if asJSON {
		enc := json.NewEncoder(stdout)
		enc.SetEscapeHTML(false)
		return each(d, ctx, func(v T) error { return enc.Encode(v) })
	}
	table := tabwriter.NewWriter(stdout, 0, 0, 2, ' ', 0)
	write := func(cells []string) error {
		for i, cell := range cells {
			cells[i] = strings.Join(strings.Fields(cell), " ") // one line, no tabs
		}
		_, err := fmt.Fprintln(table, strings.Join(cells, "\t"))
		return err
	}
	if err := write(head); err != nil {
		return err
	}
	if err := each(d, ctx, func(v T) error { return write(row(v)) }); err != nil {
		return err
	}
	return table.Flush()
}

// clock shows a time as a person here reads it.
func clock(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.Local().Format("2006-01-02 15:04:05")
}
