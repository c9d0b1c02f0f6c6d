package keyring

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-tpm/tpm2"
	"github.com/google/go-tpm/tpm2/transport"
)

// chip is a TPM in software, the same one each time it is opened.
type chip struct {
	dir, socket string
}

func newChip(t testing.TB) *chip {
	t.Helper()
	program, err := exec.LookPath("swtpm")
	if err != nil {
		t.Fatal("swtpm is not installed, without which nothing here is tested: apt install swtpm")
	}
	dir, err := os.MkdirTemp("", "chip") //nolint:usetesting // t.TempDir is too long for a socket's name
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	c := &chip{dir: dir, socket: filepath.Join(dir, "s")}
	ctx, cancel := context.WithCancel(context.Background())
	cmd := exec.CommandContext(ctx, program, "socket", "--tpm2", "--tpmstate", "dir="+dir,
		"--server", "type=unixio,path="+c.socket, "--flags", "not-need-init,startup-clear")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cancel(); _ = cmd.Wait() })
	deadline := time.Now().Add(20 * time.Second)
	for {
		conn, err := net.Dial("unix", c.socket)
		if err == nil {
			_ = conn.Close()
			return c
		}
		if time.Now().After(deadline) {
			t.Fatalf("swtpm doesn't listen: %v", err)
		}
		<-time.After(10 * time.Millisecond)
	}
}

// open speaks to the chip as to a device: one connection for all commands.
func (c *chip) open(ctx context.Context) (transport.TPMCloser, error) {
	var d net.Dialer
	deadline := time.Now().Add(10 * time.Second)
	for {
		conn, err := d.DialContext(ctx, "unix", c.socket)
		if err == nil {
			return transport.FromReadWriteCloser(conn), nil
		}
		if time.Now().After(deadline) {
			return nil, err
		}
		<-time.After(5 * time.Millisecond)
	}
}

// configure sets how many wrong PINs the chip takes, as whoever provisions machines does.
func (c *chip) configure(t *testing.T, maxTries, every uint32) {
	t.Helper()
	dev, err := c.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	// TPM2_DictionaryAttackParameters, which go-tpm lacks: lockout hierarchy, a session with the empty password.
	command := binary.BigEndian.AppendUint16(nil, 0x8002)
	for _, v := range []uint32{0x1b + 12, 0x13a, 0x4000000a, 9, 0x40000009} {
		command = binary.BigEndian.AppendUint32(command, v)
	}
	command = append(command, 0, 0, 0, 0, 0)
	for _, v := range []uint32{maxTries, every, every} {
		command = binary.BigEndian.AppendUint32(command, v)
	}
	answer, err := dev.Send(command)
	if err != nil || len(answer) < 10 || binary.BigEndian.Uint32(answer[6:]) != 0 {
		t.Fatalf("%v, answer %x", err, answer)
	}
}

// setOwner gives the owner hierarchy a password.
func (c *chip) setOwner(t *testing.T, password string) {
	t.Helper()
	dev, err := c.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer dev.Close()
	_, err = tpm2.HierarchyChangeAuth{
		AuthHandle: tpm2.AuthHandle{Handle: tpm2.TPMRHOwner, Auth: tpm2.PasswordAuth(nil)},
		NewAuth:    tpm2.TPM2BAuth{Buffer: []byte(password)},
	}.Execute(dev)
	if err != nil {
		t.Fatal(err)
	}
}

func TestTPM(t *testing.T) {
	c, other := newChip(t), newChip(t)
	dir := t.TempDir()
	o := Options{TPM: c.open}
	key := plainKey(t, dir)
	if err := Move(t.Context(), dir, TPM, nil, o); err != nil {
		t.Fatal(err)
	}
	for range 3 { // nothing is left in the chip from one time to the next
		opens(t, dir, o, key, TPM)
	}
	onlyFiles(t, dir, wrapFile)
	if _, _, err := Open(t.Context(), dir, Options{TPM: other.open}); !errors.Is(err, ErrOtherTPM) {
		t.Errorf("the disk in another machine: %v, want ErrOtherTPM", err)
	}
	none := func(context.Context) (transport.TPMCloser, error) { return nil, os.ErrNotExist }
	if _, _, err := Open(t.Context(), dir, Options{TPM: none}); !errors.Is(err, ErrNoTPM) {
		t.Errorf("no TPM: %v, want ErrNoTPM", err)
	}
	opens(t, dir, o, key, TPM)
	c.setOwner(t, "password")
	if _, _, err := Open(t.Context(), dir, o); !errors.Is(err, ErrNoTPM) {
		t.Errorf("owner hierarchy with a password: %v, want ErrNoTPM", err)
	}
}

// The TPM itself counts wrong PINs and locks, and says so.
func TestPIN(t *testing.T) {
	c := newChip(t)
	c.configure(t, 3, 1000)
	dir := t.TempDir()
	key := plainKey(t, dir)
	with := func(pin string) Options {
		return Options{TPM: c.open, Secret: func(context.Context, Provider) ([]byte, error) { return []byte(pin), nil }}
	}
	if err := Move(t.Context(), dir, TPM, []byte("12345"), with("")); !errors.Is(err, ErrWeak) {
		t.Fatalf("%v, want ErrWeak", err)
	}
	if err := Move(t.Context(), dir, TPM, []byte("258147"), with("")); err != nil {
		t.Fatal(err)
	}
	opens(t, dir, with("258147"), key, TPM)
	if _, _, err := Open(t.Context(), dir, Options{TPM: c.open}); !errors.Is(err, ErrNoSecret) {
		t.Fatalf("nobody to ask: %v, want ErrNoSecret", err)
	}
	for left := 2; left >= 0; left-- {
		_, _, err := Open(t.Context(), dir, with("111111"))
		pin, ok := errors.AsType[*PINError](err)
		if !ok || !errors.Is(err, ErrSecret) || pin.Left != left || pin.Every != 1000 {
			t.Fatalf("wrong PIN: %v, want %d left", err, left)
		}
	}
	_, _, err := Open(t.Context(), dir, with("258147"))
	if !errors.Is(err, ErrLockedOut) || Words(err) != "PIN 输错次数太多，TPM 已锁定：请保持开机，每 1000 秒恢复一次机会" {
		t.Fatalf("locked: %v", err)
	}
	// A key without a PIN isn't concerned: nobody can lock a kiosk out by wrong PINs.
	free := t.TempDir()
	freeKey := plainKey(t, free)
	if err := Move(t.Context(), free, TPM, nil, with("")); err != nil {
		t.Fatal(err)
	}
	opens(t, free, with(""), freeKey, TPM)
}

func BenchmarkOpenTPM(b *testing.B) {
	c := newChip(b)
	dir := b.TempDir()
	o := Options{TPM: c.open, New: TPM}
	if _, _, err := Ensure(b.Context(), dir, o); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, _, err := Open(b.Context(), dir, o); err != nil {
			b.Fatal(err)
		}
	}
}
