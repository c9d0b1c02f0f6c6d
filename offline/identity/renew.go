package identity

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"zhizhu/offline/wire"
)

// Errors of a renewal. None of them changes anything: the certificate in use stays in use.
var (
	// ErrChanged: the machine was enrolled anew while this program ran. Start it again.
	ErrChanged = errors.New("this machine was enrolled anew: start the program again")
	// ErrRenewal: what the gateway answered is not a certificate that this terminal could use.
	ErrRenewal = errors.New("the gateway's answer is not a usable certificate for this terminal")
)

const (
	nextKeyFile = "terminal.next"  // the key of a renewal that is being asked for
	keyPrefix   = "terminal-"      // then 16 digits of the key's digest, and keySuffix
	keySuffix   = ".key"           //
	askAgain    = 15 * time.Minute // a renewal that came to nothing isn't urgent
)

// RenewOptions say whose certificate is renewed. Identity, Dir, Now and Rand are needed.
type RenewOptions struct {
	Identity *Identity
	Dir      string
	Now      func() time.Time
	Rand     io.Reader
}

// Renewer gets a terminal a new certificate, with a new key, long before the old one ends. It asks nobody itself: it
// says when, makes the request, and installs the answer. It is safe for concurrent use.
type Renewer struct {
	o     RenewOptions
	vault vault

	mu    sync.Mutex
	now   enrolled  // what is in enrolled.json
	text  []byte    // the same, as it stands
	asked time.Time // by the caller's clock
}

// NewRenewer makes the renewer of an identity that was read from Dir.
func NewRenewer(o RenewOptions) (*Renewer, error) {
	if o.Identity == nil || o.Dir == "" || o.Now == nil || o.Rand == nil {
		return nil, errors.New("make renewer: identity, folder, clock and randomness are needed")
	}
	e, text, err := readEnrolled(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("make renewer: %w", err)
	}
	r := &Renewer{o: o, now: e, text: text, vault: vault{dir: o.Dir, box: o.Identity.Box, rand: o.Rand}}
	if unlock, err := lock(o.Dir); err == nil { // else somebody is enrolling, who needs his key
		_ = r.dropOldKeys() // left behind by a power cut; they do no harm
		unlock()
	}
	return r, nil
}

// Due says whether a renewal should be asked for now. Hand in the gateway's time where it is known, else this machine's
// clock: a clock that is slow only delays, a fast one only hurries. It is due once two thirds of the certificate's life
// are over, less up to a twentieth that differs from terminal to terminal, lest a county that was enrolled in one week
// comes back in one hour; and at once where the gateway does not know the post key yet.
func (r *Renewer) Due(now time.Time) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if wait := now.Sub(r.asked); wait >= 0 && wait < askAgain && !r.asked.IsZero() {
		return false
	}
	if r.now.PostKey != r.o.Identity.PostKey.Public().Hex() {
		return true
	}
	leaf := r.o.Identity.Current().Leaf
	begin := leaf.NotBefore
	// Certificates begin at a day long past, for the sake of slow clocks. Since is the better beginning, unless it is
	// from a clock that was wrong itself.
	if r.now.Since.After(begin) && r.now.Since.Before(leaf.NotAfter) {
		begin = r.now.Since
	}
	life := leaf.NotAfter.Sub(begin)
	sum := sha256.Sum256([]byte(r.o.Identity.Terminal))
	share := float64(binary.BigEndian.Uint16(sum[:])) / (1 << 16)
	early := time.Duration(float64(life) / 20 * share)
	return !now.Before(begin.Add(life/3*2 - early))
}

// Request makes the request of a new certificate. Its key is made anew, kept aside and used again for a request whose
// answer was lost.
func (r *Renewer) Request() (wire.Renewal, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	unlock, err := lock(r.o.Dir)
	if err != nil {
		return wire.Renewal{}, fmt.Errorf("request renewal: %w", err)
	}
	defer unlock()
	text, err := r.vault.read(nextKeyFile)
	if err != nil || goodTerminalKey(text) != nil {
		if text, err = makeTerminalKey(r.o.Rand); err != nil {
			return wire.Renewal{}, fmt.Errorf("request renewal: make key: %w", err)
		}
		if err := r.vault.write(nextKeyFile, text); err != nil {
			return wire.Renewal{}, fmt.Errorf("request renewal: write key: %w", err)
		}
	}
	defer clear(text)
	csr, err := request(r.o.Rand, text)
	if err != nil {
		return wire.Renewal{}, fmt.Errorf("request renewal: %w", err)
	}
	r.asked = r.o.Now()
	return wire.Renewal{CSR: csr, PostKey: r.o.Identity.PostKey.Public().Hex()}, nil
}

