package folder

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"zhizhu/offline/gateway/adapter"
	"zhizhu/offline/gateway/internal/durable"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

const (
	answerSuffix = ".json"
	reasonSuffix = ".reason.txt"
	maxAnswer    = 4 << 20 // bytes: a PDF of 2 MB in base64, and words
	// settling is how long a file that makes no sense yet may still be being written.
	settling = time.Minute
)

// Poll is adapter.Adapter's: answers come in the order of their names.
func (f *Folder) Poll(ctx context.Context, take func(context.Context, adapter.Answer) error) error {
	entries, err := os.ReadDir(filepath.Join(f.dir, answersDir))
	if err != nil {
		return fmt.Errorf("list answers: %w", err)
	}
	for _, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		if !e.Type().IsRegular() || strings.HasPrefix(e.Name(), ".") || filepath.Ext(e.Name()) != answerSuffix {
			continue
		}
		if err := f.pollFile(ctx, e, take); err != nil {
			return fmt.Errorf("answer %s: %w", e.Name(), err)
		}
	}
	return nil
}

func (f *Folder) pollFile(ctx context.Context, e fs.DirEntry, take func(context.Context, adapter.Answer) error) error {
	answer, err := f.read(e.Name())
	switch {
	case errors.Is(err, fs.ErrNotExist): // another gateway was first
		return nil
	case errors.Is(err, adapter.ErrRefused) && !f.older(e, settling):
		return nil
	case err == nil:
		err = take(ctx, answer)
	}
	switch {
	case err == nil:
		return f.move(e.Name(), doneDir)
	case errors.Is(err, adapter.ErrRefused):
		return f.refuse(e.Name(), err)
	case errors.Is(err, adapter.ErrLeave):
		return nil
	default:
		return err
	}
}

func (f *Folder) read(name string) (adapter.Answer, error) {
	r, err := os.Open(filepath.Join(f.dir, answersDir, name))
	if err != nil {
		return adapter.Answer{}, fmt.Errorf("read: %w", err)
	}
	text, err := io.ReadAll(io.LimitReader(r, maxAnswer+1))
	if err := errors.Join(err, r.Close()); err != nil {
		return adapter.Answer{}, fmt.Errorf("read: %w", err)
	}
	return decode(text)
}

// decode reads one answer. What it does not know may be a slip of the pen in a name that matters, so it is refused.
// Its errors name no value: those are personal data.
func decode(text []byte) (adapter.Answer, error) {
	if len(text) > maxAnswer {
		return adapter.Answer{}, adapter.Refuse("the file is larger than %d bytes", maxAnswer)
	}
	var letter wire.Letter
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&letter); err != nil {
		return adapter.Answer{}, adapter.Refuse("the file is no letter in JSON: %s", explain(err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return adapter.Answer{}, adapter.Refuse("the file holds more than one letter")
	}
	key := letter.ID
	if key == "" {
		key = seal.Digest(text)
	}
	return adapter.Answer{Key: key, Letter: letter}, nil
}

// explain says where a text is wrong, without repeating it.
func explain(err error) string {
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return fmt.Sprintf("field %q must be a %s", e.Field, e.Type)
	}
	if e, ok := errors.AsType[*json.SyntaxError](err); ok {
		return fmt.Sprintf("not JSON from byte %d on", e.Offset)
	}
	if _, field, found := strings.Cut(err.Error(), "unknown field "); found {
		return "there is no field " + field
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return "it is cut short"
	}
	return "a value can't be read" // such as a time; the error would repeat it
}

// refuse puts an answer aside. The reason is there before the file, so that none is ever without.
func (f *Folder) refuse(name string, why error) error {
	text := "这份答复没有发出。改正后请放回 answers 目录。\n原因：" + why.Error() + "\n"
	reason := filepath.Join(f.dir, answersDir, refusedDir, name+reasonSuffix)
	if err := durable.WriteFile(reason, []byte(text), 0o600); err != nil {
		return err
	}
	return f.move(name, refusedDir)
}

// move takes an answer out of the way. One of the same name that is there already keeps its own.
func (f *Folder) move(name, to string) error {
	from := filepath.Join(f.dir, answersDir, name)
	dir := filepath.Join(f.dir, answersDir, to)
	for n := 1; n < 1000; n++ {
		free := name
		if n > 1 {
			free = fmt.Sprintf("%s.%d%s", strings.TrimSuffix(name, answerSuffix), n, answerSuffix)
		}
		err := os.Link(from, filepath.Join(dir, free))
		if errors.Is(err, fs.ErrExist) {
			continue
		}
		if err != nil {
			return renameOver(from, dir, name, err)
		}
		if err := os.Remove(from); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return durable.SyncDir(dir)
	}
	return fmt.Errorf("move to %s: clear that directory", to)
}

// renameOver is for shares that know no links.
func renameOver(from, dir, name string, why error) error {
	err := os.Rename(from, filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) { // another gateway was first
		return nil
	}
	if err != nil {
		return errors.Join(why, err)
	}
	return durable.SyncDir(dir)
}
