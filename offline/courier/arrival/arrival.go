package arrival

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"time"

	"zhizhu/offline/courier/stick"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

// Sink is the gateway, or a way to the process that is one.
type Sink interface {
	// SignKey returns the public SM2 key (hex of the uncompressed point) by which a terminal signs. An error that is
	// Options.Unfit says that it is not known, or may not speak (any more).
	SignKey(ctx context.Context, terminal string) (string, error)
	// Deliver keeps one record by the rules of the line, and returns the acknowledgement with its signature. An error that
	// is Options.Unfit is about this record; any other means that nothing can be kept now.
	Deliver(ctx context.Context, lane, id, terminal string, packet []byte) (wire.Ack, []byte, error)
	// DeliverBlob keeps one whole attachment, likewise.
	DeliverBlob(ctx context.Context, digest, terminal string, packet []byte) (wire.Ack, []byte, error)
	// Mail returns a terminal's post after a sequence number, oldest first: all of it, or as much as it likes to give at
	// once. None means that there is no more.
	Mail(ctx context.Context, terminal string, after uint64) ([]wire.Post, error)
	// SignAnswer signs message with the key that signs acknowledgements, and returns that key's public half (hex of the
	// uncompressed point). It must sign nothing that doesn't begin with AnswerPrefix.
	SignAnswer(ctx context.Context, message []byte) (key string, signature []byte, err error)
}

// AnswerPrefix begins every message that SignAnswer may sign, so that it can never be one that means something else.
const AnswerPrefix = stick.AnswerPrefix

// Options of Receive. Now, Log and Unfit are needed.
type Options struct {
	Now   func() time.Time
	Log   *slog.Logger
	Unfit error     // what the sink's errors about one record, or one terminal, are
	Rand  io.Reader // crypto/rand if nil

	Before func(op, name string) error // stick.Options.Before: tests pull the stick out there
}

// Result is what became of one terminal's export.
type Result struct {
	Terminal string
	Station  string
	Stored   int             // packets that are new here
	Again    int             // packets that were here already
	Letters  int             // post that is on the stick now
	Left     int             // post that there was no room for
	Refused  []stick.Refusal // packets that will never be kept as they are
	Problems []error         // packets that could not be read or kept, each named; all others were
	// Err says what is wrong with the export as a whole, by one of package stick's kinds: ErrOld where nothing on it was new.
	Err error
}

// Receive takes in the exports of all terminals on a stick mounted at dir. What one of them is like keeps no other from
// being taken. The error is about the stick as a whole; what is about one terminal is in its Result.
//
// What was delivered is kept, whatever happens to the stick afterwards; reading the same stick again does no harm.
func Receive(ctx context.Context, dir string, sink Sink, o Options) ([]Result, error) {
	if o.Now == nil || o.Log == nil || o.Unfit == nil || sink == nil {
		return nil, errors.New("receive stick: gateway, clock, log and kind of refusal are needed")
	}
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	disk, err := stick.Open(stick.Options{Dir: dir, Before: o.Before})
	if err != nil {
		return nil, fmt.Errorf("receive stick: %w", err)
	}
	defer func() { _ = disk.Close() }() // what was written is synced
	terminals, err := disk.Terminals()
	if err != nil {
		return nil, fmt.Errorf("receive stick: %w", err)
	}
	var all []Result
	for _, terminal := range terminals {
		if err := ctx.Err(); err != nil {
			return all, fmt.Errorf("receive stick: %w", err)
		}
		r := &receipt{Options: o, sink: sink, done: Result{Terminal: terminal}}
		r.done.Err = r.run(ctx, disk)
		o.Log.LogAttrs(ctx, slog.LevelInfo, "Export was received", slog.String("terminal", terminal), slog.Int("stored", r.done.Stored),
			slog.Int("again", r.done.Again), slog.Int("refused", len(r.done.Refused)), slog.Int("letters", r.done.Letters),
			slog.Int("problems", len(r.done.Problems)), slog.Any("error", r.done.Err))
		all = append(all, r.done)
	}
	return all, nil
}

// receipt is the reception of one terminal's export.
type receipt struct {
	Options
	sink   Sink
	export stick.Export
	answer stick.Answer
	done   Result
}

