package sync

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"time"

	"zhizhu/offline/wire"
)

// Mailbox keeps what comes down: *mailbox.Mailbox, whose contract it has.
type Mailbox interface {
	// Cursor returns after which sequence post is to be asked for.
	Cursor(ctx context.Context) (uint64, error)
	// Take keeps post and returns after which to ask for more. An error with a larger next than before says that some of it
	// was refused, and the rest kept; it names them without personal data.
	Take(ctx context.Context, posts []wire.Post) (next uint64, err error)
}

const (
	maxMail   = 16 << 20         // bytes of an answer with post
	mailTime  = 25 * time.Minute // a letter with a document, over a poor line; the gateway ends it sooner
	mailPages = 64               // in one go
)

// mailRound is what a look into the mailbox came to.
type mailRound struct {
	answer  answer
	fault   *fault
	refused error // of the newest post that was refused
}

// fetch looks into the mailbox when that is due.
func (r *run) fetch(ctx context.Context) {
	s := &r.mail
	if !s.free() || !s.due {
		return
	}
	s.due = false
	r.begin(ctx, s, func() func() {
		m := r.call.mail(ctx)
		return func() {
			r.tellTime(m.answer)
			r.fetched(ctx, m)
		}
	})
}

func (r *run) fetched(ctx context.Context, m mailRound) {
	s := &r.mail
	f := m.fault
	if f == nil && m.refused != nil {
		// What is not proven to be the gateway's is never skipped in silence: it is asked for again, less and less.
		f = &fault{reason: Busy, detail: m.refused.Error()}
	}
	if f != nil {
		r.state.Faults.Mailbox = f.detail
		s.due = true
		r.troubled(ctx, s, f)
		return
	}
	r.state.Faults.Mailbox = ""
	s.fine()
	if !s.due { // else a round has ended meanwhile
		r.later(ctx, s, r.o.MailEvery)
	}
}

// mail takes all post that there is.
func (c *caller) mail(ctx context.Context) (m mailRound) {
	after, err := c.o.Mailbox.Cursor(ctx)
	if err != nil {
		m.fault = &fault{reason: OK, detail: "mailbox can't be read: " + err.Error()}
		return m
	}
	for range mailPages {
		var mail wire.Mail
		mail, m.answer, m.fault = c.page(ctx, after)
		if m.fault != nil || len(mail.Posts) == 0 {
			return m
		}
		next, err := c.o.Mailbox.Take(ctx, mail.Posts)
		if err != nil {
			m.refused = err
		}
		if next <= after || !mail.More {
			return m
		}
		after = next
	}
	return m
}

// page asks for as much post as fits into one answer.
func (c *caller) page(ctx context.Context, after uint64) (mail wire.Mail, a answer, f *fault) {
	a, f = c.do(ctx, question{
		method: http.MethodGet, path: wire.PathMailbox + "?after=" + strconv.FormatUint(after, 10), header: c.named(),
		limit: maxMail, patient: true,
	})
	switch {
	case f != nil:
		return mail, a, f
	case a.status != http.StatusOK:
		return mail, a, statusFault(a.status, a.header, a.body, c.o.Now())
	case json.Unmarshal(a.body, &mail) != nil: // its error may quote the content
		return mail, a, &fault{reason: Portal, detail: fmt.Sprintf("status %d without a mailbox", a.status)}
	}
	return mail, a, nil
}
