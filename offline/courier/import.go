package courier

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"zhizhu/offline/courier/stick"
	"zhizhu/offline/mailbox"
	"zhizhu/offline/outbox"
	"zhizhu/offline/wire"
)

// Imported says what came back on a stick.
type Imported struct {
	Acknowledged int             // packets that the gateway has signed for, new here
	Known        int             // packets that were acknowledged before, or never were here
	Letters      int             // new ones
	More         bool            // the gateway has further post: there was no room for it
	Refused      []stick.Refusal // packets that the gateway did not take; they stay in the outbox
	Problems     []error         // what on the stick was not used, each named
}

// Import takes acknowledgements and post from a stick mounted at dir. Each acknowledgement and each letter counts only with
// the gateway's own signature; what is torn or altered is left out and named in Imported.Problems, all else is taken.
//
// The error says what is wrong with the stick as a whole, ErrOld that nothing on it was new. The kinds are package
// stick's. What was taken stays taken in any case; importing the same stick again does no harm.
func Import(ctx context.Context, dir string, o Options) (Imported, error) {
	o, err := o.ready()
	if err != nil {
		return Imported{}, fmt.Errorf("import from stick: %w", err)
	}
	disk, err := o.open(dir)
	if err != nil {
		return Imported{}, fmt.Errorf("import from stick: %w", err)
	}
	defer func() { _ = disk.Close() }() // only read
	i := &imports{Options: o}
	err = i.run(ctx, disk)
	if err != nil {
		err = fmt.Errorf("import from stick: %w", err)
	}
	o.Log.LogAttrs(ctx, slog.LevelInfo, "Stick was imported", slog.Int("acknowledged", i.done.Acknowledged),
		slog.Int("known", i.done.Known), slog.Int("letters", i.done.Letters), slog.Int("refused", len(i.done.Refused)),
		slog.Int("problems", len(i.done.Problems)), slog.Any("error", err))
	return i.done, err
}

// imports is one run of Import.
type imports struct {
	Options
	folder *stick.Folder
	answer stick.Answer
	done   Imported
}

func (i *imports) run(ctx context.Context, disk *stick.Disk) error {
	if err := i.find(disk); err != nil {
		return err
	}
	i.done.Refused, i.done.More = i.answer.Refused, i.answer.More
	if err := i.acknowledge(ctx); err != nil {
		return err
	}
	if err := i.post(ctx); err != nil {
		return err
	}
	if len(i.done.Problems) > 0 {
		return fmt.Errorf("%d things were not used: %w", len(i.done.Problems), errors.Join(i.done.Problems...))
	}
	if i.done.Acknowledged+i.done.Letters+len(i.done.Refused) == 0 {
		return stick.ErrOld
	}
	return nil
}

// find reads the newest answer to this terminal.
func (i *imports) find(disk *stick.Disk) (err error) {
	if i.folder, err = disk.Folder(i.Terminal, stick.KindAnswer); err != nil {
		return err
	}
	found, wrong, err := i.folder.Newest(i.AckKey)
	if errors.Is(err, stick.ErrEmpty) {
		return i.whose(disk)
	}
	if err != nil {
		return err
	}
	i.done.Problems = wrong
	if i.answer, err = stick.DecodeAnswer(found.Body); err != nil {
		return err
	}
	if i.answer.Terminal != i.Terminal {
		return fmt.Errorf("it is for %s: %w", i.answer.Terminal, stick.ErrForeign)
	}
	return nil
}

// whose says what a stick is that has no answer for this terminal.
func (i *imports) whose(disk *stick.Disk) error {
	all, err := disk.Terminals()
	if err != nil {
		return err
	}
	export, err := disk.Folder(i.Terminal, stick.KindExport)
	if err != nil {
		return err
	}
	if _, _, err := export.Newest(i.SignKey.Public()); err == nil {
		return stick.ErrUnanswered
	}
	return fmt.Errorf("it has only %v: %w", all, stick.ErrForeign)
}

// settleBatch is how many acknowledgements cost one commit.
const settleBatch = 256

