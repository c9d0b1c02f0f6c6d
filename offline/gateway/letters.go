package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/google/uuid"

	"zhizhu/offline/gateway/store"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

// Kinds of errors of Send.
var (
	// ErrLetter says that a letter is not one that a terminal can show or print.
	ErrLetter = errors.New("this is no letter")
	// ErrMatter says that the matter that a letter is about never arrived here.
	ErrMatter = errors.New("no such matter has arrived")
	// ErrNobody says that no terminal of the matter's station can get letters now.
	ErrNobody = errors.New("no terminal of the matter's station can get letters: enrol one, or let one renew its certificate")
)

const (
	letterTerm    = 90 * 24 * time.Hour // how long a letter waits to be fetched
	maxLetterText = 4000                // characters
	maxMissing    = 50
	maxDocument   = 2 << 20 // bytes
	mediaPDF      = "application/pdf"
)

// Sent says where a letter went.
type Sent struct {
	ID        string   `json:"id"`
	Terminals []string `json:"terminals"`
}

// Send puts a letter about a matter into the mailbox of every terminal of the matter's station that may speak, sealed
// for each. The matter is named by its id or by its receipt number; what else the letter doesn't say is taken from it.
//
// The same letter ID goes into a mailbox once, for ever, so who is not sure sends again. Errors that aren't one of the
// kinds above are in doubt.
func (g *Gateway) Send(ctx context.Context, letter wire.Letter) (Sent, error) {
	if err := checkLetter(letter); err != nil {
		return Sent{}, fmt.Errorf("send letter: %w", err)
	}
	record, err := g.matterOf(ctx, letter)
	if err != nil {
		return Sent{}, fmt.Errorf("send letter: %w", err)
	}
	if letter, err = g.complete(letter, record); err != nil {
		return Sent{}, fmt.Errorf("send letter: %w", err)
	}
	to, err := g.readers(ctx, record.Terminal)
	if err != nil {
		return Sent{}, fmt.Errorf("send letter: %w", err)
	}
	sent := Sent{ID: letter.ID}
	for _, t := range to {
		if err := g.post(ctx, letter, record.Item, t); err != nil {
			return Sent{}, fmt.Errorf("send letter to %s: %w", t.ID, err)
		}
		sent.Terminals = append(sent.Terminals, t.ID)
	}
	g.counts.add(func(c *Counts) { c.Letters += len(to) })
	g.log.InfoContext(ctx, "Letter is in the mailboxes", slog.String("id", letter.ID), slog.String("kind", string(letter.Kind)),
		slog.String("matter", record.ID), slog.Int("terminals", len(to)))
	return sent, nil
}

// checkLetter refuses what a person could do nothing with.
func checkLetter(l wire.Letter) error {
	switch {
	case l.Matter == "" && l.Number == "":
		return fmt.Errorf("%w: it must name its matter, by id or receipt number", ErrLetter)
	case l.ID != "" && !goodID(l.ID):
		return fmt.Errorf("%w: its id must be 1 to 64 letters, digits, - or _", ErrLetter)
	case utf8.RuneCountInString(l.Text) > maxLetterText:
		return fmt.Errorf("%w: its text is longer than %d characters", ErrLetter, maxLetterText)
	case len(l.Missing) > maxMissing || slices.ContainsFunc(l.Missing, func(s string) bool { return strings.TrimSpace(s) == "" }):
		return fmt.Errorf("%w: what is missing must be up to %d entries, none of them empty", ErrLetter, maxMissing)
	}
	return errors.Join(checkKind(l), checkDue(l.Due), checkDocument(l.Attachment))
}

// checkKind holds each kind to what makes it one.
func checkKind(l wire.Letter) error {
	says := strings.TrimSpace(l.Text) != ""
	switch l.Kind {
	case wire.LetterAccepted, wire.LetterSettled:
	case wire.LetterCorrection:
		if len(l.Missing) == 0 {
			return fmt.Errorf("%w: a correction must name everything that is missing, at once", ErrLetter)
		}
	case wire.LetterRefused:
		if !says {
			return fmt.Errorf("%w: a refusal must give its reason as text", ErrLetter)
		}
	case wire.LetterReply:
		if !says && l.Attachment == nil {
			return fmt.Errorf("%w: a reply must have a text", ErrLetter)
		}
	default:
		return fmt.Errorf("%w: its kind must be accepted, correction, refused, settled or reply", ErrLetter)
	}
	return nil
}

func checkDue(due string) error {
	if due == "" {
		return nil
	}
	if _, err := time.Parse(time.DateOnly, due); err != nil {
		return fmt.Errorf("%w: due must be a date such as 2026-12-31", ErrLetter)
	}
	return nil
}

func checkDocument(f *wire.File) error {
	switch {
	case f == nil:
	case f.Media != mediaPDF || !bytes.HasPrefix(f.Data, []byte("%PDF-")):
		return fmt.Errorf("%w: what is attached must be a PDF", ErrLetter)
	case len(f.Data) > maxDocument:
		return fmt.Errorf("%w: the PDF is larger than %d bytes", ErrLetter, maxDocument)
	case strings.ContainsAny(f.Name, "/\\\x00"):
		return fmt.Errorf("%w: the PDF's name must be no path", ErrLetter)
	}
	return nil
}