// Install takes the gateway's answer to the last Request. When it returns nil the new certificate is on disk and
// Identity.Current returns it. Whatever happens before that, a power cut included, leaves the old one in use.
func (r *Renewer) Install(answer wire.Enrolled) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	unlock, err := lock(r.o.Dir)
	if err != nil {
		return fmt.Errorf("install renewal: %w", err)
	}
	defer unlock()
	if _, text, err := readEnrolled(r.o.Dir); err != nil || string(text) != string(r.text) {
		return errors.Join(fmt.Errorf("install renewal: %w", ErrChanged), err)
	}
	keyPEM, err := r.vault.read(nextKeyFile)
	if err != nil {
		return fmt.Errorf("install renewal: read key: %w", err)
	}
	defer clear(keyPEM)
	cert, err := r.check(answer, keyPEM)
	if err != nil {
		return fmt.Errorf("install renewal: %w", err)
	}
	next := r.now
	next.Certificate, next.PostKey = answer.Certificate, r.o.Identity.PostKey.Public().Hex()
	next.Key, next.Since = keyName(cert.Leaf), r.o.Now().UTC().Truncate(time.Second)
	text, err := next.encode()
	if err != nil {
		return fmt.Errorf("install renewal: %w", err)
	}
	if err := r.vault.disk.Rename(filepath.Join(r.o.Dir, nextKeyFile), filepath.Join(r.o.Dir, next.Key)); err != nil {
		return fmt.Errorf("install renewal: keep key: %w", err)
	}
	// From here on the new one counts, from one moment to the next.
	if err := r.vault.disk.Write(filepath.Join(r.o.Dir, enrolledFile), text); err != nil {
		return fmt.Errorf("install renewal: write certificate: %w", err)
	}
	r.now, r.text = next, text
	r.o.Identity.renewed.Store(cert)
	// The new one is in use whatever becomes of the old key; the next renewer tries again.
	_ = r.dropOldKeys()
	return nil
}

// check sees to it that an answer is a certificate for this terminal, this key, from the pinned CA, and not over yet.
func (r *Renewer) check(answer wire.Enrolled, keyPEM []byte) (*tls.Certificate, error) {
	id := r.o.Identity
	if answer.Terminal != id.Terminal || answer.Station != id.Station {
		return nil, fmt.Errorf("%w: it is for another terminal", ErrRenewal)
	}
	// Who holds the line's CA must not be able to have packets sealed to himself: these keys change by enrolment only.
	if answer.SealKey != "" && answer.SealKey != r.now.SealKey || answer.AckKey != "" && answer.AckKey != r.now.AckKey {
		return nil, fmt.Errorf("%w: the gateway has other keys than at enrolment; enrol again if it was set up anew", ErrRenewal)
	}
	cert, err := tls.X509KeyPair([]byte(answer.Certificate), keyPEM)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRenewal, err)
	}
	if cert.Leaf.Subject.CommonName != id.Terminal {
		return nil, fmt.Errorf("%w: it names another terminal", ErrRenewal)
	}
	// The clock may be wrong by years, so only the signature is judged by the certificate's own first day.
	_, err = cert.Leaf.Verify(x509.VerifyOptions{
		Roots: id.CA, CurrentTime: cert.Leaf.NotBefore.Add(time.Second), KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny},
	})
	if err != nil {
		return nil, fmt.Errorf("%w: not from the pinned CA: %w", ErrRenewal, err)
	}
	if old := id.Current().Leaf; cert.Leaf.NotAfter.Before(old.NotAfter) && !r.o.Now().Before(cert.Leaf.NotAfter) {
		return nil, fmt.Errorf("%w: it is over already", ErrRenewal)
	}
	return &cert, nil
}

// keyName is the name of a certificate's key file. A digest tells them apart, so that no name is ever used for two keys.
func keyName(leaf *x509.Certificate) string {
	sum := sha256.Sum256(leaf.RawSubjectPublicKeyInfo)
	return keyPrefix + hex.EncodeToString(sum[:8]) + keySuffix
}

// isTerminalKey tells keys of certificates, and what a power cut left of the writing of one.
func isTerminalKey(name string) bool {
	return name == terminalKeyFile || strings.HasPrefix(name, "."+terminalKeyFile) || strings.HasPrefix(name, "."+nextKeyFile) ||
		strings.HasPrefix(name, keyPrefix) && strings.HasSuffix(name, keySuffix)
}

// dropOldKeys removes the keys of certificates that are no longer in use, after one was renewed.
func (r *Renewer) dropOldKeys() error {
	files, err := os.ReadDir(r.o.Dir)
	if err != nil {
		return fmt.Errorf("remove old keys: %w", err)
	}
	var errs []error
	for _, f := range files {
		if f.Name() == r.now.keyFile() || !isTerminalKey(f.Name()) {
			continue
		}
		if err := r.vault.disk.Remove(filepath.Join(r.o.Dir, f.Name())); err != nil {
			errs = append(errs, fmt.Errorf("remove old key: %w", err))
		}
	}
	return errors.Join(errs...)
}
