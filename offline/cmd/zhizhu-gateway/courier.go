package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"

	"zhizhu/offline/courier/arrival"
	"zhizhu/offline/courier/stick"
	"zhizhu/offline/gateway"
)

type courierCmd struct {
	place
	Stick string `arg:"" type:"path" placeholder:"DIR" help:"Where the stick is mounted."`
	JSON  bool   `name:"json" help:"One JSON object a terminal."`
}

// Run is kong's. Its words are for whoever holds the stick; a stick of which something could not be taken in is an error.
func (c *courierCmd) Run(ctx context.Context, stdout io.Writer, log *slog.Logger) (err error) {
	d, err := c.desk(ctx, mustExist(), log)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, d.Close()) }()
	results, err := arrival.Receive(ctx, c.Stick, d, arrival.Options{Now: time.Now, Log: log, Unfit: gateway.ErrUnfit})
	if words := stick.Words(err); words != "" {
		_, _ = fmt.Fprintln(stdout, words) // the error follows, and the exit code
	}
	failed := 0
	for _, r := range results {
		if r.Err != nil && !errors.Is(r.Err, stick.ErrOld) {
			failed++
		}
		if bad := c.say(stdout, r); bad != nil {
			return errors.Join(err, bad)
		}
	}
	if err == nil && failed > 0 {
		err = fmt.Errorf("receive stick: %d of %d exports were not taken in whole", failed, len(results))
	}
	return err
}

// received is what became of one terminal's export, in JSON.
type received struct {
	Terminal string          `json:"terminal"`
	Station  string          `json:"station,omitempty"`
	Stored   int             `json:"stored"`
	Again    int             `json:"again"`
	Letters  int             `json:"letters"`
	Left     int             `json:"left,omitempty"` // letters without room
	Refused  []stick.Refusal `json:"refused,omitempty"`
	Problem  string          `json:"problem,omitempty"`
	Words    string          `json:"words,omitempty"`
}

func (c *courierCmd) say(w io.Writer, r arrival.Result) error {
	words, problem := stick.Words(r.Err), ""
	if r.Err != nil {
		problem = r.Err.Error()
	}
	if c.JSON {
		enc := json.NewEncoder(w)
		enc.SetEscapeHTML(false)
		return enc.Encode(received{r.Terminal, r.Station, r.Stored, r.Again, r.Letters, r.Left, r.Refused, problem, words})
	}
	if words == "" && r.Err != nil {
		words = "没有全部收下：" + problem
	}
	_, err := fmt.Fprintf(w, "%s：新收 %d 件，以前已收 %d 件，不能收 %d 件，带回 %d 封。%s\n",
		r.Terminal, r.Stored, r.Again, len(r.Refused), r.Letters, words)
	return err
}
