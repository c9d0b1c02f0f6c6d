package system

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"

	"zhizhu/offline/audit"
)

// requeueFile in the data folder asks the program to put what was set aside back into the queue. A file, because the
// data file belongs to the running program alone.
const requeueFile = "requeue"

// AskRequeue asks the terminal of a config file to send again what was set aside. It is for staff, after the cause has
// been mended.
func AskRequeue(config string, out io.Writer) error {
	cfg, err := LoadConfig(config)
	if err != nil {
		return err
	}
	if err := os.WriteFile(filepath.Join(cfg.DataDir, requeueFile), nil, 0o600); err != nil {
		return fmt.Errorf("数据文件夹不能写，请检查 data_dir 和权限：%w", err)
	}
	_, err = fmt.Fprintln(out, "好了：几秒钟内重新送出；用 zhizhu status 查看。程序没有运行的话，下次启动时送出。")
	return err
}

// requeueIfAsked carries out what AskRequeue asked for.
func (t *Terminal) requeueIfAsked(ctx context.Context) {
	path := filepath.Join(t.opts.Config.DataDir, requeueFile)
	box := t.matters.box.Load()
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) || box == nil {
		return
	}
	n, err := box.RequeueAll(ctx)
	if err != nil {
		t.log.LogAttrs(ctx, slog.LevelError, "What was set aside can't be queued again", slog.Any("error", err))
		return
	}
	t.matters.note(audit.Record{Role: audit.Staff, Act: "records.requeued"}, nil)
	t.log.LogAttrs(ctx, slog.LevelInfo, "What was set aside is queued again", slog.Int("records", n))
	if err := os.Remove(path); err != nil {
		t.log.LogAttrs(ctx, slog.LevelWarn, "Request to queue again can't be removed", slog.Any("error", err))
	}
	t.matters.wakeSync()
}
