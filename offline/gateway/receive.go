package gateway

import (
	"context"
	"crypto/subtle"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"zhizhu/offline/gateway/store"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

const (
	maxPacket  = 256 << 10 // bytes
	maxID      = 64
	retryStore = 30 * time.Second // Retry-After while nothing can be stored
)

// receive takes one record: checked, kept, and only then acknowledged.
func (g *Gateway) receive(lane string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		terminal, packet, refused := g.accept(w, r)
		if refused != nil {
			g.answer(w, r, refused)
			return
		}
		ack, signature, refused := g.take(r.Context(), terminal, lane, r.PathValue("id"), packet)
		if refused != nil {
			g.answer(w, r, refused)
			return
		}
		g.acknowledge(w, r, ack, signature)
	}
}

// accept says who speaks, and reads the packet that came whole.
func (g *Gateway) accept(w http.ResponseWriter, r *http.Request) (store.Terminal, []byte, *refusal) {
	terminal, refused := g.identify(r)
	if refused != nil {
		return terminal, nil, refused
	}
	if !goodID(r.PathValue("id")) {
		return terminal, nil, refuseID()
	}
	packet, refused := readBody(w, r, maxPacket)
	if refused != nil {
		return terminal, nil, refused
	}
	return terminal, packet, checkDigest(r.Header.Values(wire.HeaderDigest), seal.Digest(packet))
}

// take keeps one record of a terminal, whichever way it came, and says so under the gateway's signature.
func (g *Gateway) take(ctx context.Context, terminal store.Terminal, lane, id string, packet []byte) (wire.Ack, []byte, *refusal) {
	if !goodID(id) {
		return wire.Ack{}, nil, refuseID()
	}
	if len(packet) > maxPacket {
		return wire.Ack{}, nil, refuseLarge(maxPacket)
	}
	binding, event, refused := g.checkPacket(ctx, packet, lane, id, terminal)
	if refused != nil {
		return wire.Ack{}, nil, refused
	}
	record := store.Record{
		Lane: lane, ID: id, Terminal: binding.Terminal, Item: binding.Item, Version: binding.Version,
		Digest: seal.Digest(packet), Packet: packet, StoredAt: g.stamp(),
	}
	put, err := g.store.PutIfAbsent(ctx, record)
	if err != nil {
		return wire.Ack{}, nil, refusePut(err)
	}
	// Before the acknowledgement, and also when the event is there already: the first attempt may have ended here.
	if err := g.heed(ctx, event); err != nil {
		return wire.Ack{}, nil, refuseStore(err)
	}
	g.note(ctx, lane, record, put.Again)
	return g.sign(wire.Ack{ID: id, Digest: record.Digest, StoredAt: put.StoredAt, Again: put.Again})
}

// note counts and logs a record that is kept.
func (g *Gateway) note(ctx context.Context, lane string, r store.Record, again bool) {
	g.counts.add(func(c *Counts) {
		if again {
			c.Again[lane]++
		} else {
			c.Stored[lane]++
		}
	})
	g.log.InfoContext(ctx, "Record stored", slog.String("lane", lane), slog.String("id", r.ID),
		slog.String("terminal", r.Terminal), slog.String("item", r.Item), slog.Bool("again", again))
	if !again {
		g.relay.kick()
	}
}

// heed does what an event asks for: a letter that reached its person is no longer post.
func (g *Gateway) heed(ctx context.Context, event *wire.Event) error {
	if event == nil || event.Kind != wire.EventDelivered || event.Letter == "" {
		return nil
	}
	n, err := g.store.DropPost(ctx, event.Letter)
	if err != nil {
		return fmt.Errorf("drop delivered letter: %w", err)
	}
	g.log.InfoContext(ctx, "Letter was delivered", slog.String("id", event.Letter), slog.Int("mailboxes", n))
	return nil
}

// stamp is now, as every engine can keep it.
func (g *Gateway) stamp() time.Time { return g.now().UTC().Truncate(time.Microsecond) }

func refuseID() *refusal {
	return refuse(http.StatusUnprocessableEntity, wire.ProblemPacket, "the id must be 1 to 64 letters, digits, - or _")
}

