package gateway

import (
	"context"
	"net/http"
	"strconv"
	"time"

	"zhizhu/offline/gateway/store"
	"zhizhu/offline/wire"
)

const (
	mailPage   = 16               // posts read from the store at once
	mailBytes  = 1 << 20          // of packets in one answer, but one post at least
	mailBudget = 20 * time.Minute // a letter with a PDF of 2 MB, on a line of 5 KB/s
)

// mailbox gives a terminal the post that it does not have yet.
func (g *Gateway) mailbox(w http.ResponseWriter, r *http.Request) {
	terminal, refused := g.identify(r)
	if refused != nil {
		g.answer(w, r, refused)
		return
	}
	after, err := strconv.ParseUint(r.URL.Query().Get("after"), 10, 63)
	if err != nil && r.URL.Query().Has("after") {
		g.answer(w, r, refuse(http.StatusBadRequest, problemBlank, "after must be the Seq of the last post that was taken, or 0").because(err))
		return
	}
	mail, err := g.mail(r.Context(), terminal.ID, after)
	if err != nil {
		g.answer(w, r, refuseStore(err))
		return
	}
	defer g.patience(w, mailBudget)()
	g.writeJSON(w, r, wire.TypeJSON, http.StatusOK, mail)
}

// mail is as much of a terminal's post as fits into one answer.
func (g *Gateway) mail(ctx context.Context, terminal string, after uint64) (wire.Mail, error) {
	posts, err := g.store.Posts(ctx, terminal, after, mailPage)
	if err != nil {
		return wire.Mail{}, err
	}
	mail := wire.Mail{Posts: []wire.Post{}, More: len(posts) == mailPage}
	room := mailBytes
	for i, p := range posts {
		if room -= len(p.Packet); room < 0 && i > 0 {
			mail.More = true
			break
		}
		mail.Posts = append(mail.Posts, wirePost(p))
	}
	return mail, nil
}

func wirePost(p store.Post) wire.Post {
	return wire.Post{Seq: p.Seq, ID: p.ID, Terminal: p.Terminal, Digest: p.Digest, Packet: p.Packet, Signature: p.Signature}
}

// patience lets an answer take longer than others, but not for ever. The timer rather than a clock ends it, since the
// gateway's own clock may be set while it is under way.
func (g *Gateway) patience(w http.ResponseWriter, budget time.Duration) (done func()) {
	c := http.NewResponseController(w)
	if c.SetWriteDeadline(time.Time{}) != nil {
		return func() {} // a writer without deadlines
	}
	timer := time.AfterFunc(budget, func() { _ = c.SetWriteDeadline(time.Unix(1, 0)) })
	return func() { timer.Stop() }
}
