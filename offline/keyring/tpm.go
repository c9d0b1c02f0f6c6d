package keyring

import (
	"bytes"
	"context"
	"errors"
	"fmt"

	"github.com/google/go-tpm/tpm2"
	"github.com/google/go-tpm/tpm2/transport"
	"github.com/google/go-tpm/tpm2/transport/linuxtpm"
)

// openDevice opens the machine's TPM by the kernel's resource manager, so that other programs may use it, too.
func openDevice(ctx context.Context) (transport.TPMCloser, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return linuxtpm.Open("/dev/tpmrm0")
}

// withTPM opens the TPM and makes its storage root key, which is the same each time until the TPM is cleared.
func withTPM(ctx context.Context, o Options, fn func(transport.TPM, *tpm2.CreatePrimaryResponse) error) error {
	t, err := o.TPM(ctx)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrNoTPM, err)
	}
	defer func() { _ = t.Close() }() // everything that it holds of ours was flushed
	root, err := tpm2.CreatePrimary{PrimaryHandle: tpm2.TPMRHOwner, InPublic: tpm2.New2B(tpm2.ECCSRKTemplate)}.Execute(t)
	switch {
	case errors.Is(err, tpm2.TPMRCAuthFail), errors.Is(err, tpm2.TPMRCBadAuth):
		return fmt.Errorf("%w: somebody has given its owner hierarchy a password", ErrNoTPM)
	case err != nil:
		return fmt.Errorf("make the TPM's storage root key: %w", err)
	}
	defer flush(t, root.ObjectHandle)
	return fn(t, root)
}

func flush(t transport.TPM, handle tpm2.TPMHandle) {
	_, _ = tpm2.FlushContext{FlushHandle: handle}.Execute(t) // the resource manager does it at closing, too
}

// session encrypts what goes over the wires of the board: who listens there sees neither key nor PIN.
func session(root *tpm2.CreatePrimaryResponse, auth []byte, direction tpm2.AuthOption) (tpm2.Session, error) {
	public, err := root.OutPublic.Contents()
	if err != nil {
		return nil, fmt.Errorf("read the TPM's storage root key: %w", err)
	}
	return tpm2.HMAC(tpm2.TPMAlgSHA256, 16, tpm2.Auth(auth), direction, tpm2.Salted(root.ObjectHandle, *public)), nil
}

// sealByTPM wraps a key by the TPM, with a PIN if there is one. Tries at the PIN are counted by the TPM.
func sealByTPM(ctx context.Context, key, pin []byte, o Options) (blob *tpmBlob, err error) {
	if len(pin) > 0 && len(pin) < minPIN {
		return nil, ErrWeak
	}
	err = withTPM(ctx, o, func(t transport.TPM, root *tpm2.CreatePrimaryResponse) error {
		auth, err := session(root, nil, tpm2.AESEncryption(128, tpm2.EncryptIn))
		if err != nil {
			return err
		}
		made, err := tpm2.Create{
			ParentHandle: tpm2.AuthHandle{Handle: root.ObjectHandle, Name: root.Name, Auth: auth},
			InSensitive: tpm2.TPM2BSensitiveCreate{Sensitive: &tpm2.TPMSSensitiveCreate{
				UserAuth: tpm2.TPM2BAuth{Buffer: pin},
				Data:     tpm2.NewTPMUSensitiveCreate(&tpm2.TPM2BSensitiveData{Buffer: key}),
			}},
			InPublic: tpm2.New2B(tpm2.TPMTPublic{
				Type: tpm2.TPMAlgKeyedHash, NameAlg: tpm2.TPMAlgSHA256,
				// Without a PIN there is nothing to guess: then a lock that others have caused must not lock us out.
				ObjectAttributes: tpm2.TPMAObject{FixedTPM: true, FixedParent: true, UserWithAuth: true, NoDA: len(pin) == 0},
			}),
		}.Execute(t)
		if err != nil {
			return fmt.Errorf("seal by TPM: %w", tpmError(t, err))
		}
		blob = &tpmBlob{
			Parent: root.Name.Buffer, Public: tpm2.Marshal(made.OutPublic), Private: tpm2.Marshal(made.OutPrivate), PIN: len(pin) > 0,
		}
		return nil
	})
	return blob, err
}

