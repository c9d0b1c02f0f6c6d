package keyring

import (
	"errors"
	"fmt"
)

// Kinds of errors. None of them loses or changes anything.
var (
	// ErrMissing: the folder holds no station key.
	ErrMissing = errors.New("there is no station key in this folder")
	// ErrDamaged: what holds the key can't be read, whatever opens it.
	ErrDamaged = errors.New("the file of the station key is damaged: put it back from a back-up of the folder")
	// ErrNoTPM: no TPM answers.
	ErrNoTPM = errors.New("no TPM answers: switch it on in the firmware's set-up, and allow this program to open /dev/tpmrm0")
	// ErrOtherTPM: the key was sealed by another TPM, or this one was cleared since.
	ErrOtherTPM = errors.New("the station key was sealed by another TPM (disk or mainboard exchanged, or the TPM cleared): " +
		"put the disk back into its machine, or set the key aside and enrol again, which keeps lodged matters but forgets look-ups")
	// ErrSecret: the PIN or passphrase is wrong.
	ErrSecret = errors.New("the PIN or passphrase is wrong")
	// ErrLockedOut: too many wrong PINs; the TPM takes none for a while, the right one included.
	ErrLockedOut = errors.New("too many wrong PINs: the TPM is locked")
	// ErrNoSecret: a PIN or passphrase is needed, and there is nobody to ask.
	ErrNoSecret = errors.New("the station key needs its PIN or passphrase")
	// ErrWeak: this PIN or passphrase is too short to be used.
	ErrWeak = errors.New("too short: a PIN needs 6 characters, a passphrase 12")
	// ErrCredential: systemd did not hand the credential over.
	ErrCredential = errors.New("there is no credential zhizhu-station-key: name it in the unit (LoadCredentialEncrypted=) and start by systemd")
	// ErrOtherKey: something was opened, but it is not the key of this folder.
	ErrOtherKey = errors.New("this is not the station key of this folder")
)

// PINError is an ErrSecret or ErrLockedOut of a TPM, with what is left.
type PINError struct {
	Kind  error
	Left  int // tries until the TPM locks; -1 if not known
	Every int // seconds after which the TPM forgets one wrong try; 0 if not known
}

func (e *PINError) Error() string {
	text := e.Kind.Error()
	if e.Left >= 0 {
		text += fmt.Sprintf("; %d tries left", e.Left)
	}
	if e.Every > 0 {
		text += fmt.Sprintf("; one more try every %d s, with the machine switched on", e.Every)
	}
	return text
}

func (e *PINError) Unwrap() error { return e.Kind }

// Words says to staff what to do, by the kind of the fault.
func Words(err error) string {
	if pin, ok := errors.AsType[*PINError](err); ok {
		return pin.words()
	}
	for _, k := range []struct {
		kind  error
		words string
	}{
		{ErrLockedOut, "PIN 输错次数太多，TPM 已锁定：请保持开机，稍后再试"},
		{ErrSecret, "PIN 或口令不对"},
		{ErrNoSecret, "需要输入 PIN 或口令"},
		{ErrWeak, "太短：PIN 至少 6 位，口令至少 12 位"},
		{ErrOtherTPM, "站点密钥不是这台机器的 TPM 封装的（换过硬盘、主板，或清除过 TPM）：请装回原机；确实换了主板的，先停用旧密钥再重新登记，已收的办件不受影响"},
		{ErrNoTPM, "没有可用的 TPM：请在 BIOS 里打开，并允许本程序访问 /dev/tpmrm0"},
		{ErrCredential, "没有收到 systemd 凭据 zhizhu-station-key：请核对服务单元里的 LoadCredentialEncrypted"},
		{ErrOtherKey, "打开的不是本机的站点密钥：请核对凭据或口令文件"},
		{ErrDamaged, "站点密钥文件损坏：请从身份目录的备份恢复"},
		{ErrMissing, "没有站点密钥：请先登记"},
	} {
		if errors.Is(err, k.kind) {
			return k.words
		}
	}
	return "打不开站点密钥"
}

func (e *PINError) words() string {
	switch {
	case !errors.Is(e.Kind, ErrLockedOut) && e.Left >= 0:
		return fmt.Sprintf("PIN 不对，还可以试 %d 次", e.Left)
	case errors.Is(e.Kind, ErrLockedOut) && e.Every > 0:
		return fmt.Sprintf("PIN 输错次数太多，TPM 已锁定：请保持开机，每 %d 秒恢复一次机会", e.Every)
	}
	return Words(e.Kind)
}