func (r *receipt) run(ctx context.Context, disk *stick.Disk) error {
	from, err := r.read(ctx, disk)
	if err != nil {
		return err
	}
	r.answer = stick.Answer{
		Terminal: r.export.Terminal, MadeAt: r.Now().UTC(), Export: r.export.Serial, After: r.export.Cursor,
		Acks: []stick.Ack{}, Posts: []stick.Post{},
	}
	stopped := r.deliver(ctx, from)
	if err := r.reply(ctx, disk); err != nil {
		return errors.Join(err, stopped)
	}
	switch {
	case stopped != nil:
		return stopped
	case r.done.Left > 0:
		return fmt.Errorf("%d letters have no room: %w", r.done.Left, stick.ErrFull)
	case len(r.done.Problems) > 0:
		return fmt.Errorf("%d things were not used: %w", len(r.done.Problems), errors.Join(r.done.Problems...))
	case r.done.Stored+r.done.Letters+len(r.done.Refused) == 0 && r.done.Again > 0:
		return stick.ErrOld
	}
	return nil
}

// read finds the newest export of a terminal and holds it to the terminal's own key.
func (r *receipt) read(ctx context.Context, disk *stick.Disk) (*stick.Folder, error) {
	from, err := disk.Folder(r.done.Terminal, stick.KindExport)
	if err != nil {
		return nil, err
	}
	if says := from.Says(); strings.EqualFold(says, r.done.Terminal) {
		r.done.Terminal = says
	}
	text, err := r.sink.SignKey(ctx, r.done.Terminal)
	if errors.Is(err, r.Unfit) {
		return nil, fmt.Errorf("%w: %w", stick.ErrForeign, err)
	}
	if err != nil {
		return nil, fmt.Errorf("look terminal up: %w", err)
	}
	key, err := seal.ParsePublicKey(text)
	if err != nil {
		return nil, fmt.Errorf("look terminal up: %w", err)
	}
	found, wrong, err := from.Newest(key)
	if err != nil {
		return nil, err
	}
	r.done.Problems = wrong
	if r.export, err = stick.DecodeExport(found.Body); err != nil {
		return nil, err
	}
	if r.export.Terminal != r.done.Terminal {
		return nil, fmt.Errorf("it is from %s: %w", r.export.Terminal, stick.ErrForeign)
	}
	r.done.Station = r.export.Station
	return from, nil
}

// mostFailures is after how many failures in a row the gateway counts as unable to keep anything.
const mostFailures = 3

// deliver gives all packets to the gateway. It ends early, with an error, only if nothing can be kept now.
func (r *receipt) deliver(ctx context.Context, from *stick.Folder) error {
	reader := from.Read()
	defer func() { _ = reader.Close() }() // only read
	failures := 0
	for _, entry := range r.export.Entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		packet, err := reader.Packet(entry.Place, entry.Digest)
		if err != nil {
			r.problem(entry, err)
			continue
		}
		ack, signature, err := r.give(ctx, entry, packet)
		switch {
		case err == nil:
			failures = 0
			r.taken(ack, signature)
		case errors.Is(err, r.Unfit):
			failures = 0
			refusal := stick.Refusal{Lane: entry.Lane, ID: entry.ID, Why: err.Error()}
			r.done.Refused = append(r.done.Refused, refusal)
			r.answer.Refused = append(r.answer.Refused, refusal)
		default:
			r.problem(entry, err)
			if failures++; failures == mostFailures {
				return fmt.Errorf("give packets to the gateway: %w", err)
			}
		}
	}
	return nil
}

func (r *receipt) give(ctx context.Context, e stick.Entry, packet []byte) (wire.Ack, []byte, error) {
	if e.Lane == stick.LaneBlobs {
		return r.sink.DeliverBlob(ctx, e.Digest, r.export.Terminal, packet)
	}
	return r.sink.Deliver(ctx, e.Lane, e.ID, r.export.Terminal, packet)
}

func (r *receipt) taken(ack wire.Ack, signature []byte) {
	if ack.Again {
		r.done.Again++
	} else {
		r.done.Stored++
	}
	r.answer.Acks = append(r.answer.Acks, stick.Ack{Ack: ack, Receipt: signature})
}

func (r *receipt) problem(e stick.Entry, err error) {
	r.done.Problems = append(r.done.Problems, fmt.Errorf("%s %s: %w", e.Lane, e.ID, err))
}
