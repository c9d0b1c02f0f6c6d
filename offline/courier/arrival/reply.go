package arrival

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"zhizhu/offline/courier/stick"
	"zhizhu/offline/wire"
)

// postMost is how many bytes of post one answer carries; the next one goes on behind them.
const postMost = 256 << 20

// reply writes the answer to the stick: acknowledgements first, and post as far as there is room.
func (r *receipt) reply(ctx context.Context, disk *stick.Disk) error {
	to, err := disk.Folder(r.done.Terminal, stick.KindAnswer)
	if err != nil {
		return err
	}
	if err := to.Make(); err != nil {
		return err
	}
	if r.answer.Serial, err = to.NextSerial(); err != nil {
		return err
	}
	mail, err := r.mail(ctx)
	if err != nil {
		return err
	}
	err = r.draft(ctx, to, mail)
	if errors.Is(err, stick.ErrFull) {
		// The earlier answer gives way: this one has all that it has, or the stick is read once more.
		if _, err := to.Sweep(0, nil); err != nil {
			return err
		}
		err = r.draft(ctx, to, mail)
	}
	if errors.Is(err, stick.ErrFull) {
		err = fmt.Errorf("what came in is kept, but there is no room for the acknowledgements: %w", err)
	}
	if err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	if err := to.Publish(r.answer.Serial); err != nil {
		return err
	}
	packs := map[string]bool{}
	for _, p := range r.answer.Posts {
		packs[p.File] = true
	}
	_, err = to.Sweep(r.answer.Serial, packs)
	return err
}

// mail fetches the terminal's post.
func (r *receipt) mail(ctx context.Context) ([]wire.Post, error) {
	var all []wire.Post
	after, size := r.answer.After, 0
	for size < postMost {
		posts, err := r.sink.Mail(ctx, r.export.Terminal, after)
		if err != nil {
			return nil, fmt.Errorf("fetch post: %w", err)
		}
		if len(posts) == 0 {
			break
		}
		for _, p := range posts {
			size += len(p.Packet)
			after = max(after, p.Seq)
		}
		all = append(all, posts...)
	}
	return all, nil
}

const (
	bytesPerAck  = 400
	bytesPerPost = 512
)

// draft writes all but the name that counts.
func (r *receipt) draft(ctx context.Context, to *stick.Folder, mail []wire.Post) error {
	packer := to.Pack(r.Rand)
	err := r.pack(to, packer, mail)
	if err == nil {
		err = r.manifest(ctx, to)
	}
	if err != nil {
		packer.Drop()
	}
	return err
}

// pack writes post, in order, as far as there is room beside the manifest.
func (r *receipt) pack(to *stick.Folder, packer *stick.Packer, mail []wire.Post) error {
	reserve := 4096 + bytesPerPost*len(mail) + bytesPerAck*len(r.answer.Acks)
	for _, refused := range r.answer.Refused {
		reserve += bytesPerAck + len(refused.Why)
	}
	if err := to.Reserve(int64(reserve)); err != nil {
		return err
	}
	r.answer.Posts = r.answer.Posts[:0]
	for _, p := range mail {
		at, fits, err := packer.Add(p.Packet)
		if err != nil {
			return err
		}
		if !fits {
			break // the terminal's cursor tells how far it came
		}
		r.answer.Posts = append(r.answer.Posts, stick.Post{
			Seq: p.Seq, ID: p.ID, Terminal: p.Terminal, Digest: p.Digest, Signature: p.Signature, Place: at,
		})
	}
	r.done.Letters = len(r.answer.Posts)
	r.done.Left = len(mail) - r.done.Letters
	r.answer.More = r.done.Left > 0
	return packer.Finish()
}

func (r *receipt) manifest(ctx context.Context, to *stick.Folder) error {
	body, err := json.Marshal(r.answer)
	if err != nil {
		return err
	}
	return to.Draft(r.answer.Serial, body, func(message []byte) (string, []byte, error) {
		return r.sink.SignAnswer(ctx, message)
	})
}