func (b *tpmBlob) open(ctx context.Context, o Options) (key []byte, err error) {
	public, err1 := tpm2.Unmarshal[tpm2.TPM2BPublic](b.Public)
	private, err2 := tpm2.Unmarshal[tpm2.TPM2BPrivate](b.Private)
	if err1 != nil || err2 != nil {
		return nil, fmt.Errorf("%s: %w", wrapFile, ErrDamaged)
	}
	err = withTPM(ctx, o, func(t transport.TPM, root *tpm2.CreatePrimaryResponse) error {
		if !bytes.Equal(root.Name.Buffer, b.Parent) {
			return ErrOtherTPM
		}
		object, err := tpm2.Load{
			ParentHandle: tpm2.AuthHandle{Handle: root.ObjectHandle, Name: root.Name, Auth: tpm2.PasswordAuth(nil)},
			InPublic:     *public, InPrivate: *private,
		}.Execute(t)
		if errors.Is(err, tpm2.TPMRCIntegrity) {
			return fmt.Errorf("%s: %w", wrapFile, ErrDamaged)
		}
		if err != nil {
			return fmt.Errorf("load into TPM: %w", tpmError(t, err))
		}
		defer flush(t, object.ObjectHandle)
		key, err = b.unseal(ctx, o, t, root, object)
		return err
	})
	return key, err
}

func (b *tpmBlob) unseal(
	ctx context.Context, o Options, t transport.TPM, root *tpm2.CreatePrimaryResponse, object *tpm2.LoadResponse,
) ([]byte, error) {
	var pin []byte
	if b.PIN {
		var err error
		if pin, err = o.secret(ctx, TPM); err != nil {
			return nil, err
		}
		defer clear(pin)
	}
	auth, err := session(root, pin, tpm2.AESEncryption(128, tpm2.EncryptOut))
	if err != nil {
		return nil, err
	}
	opened, err := tpm2.Unseal{ItemHandle: tpm2.AuthHandle{Handle: object.ObjectHandle, Name: object.Name, Auth: auth}}.Execute(t)
	if err != nil {
		return nil, fmt.Errorf("unseal by TPM: %w", tpmError(t, err))
	}
	return opened.OutData.Buffer, nil
}

// tpmError gives a TPM's refusal its kind, and says how many tries are left.
func tpmError(t transport.TPM, err error) error {
	switch {
	case errors.Is(err, tpm2.TPMRCLockout):
		left := lockout(t)
		return &PINError{Kind: ErrLockedOut, Left: 0, Every: left.every}
	case errors.Is(err, tpm2.TPMRCAuthFail), errors.Is(err, tpm2.TPMRCBadAuth):
		left := lockout(t)
		return &PINError{Kind: ErrSecret, Left: left.tries, Every: left.every}
	}
	return err
}

// tries is what a TPM says of its protection against guessing.
type tries struct{ tries, every int }

// lockout asks the TPM. What it doesn't say is not known.
func lockout(t transport.TPM) tries {
	said, err := tpm2.GetCapability{
		Capability: tpm2.TPMCapTPMProperties, Property: uint32(tpm2.TPMPTLockoutCounter), PropertyCount: 3,
	}.Execute(t)
	if err != nil {
		return tries{tries: -1}
	}
	list, err := said.CapabilityData.Data.TPMProperties()
	if err != nil {
		return tries{tries: -1}
	}
	value := map[tpm2.TPMPT]int{}
	for _, p := range list.TPMProperty {
		value[p.Property] = int(p.Value)
	}
	return tries{
		tries: max(0, value[tpm2.TPMPTMaxAuthFail]-value[tpm2.TPMPTLockoutCounter]), every: value[tpm2.TPMPTLockoutInterval],
	}
}
