package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"zhizhu/offline/wire"
)

// TerminalState is a terminal with what it last said of itself.
type TerminalState struct {
	ID         string         `json:"id"`
	Station    string         `json:"station"`
	EnrolledAt time.Time      `json:"enrolled_at"`
	RenewedAt  time.Time      `json:"renewed_at,omitzero"`
	RevokedAt  time.Time      `json:"revoked_at,omitzero"`
	Letters    bool           `json:"letters"`          // can get them
	SeenAt     time.Time      `json:"seen_at,omitzero"` // of the last heartbeat, by the gateway's clock
	Beat       wire.Heartbeat `json:"heartbeat,omitzero"`
}

// TerminalStates returns all terminals, station after station.
func (g *Gateway) TerminalStates(ctx context.Context) ([]TerminalState, error) {
	terminals, err := g.store.Terminals(ctx, "")
	if err != nil {
		return nil, err
	}
	beats, err := g.store.Heartbeats(ctx)
	if err != nil {
		return nil, err
	}
	said := make(map[string]int, len(beats))
	for i, b := range beats {
		said[b.Terminal] = i
	}
	all := make([]TerminalState, 0, len(terminals))
	for _, t := range terminals {
		s := TerminalState{
			ID: t.ID, Station: t.Station, EnrolledAt: t.EnrolledAt, RenewedAt: t.RenewedAt, RevokedAt: t.RevokedAt, Letters: t.PostKey != "",
		}
		if i, ok := said[t.ID]; ok {
			s.SeenAt = beats[i].At
			if err := json.Unmarshal(beats[i].Body, &s.Beat); err != nil {
				s.Beat = wire.Heartbeat{} // of a program that said it otherwise
			}
		}
		all = append(all, s)
	}
	return all, nil
}

// Terminals calls fn for every terminal, station after station, until fn returns an error.
func (g *Gateway) Terminals(ctx context.Context, fn func(TerminalState) error) error {
	all, err := g.TerminalStates(ctx)
	if err != nil {
		return fmt.Errorf("list terminals: %w", err)
	}
	for _, s := range all {
		if err := fn(s); err != nil {
			return err
		}
	}
	return nil
}

// fleet is what all terminals are like.
type fleet struct {
	ages, faulty, paper map[string]int
	queued, quarantined int
	oldest              time.Duration
}

// fleet sums up. Devices, paper and queues of a terminal that has been silent for a day are not known any more.
func (g *Gateway) fleet(all []TerminalState) fleet {
	f := fleet{ages: map[string]int{}, faulty: map[string]int{}, paper: map[string]int{}}
	for _, class := range []string{"15m", "1h", "1d", "7d", "older", "never"} {
		f.ages[class] = 0
	}
	now := g.now()
	for _, t := range all {
		if !t.RevokedAt.IsZero() {
			continue
		}
		class := ageClass(t, now)
		f.ages[class]++
		f.queued += t.Beat.Queued // as far as anybody knows it still waits there
		f.quarantined += t.Beat.Quarantined
		if class == "never" || class == "7d" || class == "older" {
			continue
		}
		f.oldest = max(f.oldest, time.Duration(t.Beat.OldestAge)*time.Second)
		f.paper[oneOf(t.Beat.Paper, "unknown", "ok", "low", "end")]++
		for device, state := range t.Beat.Devices {
			if faulty(state) {
				f.faulty[f.deviceLabel(device)]++
			}
		}
	}
	return f
}

func ageClass(t TerminalState, now time.Time) string {
	if t.SeenAt.IsZero() {
		return "never"
	}
	age := now.Sub(t.SeenAt)
	for _, class := range []struct {
		name string
		most time.Duration
	}{{"15m", 15 * time.Minute}, {"1h", time.Hour}, {"1d", 24 * time.Hour}, {"7d", 7 * 24 * time.Hour}} {
		if age <= class.most {
			return class.name
		}
	}
	return "older"
}

// oneOf keeps a terminal from making labels up: each costs memory in Prometheus for ever.
func oneOf(s, other string, known ...string) string {
	for _, k := range known {
		if s == k {
			return k
		}
	}
	return other
}

// deviceLabel is a device's name, as long as there are few and they look like names.
func (f fleet) deviceLabel(device string) string {
	const most = 24
	if _, known := f.faulty[device]; known || len(f.faulty) < most && goodID(device) {
		return device
	}
	return "other"
}

func faulty(state string) bool {
	word, _, _ := strings.Cut(state, ":")
	return word != "ready" && word != "ok" && word != "" && word != "none"
}