func refuseLarge(limit int64) *refusal {
	return refuse(http.StatusRequestEntityTooLarge, wire.ProblemTooLarge, fmt.Sprintf("at most %d bytes", limit))
}

// refuseStore asks to come again: what an engine's error leaves in doubt is asked for under the same id.
func refuseStore(err error) *refusal {
	return refuse(http.StatusServiceUnavailable, wire.ProblemStorage, "keep the record and try again").because(err).after(retryStore)
}

func refusePut(err error) *refusal {
	if errors.Is(err, store.ErrConflict) {
		return refuse(http.StatusConflict, wire.ProblemConflict, "the first record of this id is kept; send the other one under an id of its own").because(err)
	}
	return refuseStore(err)
}

func (g *Gateway) sign(ack wire.Ack) (wire.Ack, []byte, *refusal) {
	signature, err := seal.Sign(g.rand, g.keys.ack, ack.Signed())
	if err != nil {
		return wire.Ack{}, nil, refuseStore(err)
	}
	return ack, signature, nil
}

func (g *Gateway) acknowledge(w http.ResponseWriter, r *http.Request, ack wire.Ack, signature []byte) {
	w.Header().Set(wire.HeaderReceipt, base64.StdEncoding.EncodeToString(signature))
	status := http.StatusCreated
	if ack.Again {
		status = http.StatusOK
	}
	g.writeJSON(w, r, wire.TypeJSON, status, ack)
}

// identify says which terminal speaks.
func (g *Gateway) identify(r *http.Request) (store.Terminal, *refusal) {
	name, ok := certified(r)
	if !ok {
		return store.Terminal{}, refuse(http.StatusUnauthorized, wire.ProblemIdentity, "a terminal's certificate is needed: enrol the terminal")
	}
	if r.Header.Get(wire.HeaderTerminal) != name {
		return store.Terminal{}, refuse(http.StatusForbidden, wire.ProblemIdentity, wire.HeaderTerminal+" must name the certificate's terminal")
	}
	terminal, refused := g.known(r, name)
	if refused == nil {
		if wait := g.rates.wait(name); wait > 0 {
			refused = refuse(http.StatusTooManyRequests, problemBlank, "this terminal asks too often: keep everything and wait").after(wait)
		}
	}
	return terminal, refused
}

// known returns the terminal that a verified certificate names, unless it isn't (or no longer) one of ours.
func (g *Gateway) known(r *http.Request, name string) (store.Terminal, *refusal) {
	terminal, err := g.store.Terminal(r.Context(), name)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return terminal, refuse(http.StatusForbidden, wire.ProblemIdentity, "this terminal is not known here: enrol it")
	case err != nil:
		return terminal, refuseStore(err)
	case !terminal.RevokedAt.IsZero():
		return terminal, refuse(http.StatusForbidden, wire.ProblemIdentity, "this terminal was revoked: enrol it with a new code if that was a mistake")
	case !terminal.Has(keyHash(r.TLS.PeerCertificates[0].RawSubjectPublicKeyInfo)):
		return terminal, refuse(http.StatusForbidden, wire.ProblemIdentity, "the certificate is not this terminal's: enrol it")
	}
	return terminal, nil
}

func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, *refusal) {
	tooLarge := refuseLarge(limit)
	if r.ContentLength > limit {
		return nil, tooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, tooLarge
	case err != nil: // cut off on the way: the terminal tries again
		return nil, refuse(http.StatusRequestTimeout, problemBlank, "the body did not arrive whole: send it again").because(err)
	}
	return body, nil
}

// checkDigest compares the header's sm3 member (RFC 9530) with the digest of what arrived.
func checkDigest(header []string, digest string) *refusal {
	said, ok := parseDigest(strings.Join(header, ","))
	if !ok {
		return refuse(http.StatusBadRequest, wire.ProblemDigest, wire.HeaderDigest+" must hold sm3=:<base64 of 32 bytes>:")
	}
	if subtle.ConstantTimeCompare([]byte(hex.EncodeToString(said)), []byte(digest)) != 1 {
		return refuse(http.StatusBadRequest, wire.ProblemDigest, "the body was damaged on the way: send it again")
	}
	return nil
}

