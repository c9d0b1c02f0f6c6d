package platform

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"zhizhu/offline/gateway/adapter"
	"zhizhu/offline/wire"
)

// page is what GET answers returns.
type page struct {
	Answers []wire.Letter `json:"answers"`
	More    bool          `json:"more"`
}

// Poll is adapter.Adapter's.
func (p *Platform) Poll(ctx context.Context, take func(context.Context, adapter.Answer) error) error {
	seen := map[string]bool{}
	for {
		got, err := p.page(ctx)
		if err != nil {
			return fmt.Errorf("ask for answers: %w", err)
		}
		fresh := false
		for _, letter := range got.Answers {
			if !goodKey(letter.ID) {
				p.log.WarnContext(ctx, "Platform gave an answer whose id can't be named in a URL: it can't be taken")
				continue
			}
			if seen[letter.ID] { // left, or taken and not heeded: enough for this time
				continue
			}
			seen[letter.ID], fresh = true, true
			if err := p.settle(ctx, letter, take); err != nil {
				return err
			}
		}
		if !got.More || !fresh {
			return nil
		}
	}
}

// goodKey holds ids to what every server takes for one step of a path.
func goodKey(id string) bool {
	return id != "" && len(id) <= 128 && id[0] != '.' && !strings.ContainsFunc(id, func(r rune) bool {
		return r != '-' && r != '_' && r != '.' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

func (p *Platform) page(ctx context.Context) (page, error) {
	to := p.base.JoinPath("answers")
	to.RawQuery = url.Values{"limit": {strconv.Itoa(pageSize)}}.Encode()
	text, err := p.call(ctx, http.MethodGet, to, nil, nil, maxAnswers)
	if err != nil {
		return page{}, err
	}
	var got page
	if err := json.Unmarshal(text, &got); err != nil {
		// The error would repeat what can't be read.
		return page{}, errors.New("read answers: not the JSON that was agreed on")
	}
	return got, nil
}

// settle lets one answer be taken, and tells the platform.
func (p *Platform) settle(ctx context.Context, letter wire.Letter, take func(context.Context, adapter.Answer) error) error {
	err := take(ctx, adapter.Answer{Key: letter.ID, Letter: letter})
	switch {
	case err == nil:
		return p.tell(ctx, letter.ID, "taken", nil)
	case errors.Is(err, adapter.ErrRefused):
		reason, bad := json.Marshal(struct {
			Reason string `json:"reason"`
		}{err.Error()})
		if bad != nil {
			return fmt.Errorf("write reason: %w", bad)
		}
		return p.tell(ctx, letter.ID, "refused", reason)
	case errors.Is(err, adapter.ErrLeave):
		p.log.InfoContext(ctx, "Answer is left for later", slog.String("answer", letter.ID))
		return nil
	default:
		return err
	}
}

func (p *Platform) tell(ctx context.Context, id, what string, body []byte) error {
	header := http.Header{"Content-Type": {wire.TypeJSON}, "Idempotency-Key": {id + "-" + what}}
	if _, err := p.call(ctx, http.MethodPost, p.base.JoinPath("answers", id, what), header, body, maxAnswer); err != nil {
		// The answer comes again, and is known again.
		return fmt.Errorf("tell that an answer was %s: %w", what, err)
	}
	return nil
}
