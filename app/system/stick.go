package system

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path/filepath"
	"slices"

	"zhizhu/offline/audit"
	"zhizhu/offline/courier"
	"zhizhu/offline/courier/stick"
	"zhizhu/offline/identity"
)

// CourierExport writes what waits on this machine to a stick, sealed as it is.
func CourierExport(ctx context.Context, config, dir string, out io.Writer) error {
	return stickErrand(ctx, config, errandExport, dir, out)
}

// CourierImport takes the gateway's answers from a stick.
func CourierImport(ctx context.Context, config, dir string, out io.Writer) error {
	return stickErrand(ctx, config, errandImport, dir, out)
}

func stickErrand(ctx context.Context, config, do, dir string, out io.Writer) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return fmt.Errorf("find stick: %w", err)
	}
	err = runErrand(ctx, config, errand{Do: do, Path: dir}, out)
	if words := stick.Words(err); words != "" {
		return errors.New(words)
	}
	return err
}

// VerifyAudit looks for the first act in the audit chain that was altered, removed or inserted. heads is a file of heads
// that the gateway has, or "".
func VerifyAudit(ctx context.Context, config, heads string, out io.Writer) error {
	if heads != "" {
		var err error
		if heads, err = filepath.Abs(heads); err != nil {
			return fmt.Errorf("find heads: %w", err)
		}
	}
	err := runErrand(ctx, config, errand{Do: errandVerify, Note: heads}, out)
	if errors.Is(err, audit.ErrUnsound) {
		return errors.New(errandWords(err))
	}
	return err
}

// carry brings records to a stick, or answers from it.
func (t *Terminal) carry(ctx context.Context, id *identity.Identity, rooms *upstreamRooms, e errand, out io.Writer) error {
	o := courier.Options{
		Outbox: rooms.box, Mailbox: rooms.mail, Terminal: id.Terminal, Station: id.Station, SignKey: id.SignKey, AckKey: id.AckKey,
		Now: t.opts.Now, Log: t.log, ClockTrust: t.pulse.clockTrust, Rand: t.opts.Rand, Home: t.opts.Config.DataDir,
	}
	rooms.trail.Note(audit.Record{Role: audit.Staff, Act: e.Do})
	say := &errWriter{w: out}
	if e.Do == errandExport {
		done, err := courier.Export(ctx, e.Path, o)
		if err == nil || errors.Is(err, stick.ErrFull) {
			say.printf("写到优盘上 %d 件", done.Total())
			for _, lane := range slices.Sorted(maps.Keys(done.Missing)) {
				if done.Missing[lane] > 0 {
					say.printf("，%s 还有 %d 件没写下", laneWord(lane), done.Missing[lane])
				}
			}
			say.printf("。送到网关处接收后，再把优盘插回来收回执。\n")
		}
		return errors.Join(err, say.err)
	}
	done, err := courier.Import(ctx, e.Path, o)
	if err != nil && !errors.Is(err, stick.ErrOld) {
		return err
	}
	say.printf("收到回执 %d 件，以前就有的 %d 件，新的通知 %d 封。\n", done.Acknowledged, done.Known, done.Letters)
	for _, p := range done.Problems {
		if words := stick.Words(p); words != "" {
			say.printf("没有采用：%s\n", words)
		}
	}
	if done.More {
		say.printf("网关那里还有通知，请再送一次。\n")
	}
	t.matters.wakeSync()
	return errors.Join(err, say.err)
}

func laneWord(lane string) string {
	words := map[string]string{"ratings": "评价", "feedback": "办不成事", "matters": "办件", "blobs": "材料照片", "events": "统计"}
	if w := words[lane]; w != "" {
		return w
	}
	return lane
}
