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
		record, refused := g.check(w, r, lane)
		if refused != nil {
			g.answer(w, r, refused)
			return
		}
		put, err := g.store.PutIfAbsent(r.Context(), record)
		if err != nil {
			g.answer(w, r, refusePut(err))
			return
		}
		g.counts.add(func(c *Counts) {
			if put.Again {
				c.Again[lane]++
			} else {
				c.Stored[lane]++
			}
		})
		g.log.InfoContext(r.Context(), "Record stored", slog.String("lane", lane), slog.String("id", record.ID),
			slog.String("terminal", record.Terminal), slog.String("item", record.Item), slog.Bool("again", put.Again))
		g.acknowledge(w, r, wire.Ack{ID: record.ID, Digest: record.Digest, StoredAt: put.StoredAt, Again: put.Again})
	}
}

func refusePut(err error) *refusal {
	if errors.Is(err, store.ErrConflict) {
		return refuse(http.StatusConflict, wire.ProblemConflict, "the first record of this id is kept; send the other one under an id of its own").because(err)
	}
	return refuse(http.StatusServiceUnavailable, wire.ProblemStorage, "keep the record and try again").because(err).after(retryStore)
}

func (g *Gateway) acknowledge(w http.ResponseWriter, r *http.Request, ack wire.Ack) {
	signature, err := seal.Sign(g.rand, g.keys.ack, ack.Signed())
	if err != nil {
		g.answer(w, r, refuse(http.StatusServiceUnavailable, wire.ProblemStorage, "keep the record and try again").because(err).after(retryStore))
		return
	}
	w.Header().Set(wire.HeaderReceipt, base64.StdEncoding.EncodeToString(signature))
	status := http.StatusCreated
	if ack.Again {
		status = http.StatusOK
	}
	g.writeJSON(w, r, wire.TypeJSON, status, ack)
}

// check does everything that must hold before a record is kept.
func (g *Gateway) check(w http.ResponseWriter, r *http.Request, lane string) (store.Record, *refusal) {
	terminal, refused := g.identify(r)
	if refused != nil {
		return store.Record{}, refused
	}
	id := r.PathValue("id")
	if !goodID(id) {
		return store.Record{}, refuse(http.StatusUnprocessableEntity, wire.ProblemPacket, "the id must be 1 to 64 letters, digits, - or _")
	}
	packet, refused := readBody(w, r, maxPacket)
	if refused != nil {
		return store.Record{}, refused
	}
	digest := seal.Digest(packet)
	if refused := checkDigest(r.Header.Values(wire.HeaderDigest), digest); refused != nil {
		return store.Record{}, refused
	}
	binding, refused := g.checkPacket(r.Context(), packet, lane, id, terminal)
	if refused != nil {
		return store.Record{}, refused
	}
	return store.Record{
		Lane: lane, ID: id, Terminal: binding.Terminal, Item: binding.Item, Version: binding.Version,
		Digest: digest, Packet: packet,
		StoredAt: g.now().UTC().Truncate(time.Microsecond),
	}, nil
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
	return g.known(r, name)
}

// known returns the terminal that a verified certificate names, unless it isn't (or no longer) one of ours.
func (g *Gateway) known(r *http.Request, name string) (store.Terminal, *refusal) {
	terminal, err := g.store.Terminal(r.Context(), name)
	switch {
	case errors.Is(err, store.ErrNotFound):
		return terminal, refuse(http.StatusForbidden, wire.ProblemIdentity, "this terminal is not known here: enrol it")
	case err != nil:
		return terminal, refuse(http.StatusServiceUnavailable, wire.ProblemStorage, "keep the record and try again").because(err).after(retryStore)
	case !terminal.RevokedAt.IsZero():
		return terminal, refuse(http.StatusForbidden, wire.ProblemIdentity, "this terminal was revoked: enrol it with a new code if that was a mistake")
	case terminal.Key != keyHash(r.TLS.PeerCertificates[0].RawSubjectPublicKeyInfo):
		return terminal, refuse(http.StatusForbidden, wire.ProblemIdentity, "the certificate is not this terminal's: enrol it")
	}
	return terminal, nil
}

func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, *refusal) {
	tooLarge := refuse(http.StatusRequestEntityTooLarge, wire.ProblemTooLarge, fmt.Sprintf("at most %d bytes", limit))
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

// checkPacket opens the packet and compares everything that it says of itself with where and from whom it came.
func (g *Gateway) checkPacket(ctx context.Context, packet []byte, lane, id string, terminal store.Terminal) (seal.Binding, *refusal) {
	unreadable := func(detail string, err error) (seal.Binding, *refusal) {
		return seal.Binding{}, refuse(http.StatusUnprocessableEntity, wire.ProblemPacket, detail).because(err)
	}
	binding, err := seal.PacketBinding(packet)
	if err != nil {
		return unreadable("this is not a packet", err)
	}
	if binding.ID != id {
		return unreadable("the packet is bound to another id", nil)
	}
	if refused := g.mayBring(ctx, terminal, binding); refused != nil {
		return seal.Binding{}, refused
	}
	binding, plain, err := seal.OpenPacket(g.keys.seal, packet)
	if err != nil {
		return unreadable("the packet does not open with this gateway's key", err)
	}
	defer clear(plain)
	if err := checkContent(lane, binding, plain); err != nil {
		return unreadable("the packet opens, but does not hold what it should", err)
	}
	return binding, nil
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
		return refuse(http.StatusServiceUnavailable, wire.ProblemStorage, "keep the record and try again").because(err).after(retryStore)
	case err != nil, bound.Station != terminal.Station:
		return refuse(http.StatusUnprocessableEntity, wire.ProblemPacket, "the packet is bound to a terminal of another station")
	}
	return nil
}

// checkContent holds a packet's content to its binding. Its errors say nothing of the content.
func checkContent(lane string, b seal.Binding, plain []byte) error {
	var own struct{ ID, Terminal string } // both kinds of records have them; names match without regard to case
	var content any = &wire.Matter{}
	if lane == wire.LaneRatings {
		content = &wire.Rating{}
	}
	if json.Unmarshal(plain, content) != nil || json.Unmarshal(plain, &own) != nil {
		return fmt.Errorf("read content: not a record of lane %s", lane)
	}
	if own.ID != b.ID || own.Terminal != b.Terminal {
		return errors.New("read content: id or terminal differ from the binding")
	}
	return nil
}

func goodID(id string) bool {
	return id != "" && len(id) <= maxID && !strings.ContainsFunc(id, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}