// matterOf finds the matter that a letter is about.
func (g *Gateway) matterOf(ctx context.Context, l wire.Letter) (store.Record, error) {
	if l.Matter == "" {
		return g.findNumber(ctx, l.Number)
	}
	record, err := g.store.Get(ctx, wire.LaneMatters, l.Matter)
	if errors.Is(err, store.ErrNotFound) {
		return record, fmt.Errorf("%w: id %s", ErrMatter, l.Matter)
	}
	return record, err
}

// findNumber looks for a receipt number, which stands only inside the packets: those of the terminal that the number
// names are opened one by one. It is for a person at a desk; a platform answers by id.
func (g *Gateway) findNumber(ctx context.Context, number string) (store.Record, error) {
	number = strings.ToUpper(strings.TrimSpace(number))
	found := errors.New("found")
	var matter store.Record
	err := g.each(ctx, wire.LaneMatters, func(r store.Record) error {
		if r.Purged || !strings.HasPrefix(number, strings.ToUpper(r.Terminal)+"-") {
			return nil
		}
		var m wire.Matter
		if g.openRecord(r, &m) == nil && m.Number == number {
			matter = r
			return found
		}
		return nil
	})
	switch {
	case errors.Is(err, found):
		return matter, nil
	case err != nil:
		return matter, err
	}
	// A receipt number is on paper in the person's hand: it is not repeated here.
	return matter, fmt.Errorf("%w: no matter has that receipt number, or its content is gone already", ErrMatter)
}

// complete fills in what the matter knows. Once its content is gone the letter must do with what it says itself.
func (g *Gateway) complete(l wire.Letter, r store.Record) (wire.Letter, error) {
	l.Matter = r.ID
	if !r.Purged {
		var m wire.Matter
		if err := g.openRecord(r, &m); err != nil {
			return l, err
		}
		if l.Number != "" && !strings.EqualFold(strings.TrimSpace(l.Number), m.Number) {
			return l, fmt.Errorf("%w: its receipt number is not that of its matter", ErrLetter)
		}
		l.Number, l.ItemName = m.Number, m.ItemName
		if m.Applicant != nil {
			// Who lodged it is who it is for, whatever the answer says: nobody else's card may show it.
			l.IDNumber = m.Applicant.IDNumber
		}
	}
	if l.At.IsZero() {
		l.At = g.now().UTC().Truncate(time.Second)
	}
	if l.ID == "" {
		id, err := uuid.NewRandomFromReader(g.rand)
		if err != nil {
			return l, fmt.Errorf("make id: %w", err)
		}
		l.ID = id.String()
	}
	return l, nil
}

// readers are the terminals that may speak of the station whose terminal lodged a matter, and to which can be sealed.
func (g *Gateway) readers(ctx context.Context, terminal string) ([]store.Terminal, error) {
	from, err := g.store.Terminal(ctx, terminal)
	if err != nil {
		return nil, fmt.Errorf("find station: %w", err)
	}
	all, err := g.store.Terminals(ctx, from.Station)
	if err != nil {
		return nil, fmt.Errorf("find terminals: %w", err)
	}
	var can []store.Terminal
	for _, t := range all {
		switch {
		case !t.RevokedAt.IsZero():
		case t.PostKey == "":
			g.log.WarnContext(ctx, "Terminal gets no letters: it has no post key yet", slog.String("terminal", t.ID))
		default:
			can = append(can, t)
		}
	}
	if len(can) == 0 {
		return nil, fmt.Errorf("%w: station %s", ErrNobody, from.Station)
	}
	return can, nil
}

// post seals a letter for one terminal and puts it into its mailbox.
func (g *Gateway) post(ctx context.Context, l wire.Letter, item string, t store.Terminal) error {
	key, err := seal.ParsePublicKey(t.PostKey)
	if err != nil {
		return fmt.Errorf("read post key: %w", err)
	}
	plain, err := json.Marshal(l)
	if err != nil {
		return fmt.Errorf("write letter: %w", err)
	}
	defer clear(plain)
	packet, err := seal.SealPacket(g.rand, key, seal.Binding{ID: l.ID, Terminal: t.ID, Item: item}, plain)
	if err != nil {
		return err
	}
	now := g.stamp()
	return g.store.AddPost(ctx, t.ID, now, func(seq uint64) (store.Post, error) {
		p := store.Post{
			Seq: seq, ID: l.ID, Terminal: t.ID, Matter: l.Matter, Digest: seal.Digest(packet), Packet: packet,
			At: now, Expires: now.Add(letterTerm),
		}
		p.Signature, err = seal.Sign(g.rand, g.keys.ack, wirePost(p).Signed())
		return p, err
	})
}

// letterID makes the id of a platform's answer: the same answer always has the same, also from another gateway with the
// same keys, so that it goes out once. Nobody else can tell it beforehand: who knows an id could report it delivered. It
// has the form of a UUID of version 8 (RFC 9562: what one makes of it).
func (g *Gateway) letterID(adapter, key string) string {
	id := uuid.UUID(seal.KeyedHash(g.keys.code, "zhizhu-letter-1 "+adapter+"\n"+key)[:16])
	id[6], id[8] = id[6]&0x0f|0x80, id[8]&0x3f|0x80
	return id.String()
}
