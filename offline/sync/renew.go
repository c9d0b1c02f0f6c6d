package sync

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"zhizhu/offline/wire"
)

// Renewer gets the terminal a new certificate: *identity.Renewer, whose contract it has.
type Renewer interface {
	Due(now time.Time) bool
	Request() (wire.Renewal, error)
	Install(answer wire.Enrolled) error
}

// renewEvery is how often it is asked whether the certificate is to be renewed.
const renewEvery = time.Hour

// renew asks for a new certificate when that is due.
func (r *run) renew(ctx context.Context) {
	s := &r.renewal
	if !s.free() || !s.due {
		return
	}
	r.later(ctx, s, renewEvery)
	now := r.o.Now()
	if r.state.OffsetKnown {
		now = now.Add(r.state.ServerOffset)
	}
	r.begin(ctx, s, func() func() {
		if !r.o.Renew.Due(now) {
			return func() {}
		}
		a, f := r.call.renew(ctx)
		return func() {
			r.tellTime(a)
			r.renewed(ctx, f)
		}
	})
}

func (r *run) renewed(ctx context.Context, f *fault) {
	s := &r.renewal
	if f != nil {
		r.state.Faults.Renewal = f.detail
		s.due = true
		r.troubled(ctx, s, f)
		return
	}
	r.state.Faults.Renewal = ""
	s.fine()
	// What is under way ends on the old connections.
	r.call.reconnect()
	r.o.Log.LogAttrs(ctx, slog.LevelInfo, "Certificate renewed")
}

func (c *caller) renew(ctx context.Context) (answer, *fault) {
	asked, err := c.o.Renew.Request()
	if err != nil {
		return answer{}, &fault{reason: OK, detail: err.Error()}
	}
	body, err := json.Marshal(asked)
	if err != nil {
		return answer{}, &fault{reason: OK, detail: "renewal can't be encoded"}
	}
	header := c.named()
	header.Set("Content-Type", wire.TypeJSON)
	a, f := c.call(ctx, http.MethodPost, wire.PathRenew, header, body)
	if f != nil {
		return a, f
	}
	if a.status != http.StatusOK && a.status != http.StatusCreated {
		return a, statusFault(a.status, a.header, a.body, c.o.Now())
	}
	var got wire.Enrolled
	if json.Unmarshal(a.body, &got) != nil {
		return a, &fault{reason: Portal, detail: fmt.Sprintf("status %d without a certificate", a.status)}
	}
	if err := c.o.Renew.Install(got); err != nil {
		return a, &fault{reason: OK, detail: err.Error()}
	}
	return a, nil
}
