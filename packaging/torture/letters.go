package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os/exec"
	"strings"

	"zhizhu/offline/audit"
	"zhizhu/offline/wire"
)

// letter is one that the gateway said it has sent.
type letter struct {
	id, number string
}

// letterKinds are drawn by lot.
var letterKinds = []wire.LetterKind{
	wire.LetterAccepted, wire.LetterCorrection, wire.LetterRefused, wire.LetterSettled, wire.LetterReply,
}

// sendLetter has the gateway send one, by its command, as staff would. It may not know the matter yet: no letter then.
func (h *harness) sendLetter(ctx context.Context) {
	id, number := h.ledger.anyMatter(h.rng.IntN(1 << 30))
	kind := letterKinds[h.rng.IntN(len(letterKinds))]
	if id == "" || h.gate == nil {
		return
	}
	args := []string{"letter", "--dir", h.gateDir(), "--matter", id, "--kind", string(kind), "--text", "折腾 " + number}
	if kind == wire.LetterCorrection {
		args = append(args, "--missing", "户口簿", "--due", "2030-01-31")
	}
	answer, err := exec.CommandContext(ctx, h.gateway, args...).Output()
	var sent struct {
		ID        string   `json:"id"`
		Terminals []string `json:"terminals"`
	}
	if err == nil && json.Unmarshal(answer, &sent) == nil && len(sent.Terminals) == 1 {
		h.ledger.letters = append(h.ledger.letters, letter{sent.ID, number})
	}
}

// checkLetters looks for each letter at the terminal: once, and whole.
func (v *verdict) checkLetters(ctx context.Context, r *rooms, l *ledger) error {
	for _, sent := range l.letters {
		v.letters++
		found, err := r.mail.Find(ctx, "", sent.number)
		if err != nil {
			return fmt.Errorf("check letters: %w", err)
		}
		times := 0
		for _, f := range found {
			if f.ID == sent.id && strings.Contains(f.Text, sent.number) {
				times++
			}
		}
		switch {
		case times == 0:
			v.lost++
			v.wrong("letter lost: %s", sent.id)
		case times > 1:
			v.duplicates += times - 1
			v.wrong("letter %s is there %d times", sent.id, times)
		}
	}
	return nil
}

// checkDeliveries: what was noted as delivered is known upstream.
func (v *verdict) checkDeliveries(l *ledger, s *stock) {
	for id := range l.delivered {
		v.deliveries++
		if s.delivered[id] == 0 {
			v.lost++
			v.wrong("report of a delivery lost: %s", id)
		}
	}
}

// checkTrail verifies the audit chain, and that each act that was said to be in it is.
func (v *verdict) checkTrail(ctx context.Context, r *rooms, l *ledger, s *stock) error {
	report, err := audit.VerifyStore(ctx, r.file, audit.VerifyOptions{Box: r.id.Box, Signer: r.id.SignKey.Public(), Heads: s.heads})
	if err != nil {
		return fmt.Errorf("check audit chain: %w", err)
	}
	v.records, v.heads = int(report.Records), len(s.heads) //nolint:gosec // as many as this run has made
	if !report.Sound() {
		v.corrupt = append(v.corrupt, fmt.Sprintf("audit chain: %+v", report))
	}
	var text strings.Builder
	if err := r.trail.Export(ctx, &text); err != nil {
		return fmt.Errorf("check audit chain: %w", err)
	}
	for _, id := range l.recorded {
		if !strings.Contains(text.String(), id) {
			v.lost++
			v.wrong("act lost from the audit chain: %s", id)
		}
	}
	return nil
}
