package stick

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"
)

// Kinds of errors. Words says each in plain Chinese.
var (
	// ErrNoFolder: the folder isn't there; the stick isn't plugged in, or lies elsewhere.
	ErrNoFolder = errors.New("there is no such folder: plug the stick in and check its path")
	// ErrNotMounted: the folder lies on the machine's own disk.
	ErrNotMounted = errors.New("the folder is on this machine's own disk: the stick is not mounted there")
	// ErrEmpty: nothing of this kind is on the stick.
	ErrEmpty = errors.New("nothing for the courier is on the stick")
	// ErrUnanswered: the stick has not been at the gateway since it was filled.
	ErrUnanswered = errors.New("the stick has not been at the gateway yet")
	// ErrTorn: written half, or cut since.
	ErrTorn = errors.New("what is on the stick was cut short: it was pulled out too early, or it is worn out")
	// ErrAltered: not what was signed.
	ErrAltered = errors.New("what is on the stick was altered after it was signed")
	// ErrFull: no room for all of it.
	ErrFull = errors.New("the stick is full")
	// ErrOld: everything on the stick is known here already.
	ErrOld = errors.New("nothing new is on the stick")
	// ErrForeign: another station's, or another system's.
	ErrForeign = errors.New("the stick is for another terminal or another system")
	// ErrNewer: a newer program wrote it.
	ErrNewer = errors.New("the stick was written by a newer program: install that version")
	// ErrReadOnly: it can't be written to.
	ErrReadOnly = errors.New("the stick can't be written to: it is write-protected")
	// ErrMedium: it can't be read or written (any more).
	ErrMedium = errors.New("the stick can't be read or written: it was pulled out, or it is broken")
)

// Words says what happened and what to do, for those who hold the stick. It is empty for errors of other kinds.
func Words(err error) string {
	for _, w := range []struct {
		kind error
		text string
	}{
		{ErrNoFolder, "没有找到这个文件夹。请插好优盘，核对路径后再试。"},
		{ErrNotMounted, "这个文件夹在本机硬盘上，优盘没有挂载好。请重新插好优盘后再试。"},
		{ErrForeign, "这支优盘不是给这里用的：上面是别的服务站或别的系统的数据，未作任何改动。请换一支优盘。"},
		{ErrNewer, "这支优盘是用更新版本的程序写的。请先升级本机程序。"},
		{ErrAltered, "优盘上有内容在签名之后被改动过，这些内容没有采用。请重新导出。"},
		{ErrTorn, "优盘上有内容不完整，可能拔出过早或优盘已损坏，这些内容没有采用。请重新导出，必要时换一支优盘。"},
		{ErrFull, "优盘已满，没有全部写下。已写下的可以照常带走，其余仍在本机，一件不少。请换一支优盘再导出一次。"},
		{ErrReadOnly, "优盘被写保护，无法写入。请打开写保护开关，或换一支优盘。"},
		{ErrMedium, "优盘无法读写，可能已被拔出或损坏。请重新插好，或换一支优盘。本机的数据一件不少。"},
		{ErrUnanswered, "这支优盘还没有到过对接网关，上面没有回执。请先送到网关处接收。"},
		{ErrEmpty, "优盘上没有可用的数据。请核对是不是拿错了优盘。"},
		{ErrOld, "优盘上的内容以前都处理过了，没有新的内容，也没有任何影响。"},
	} {
		if errors.Is(err, w.kind) {
			return w.text
		}
	}
	return ""
}

// failed gives an error of the file system its kind.
func failed(verb string, err error) error {
	if err == nil {
		return nil
	}
	kind := ErrMedium
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT), errors.Is(err, syscall.EFBIG):
		kind = ErrFull
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission):
		kind = ErrReadOnly
	}
	return fmt.Errorf("%s: %w: %w", verb, kind, err)
}