func parseDigest(header string) ([]byte, bool) {
	for member := range strings.SplitSeq(header, ",") {
		value, ok := strings.CutPrefix(strings.TrimSpace(member), "sm3=:")
		if !ok {
			continue
		}
		value, ok = strings.CutSuffix(value, ":")
		if !ok {
			return nil, false
		}
		sum, err := base64.StdEncoding.DecodeString(value)
		return sum, err == nil && len(sum) == 32
	}
	return nil, false
}

// checkPacket opens the packet and compares everything that it says of itself with where and from whom it came. Of an
// event it returns the content, too.
func (g *Gateway) checkPacket(ctx context.Context, packet []byte, lane, id string, terminal store.Terminal) (seal.Binding, *wire.Event, *refusal) {
	binding, plain, refused := g.openFrom(ctx, packet, terminal, func(b seal.Binding) bool { return b.ID == id })
	if refused != nil {
		return seal.Binding{}, nil, refused
	}
	defer clear(plain)
	event, err := checkContent(lane, binding, plain)
	if err != nil {
		return seal.Binding{}, nil, refusePacket("the packet opens, but does not hold what it should", err)
	}
	return binding, event, nil
}

func refusePacket(detail string, err error) *refusal {
	return refuse(http.StatusUnprocessableEntity, wire.ProblemPacket, detail).because(err)
}

// openFrom opens a packet that a terminal brought. Its binding must be the expected one, and the terminal allowed to
// bring it. The caller clears the content.
func (g *Gateway) openFrom(ctx context.Context, packet []byte, terminal store.Terminal, expected func(seal.Binding) bool) (seal.Binding, []byte, *refusal) {
	binding, err := seal.PacketBinding(packet)
	if err != nil {
		return seal.Binding{}, nil, refusePacket("this is not a packet", err)
	}
	if !expected(binding) {
		return seal.Binding{}, nil, refusePacket("the packet is bound to another id", nil)
	}
	if refused := g.mayBring(ctx, terminal, binding); refused != nil {
		return seal.Binding{}, nil, refused
	}
	binding, plain, err := seal.OpenPacket(g.keys.seal, packet)
	if err != nil {
		return seal.Binding{}, nil, refusePacket("the packet does not open with this gateway's key", err)
	}
	return binding, plain, nil
}

// mayBring lets a terminal bring what is bound to itself, or to any terminal of its station: a machine that had to be
// enrolled anew, under a new name, still has what was sealed under the old one. It is about the packet, not about the
// terminal, so the terminal sets it aside and goes on.
func (g *Gateway) mayBring(ctx context.Context, terminal store.Terminal, b seal.Binding) *refusal {
	if b.Terminal == terminal.ID {
		return nil
	}
	bound, err := g.store.Terminal(ctx, b.Terminal)
	switch {
	case err != nil && !errors.Is(err, store.ErrNotFound):
		return refuseStore(err)
	case err != nil, bound.Station != terminal.Station:
		return refuse(http.StatusUnprocessableEntity, wire.ProblemPacket, "the packet is bound to a terminal of another station")
	}
	return nil
}

// checkContent holds a packet's content to its binding. Its errors say nothing of the content.
func checkContent(lane string, b seal.Binding, plain []byte) (*wire.Event, error) {
	var own struct{ ID, Terminal string } // all kinds of records have them; names match without regard to case
	var content any
	var event *wire.Event
	switch lane {
	case wire.LaneMatters:
		content = &wire.Matter{}
	case wire.LaneRatings:
		content = &wire.Rating{}
	case wire.LaneEvents:
		event = &wire.Event{}
		content = event
	default:
		return nil, fmt.Errorf("read content: no lane %q", lane)
	}
	if json.Unmarshal(plain, content) != nil || json.Unmarshal(plain, &own) != nil {
		return nil, fmt.Errorf("read content: not a record of lane %s", lane)
	}
	if own.ID != b.ID || own.Terminal != b.Terminal {
		return nil, errors.New("read content: id or terminal differ from the binding")
	}
	return event, nil
}

func goodID(id string) bool {
	return id != "" && len(id) <= maxID && !strings.ContainsFunc(id, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}
