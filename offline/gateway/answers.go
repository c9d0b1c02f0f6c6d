package gateway

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"zhizhu/offline/gateway/adapter"
)

// Poll fetches the platform's answers and sends each of them.
func (g *Gateway) Poll(ctx context.Context) error {
	if g.relay.adapter == nil {
		return ErrNoAdapter
	}
	if err := g.relay.adapter.Poll(ctx, g.takeAnswer); err != nil {
		return fmt.Errorf("fetch answers: %w", err)
	}
	return nil
}

// takeAnswer sends one answer as a letter. The platform's own id for it makes the letter's, so that an answer that
// comes twice goes out once.
func (g *Gateway) takeAnswer(ctx context.Context, a adapter.Answer) error {
	letter := a.Letter
	letter.ID = g.letterID(g.relay.adapter.Name(), a.Key)
	_, err := g.Send(ctx, letter)
	if errors.Is(err, ErrLetter) || errors.Is(err, ErrMatter) {
		g.log.WarnContext(ctx, "Answer of the platform was refused", slog.String("letter", letter.ID), slog.Any("error", err))
		return fmt.Errorf("%w: %w", adapter.ErrRefused, err)
	}
	if errors.Is(err, ErrNobody) {
		// It would stop all others behind it, perhaps for weeks.
		g.log.WarnContext(ctx, "Answer of the platform can't be delivered", slog.String("letter", letter.ID), slog.Any("error", err))
		return fmt.Errorf("%w: %w", adapter.ErrLeave, err)
	}
	return err
}