// acknowledge settles what the gateway signed for.
func (i *imports) acknowledge(ctx context.Context) error {
	var proofs []outbox.Proof
	var ids []string
	for _, a := range i.answer.Acks {
		proof, err := i.Outbox.Verify(a.ID, a.Digest, a.Ack, a.Receipt)
		if err != nil {
			i.problem("acknowledgement", a.ID, errors.Join(stick.ErrAltered, err))
			continue
		}
		there, err := i.signed(ctx, a.ID)
		if err != nil {
			return err
		}
		if there {
			i.done.Known++
			continue
		}
		proofs, ids = append(proofs, proof), append(ids, a.ID)
	}
	for batch := range slices.Chunk(proofs, settleBatch) {
		if err := i.Outbox.Settle(ctx, batch); err != nil {
			return err
		}
	}
	for _, id := range ids {
		there, err := i.signed(ctx, id)
		switch {
		case err != nil:
			return err
		case there:
			i.done.Acknowledged++
		default:
			i.done.Known++ // it never was here
		}
	}
	return nil
}

// signed reports whether a record's acknowledgement is kept here.
func (i *imports) signed(ctx context.Context, id string) (bool, error) {
	_, _, err := i.Outbox.Receipt(ctx, id)
	if errors.Is(err, outbox.ErrUnknown) {
		return false, nil
	}
	return err == nil, err
}

// problem notes what on the stick was not used. A name that can't be an id is not repeated.
func (i *imports) problem(what, id string, err error) {
	if !stick.GoodID(id) {
		id = "without an id"
	}
	i.done.Problems = append(i.done.Problems, fmt.Errorf("%s %s: %w", what, id, err))
}

// postBatch is how many letters, and how many bytes, are given to the mailbox at once.
const (
	postBatch = 16
	postBytes = 8 << 20
)

// post gives letters to the mailbox. One that is torn goes there without its content, so that the mailbox knows which one
// is missing and doesn't pass it.
func (i *imports) post(ctx context.Context) error {
	if i.Mailbox == nil || len(i.answer.Posts) == 0 {
		return nil
	}
	before, err := i.Mailbox.Counts(ctx)
	if err != nil {
		return err
	}
	reader := i.folder.Read()
	defer func() { _ = reader.Close() }() // only read
	after, rest := i.answer.After, i.answer.Posts
	for len(rest) > 0 {
		var posts []wire.Post
		for bytes := int64(0); len(rest) > 0 && len(posts) < postBatch && bytes < postBytes; rest = rest[1:] {
			posts = append(posts, i.read(reader, rest[0]))
			bytes += rest[0].Size
		}
		if after, err = i.Mailbox.TakeAfter(ctx, after, posts); err != nil && !i.refused(err) {
			return err
		}
	}
	now, err := i.Mailbox.Counts(ctx)
	if err != nil {
		return err
	}
	i.done.Letters = max(0, now.Letters-before.Letters)
	return nil
}

func (i *imports) read(reader *stick.Reader, p stick.Post) wire.Post {
	post := wire.Post{Seq: p.Seq, ID: p.ID, Terminal: p.Terminal, Digest: p.Digest, Signature: p.Signature}
	var err error
	if post.Packet, err = reader.Packet(p.Place, p.Digest); err != nil {
		i.problem("letter", p.ID, err)
	}
	return post
}

// refused notes which letters the mailbox would not have, and says whether that is all that went wrong.
func (i *imports) refused(err error) bool {
	refused, ok := errors.AsType[*mailbox.RefusedError](err)
	if !ok {
		return false
	}
	for _, r := range refused.Posts {
		switch {
		case errors.Is(r.Why, mailbox.ErrDigest): // its packet was named when it was read
		case errors.Is(r.Why, mailbox.ErrSignature), errors.Is(r.Why, mailbox.ErrTerminal):
			i.problem("letter", r.ID, errors.Join(stick.ErrAltered, r.Why))
		default:
			i.problem("letter", r.ID, r.Why)
		}
	}
	return true
}
