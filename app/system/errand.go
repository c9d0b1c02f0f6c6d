package system

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"zhizhu/offline/audit"
	"zhizhu/offline/courier/stick"
	"zhizhu/offline/identity"
	"zhizhu/offline/store"
)

// An errand is a command of staff's that needs the data file. While the program serves, the file is its alone: the errand
// lies in the data folder until the program has carried it out, and its answer lies beside it.
type errand struct {
	ID   string `json:"id"`
	Do   string `json:"do"` // errandXxx
	Path string `json:"path,omitempty"`
	Note string `json:"note,omitempty"`
}

// Errands.
const (
	errandExport = "courier-export"
	errandImport = "courier-import"
	errandVerify = "audit-verify"
)

const (
	errandFile  = "errand.json"
	answerFile  = "errand-answer.json"
	errandLimit = 10 * time.Minute // a stick may be slow
	errandLook  = 200 * time.Millisecond
)

// errandAnswer is what became of one.
type errandAnswer struct {
	ID     string `json:"id"`
	Text   string `json:"text"`
	Failed string `json:"failed,omitempty"` // what to do, for staff
}

// runErrand carries an errand out here, or has the running program do so.
func runErrand(ctx context.Context, config string, e errand, out io.Writer) error {
	cfg, err := LoadConfig(config)
	if err != nil {
		return err
	}
	err = errandHere(ctx, cfg, e, out)
	if errors.Is(err, store.ErrLocked) {
		return errandThere(ctx, cfg, e, out)
	}
	return err
}

// errandHere opens the data file, which nobody else has open.
func errandHere(ctx context.Context, cfg Config, e errand, out io.Writer) error {
	id, err := identity.Load(cfg.identityDir())
	if err != nil {
		return fmt.Errorf("读不到本机的登记信息，请先登记：%w", err)
	}
	t := &Terminal{opts: Options{Config: cfg, Now: chinaNow, Rand: rand.Reader}, log: slog.New(slog.DiscardHandler)}
	if err := t.openStore(ctx); err != nil {
		return err
	}
	defer func() { _ = t.store.Close() }() // what was written is synced
	t.matters = &matters{station: cfg.Station}
	t.pulse = newPulse(t)
	rooms, err := t.openRooms(ctx, id)
	if err != nil {
		return err
	}
	if err := t.carryOut(ctx, id, rooms, e, out); err != nil {
		return err
	}
	return rooms.trail.Flush(ctx)
}

// errandThere leaves the errand for the running program and waits for its answer.
func errandThere(ctx context.Context, cfg Config, e errand, out io.Writer) error {
	var id [8]byte
	if _, err := rand.Read(id[:]); err != nil {
		return fmt.Errorf("name errand: %w", err)
	}
	e.ID = hex.EncodeToString(id[:])
	text, err := json.Marshal(e)
	if err != nil {
		return fmt.Errorf("write errand: %w", err)
	}
	path := filepath.Join(cfg.DataDir, errandFile)
	if err := replaceFile(path, text); err != nil {
		return fmt.Errorf("数据文件夹不能写，请检查 data_dir 和权限：%w", err)
	}
	ctx, cancel := context.WithTimeout(ctx, errandLimit)
	defer cancel()
	look := time.NewTicker(errandLook)
	defer look.Stop()
	for {
		select {
		case <-ctx.Done():
			_ = os.Remove(path) // so that nobody carries it out later, unasked
			return errors.New("程序在运行，但没有理会这件事：请看看 zhizhu status，再试一次")
		case <-look.C:
		}
		var a errandAnswer
		if text, err := os.ReadFile(filepath.Join(cfg.DataDir, answerFile)); err != nil || json.Unmarshal(text, &a) != nil || a.ID != e.ID {
			continue
		}
		if _, err := io.WriteString(out, a.Text); err != nil {
			return fmt.Errorf("write answer: %w", err)
		}
		if a.Failed != "" {
			return errors.New(a.Failed)
		}
		return nil
	}
}

func replaceFile(path string, text []byte) error {
	tmp := path + ".new"
	if err := os.WriteFile(tmp, text, 0o600); err != nil {
		return err
	}
	return os.Rename(tmp, path)
}

// serveErrands carries out what staff leave in the data folder.
func (t *Terminal) serveErrands(ctx context.Context, id *identity.Identity, rooms *upstreamRooms) error {
	look := time.NewTicker(errandLook)
	defer look.Stop()
	path := filepath.Join(t.opts.Config.DataDir, errandFile)
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-look.C:
		}
		text, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if rerr := os.Remove(path); err != nil || rerr != nil {
			return fmt.Errorf("take errand: %w", errors.Join(err, rerr))
		}
		var e errand
		if err := json.Unmarshal(text, &e); err != nil {
			t.log.LogAttrs(ctx, slog.LevelWarn, "Errand not understood", slog.Any("error", err))
			continue
		}
		if err := t.answer(ctx, id, rooms, e); err != nil {
			return err
		}
	}
}

func (t *Terminal) answer(ctx context.Context, id *identity.Identity, rooms *upstreamRooms, e errand) error {
	var out bytes.Buffer
	a := errandAnswer{ID: e.ID}
	if err := t.carryOut(ctx, id, rooms, e, &out); err != nil {
		a.Failed = errandWords(err)
		t.log.LogAttrs(ctx, slog.LevelWarn, "Errand failed", slog.String("errand", e.Do), slog.Any("error", err))
	}
	a.Text = out.String()
	text, err := json.Marshal(a)
	if err == nil {
		err = replaceFile(filepath.Join(t.opts.Config.DataDir, answerFile), text)
	}
	if err != nil {
		return fmt.Errorf("answer errand: %w", err)
	}
	return nil
}

// errandWords say to staff what went wrong and what to do.
func errandWords(err error) string {
	if words := stick.Words(err); words != "" {
		return words
	}
	if errors.Is(err, audit.ErrUnsound) {
		return "审计日志不完整，见上面的说明：请保护好这台机器，马上报告县里"
	}
	return err.Error()
}

// carryOut does what an errand asks for.
func (t *Terminal) carryOut(ctx context.Context, id *identity.Identity, rooms *upstreamRooms, e errand, out io.Writer) error {
	switch e.Do {
	case errandExport, errandImport:
		return t.carry(ctx, id, rooms, e, out)
	case errandVerify:
		if err := rooms.trail.Flush(ctx); err != nil {
			return err
		}
		return audit.Command(ctx, audit.CommandOptions{
			VerifyOptions: audit.VerifyOptions{Box: id.Box, Signer: id.SignKey.Public()}, Store: t.store, HeadsFile: e.Note,
		}, out)
	}
	return fmt.Errorf("no errand is called %q", e.Do)
}
