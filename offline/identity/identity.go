package identity

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"sync/atomic"
	"time"

	"zhizhu/offline/keyring"
	"zhizhu/offline/seal"
)

// Files of the folder.
const (
	terminalKeyFile = "terminal.key" // the first one; enrolled.json names the one in use
	signKeyFile     = "sign.key"
	postKeyFile     = "post.key"
	enrolledFile    = "enrolled.json"
)

// Kinds of errors.
var (
	// ErrNotEnrolled: get a code from whoever runs the gateway, and run "zhizhu enrol".
	ErrNotEnrolled = errors.New("this machine is not enrolled yet: run \"zhizhu enrol\" with a code from the gateway")
	// ErrDamaged: a file of the folder is missing or can't be read.
	ErrDamaged = errors.New("identity folder is damaged: run \"zhizhu enrol\" with a new code")
	// ErrCode: the gateway knows no such code, or it was used or has expired.
	ErrCode = errors.New("the gateway does not take this code (mistyped, used already, or expired): ask for a new one")
	// ErrStation: the code was made for another station than the one that this machine is set up for.
	ErrStation = errors.New("this code is for another station than this machine is set up for: check the station in the config, and who the code was made for")
	// ErrCA: the server is not the one that the CA file names.
	ErrCA = errors.New("the server's certificate is not from the pinned CA: check upstream.url, upstream.ca and the clock")
	// ErrGateway: the gateway can't be reached or gave no usable answer; try again with the same code.
	ErrGateway = errors.New("no usable answer from the gateway: check the line, then try again with the same code")
)

// Identity is an enrolled terminal. It holds secrets: it shows only its names.
type Identity struct {
	Terminal    string // e.g. MX0427-1
	Station     string
	Certificate tls.Certificate // the one that was read from disk; Current also knows a renewed one
	CA          *x509.CertPool  // the only roots that are trusted
	SignKey     *seal.PrivateKey
	PostKey     *seal.PrivateKey // opens the letters that come down for this terminal
	SealKey     *seal.PublicKey  // the gateway's, for packets
	AckKey      *seal.PublicKey  // the gateway's, for acknowledgements
	Box         *seal.Box        // under the station key
	KeyIn       keyring.Provider // what wraps the station key

	renewed atomic.Pointer[tls.Certificate]
}

// Current returns the newest certificate: the one that was read from disk, or a renewed one since. Hand it to NewClient,
// so that new connections show the new certificate without a restart.
func (id *Identity) Current() *tls.Certificate {
	if cert := id.renewed.Load(); cert != nil {
		return cert
	}
	return &id.Certificate
}

// LogValue shows the names only.
func (id *Identity) LogValue() slog.Value {
	return slog.GroupValue(slog.String("terminal", id.Terminal), slog.String("station", id.Station))
}

// enrolled is the content of enrolled.json.
type enrolled struct {
	Terminal    string `json:"terminal"`
	Station     string `json:"station"`
	Certificate string `json:"certificate"` // PEM
	SealKey     string `json:"seal_key"`
	AckKey      string `json:"ack_key"`
	CA          string `json:"ca"` // PEM, one or more

	Key     string    `json:"key,omitempty"`      // file name of the certificate's key; terminal.key if empty
	PostKey string    `json:"post_key,omitempty"` // the one that the gateway was told; empty for machines enrolled before there was one
	Since   time.Time `json:"since,omitzero"`     // when the certificate came, by this machine's clock
}

// keyFile names the file of the certificate's key. Anything but a plain name is damage, not a path to follow.
func (e enrolled) keyFile() string {
	if e.Key == "" || e.Key != filepath.Base(e.Key) {
		return terminalKeyFile
	}
	return e.Key
}

func (e enrolled) encode() ([]byte, error) {
	text, err := json.MarshalIndent(e, "", "  ")
	return append(text, '\n'), err
}

// OpenOptions say how an identity folder is read. Dir is needed.
type OpenOptions struct {
	Dir  string
	Rand io.Reader // for a post key that is missing; crypto/rand if nil
	// Keyring says what opens the station key. The zero value does for all but PINs and passphrases.
	Keyring keyring.Options
}

// Load reads an identity folder with default options.
func Load(dir string) (*Identity, error) {
	return Open(context.Background(), OpenOptions{Dir: dir}) //nolint:forbidigo // for callers without one: no line is used
}

// Open reads an identity folder. It makes what a machine that was enrolled by an earlier version lacks: its post key.
func Open(ctx context.Context, o OpenOptions) (*Identity, error) {
	if o.Rand == nil {
		o.Rand = rand.Reader
	}
	e, _, err := readEnrolled(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("load identity: %w", err)
	}
	v, provider, err := openVault(ctx, o.Dir, o.Rand, o.Keyring, keyring.Open)
	if err != nil {
		return nil, fmt.Errorf("load identity: %w", err)
	}
	if unlock, err := lock(o.Dir); err == nil { // else somebody is enrolling, who does the same
		err := v.completeOlder(e.keyFile())
		unlock()
		if err != nil {
			return nil, fmt.Errorf("load identity: %w", err)
		}
	}
	k, err := v.keys(e.keyFile())
	if err != nil {
		return nil, fmt.Errorf("load identity: %w", err)
	}
	defer k.clear()
	id, err := assemble(e, k)
	if err != nil {
		return nil, fmt.Errorf("load identity: %w: %w", ErrDamaged, err)
	}
	id.KeyIn = provider
	return id, nil
}

// readEnrolled reads enrolled.json, as it means and as it stands.
func readEnrolled(dir string) (e enrolled, text []byte, err error) {
	text, err = os.ReadFile(filepath.Join(dir, enrolledFile))
	if errors.Is(err, fs.ErrNotExist) {
		return e, nil, ErrNotEnrolled
	}
	if err != nil {
		return e, nil, err
	}
	if err := json.Unmarshal(text, &e); err != nil {
		return e, nil, fmt.Errorf("%s: %w", enrolledFile, ErrDamaged)
	}
	return e, text, nil
}

// assemble checks that everything fits together.
func assemble(e enrolled, k *keys) (*Identity, error) {
	if e.Terminal == "" || e.Station == "" {
		return nil, errors.New("terminal or station id is missing")
	}
	id := &Identity{
		Terminal: e.Terminal, Station: e.Station, Box: k.box,
		SignKey: k.sign, PostKey: k.post, CA: x509.NewCertPool(),
	}
	var err error
	if id.Certificate, err = tls.X509KeyPair([]byte(e.Certificate), k.terminalPEM); err != nil {
		return nil, fmt.Errorf("certificate does not fit the terminal's key: %w", err)
	}
	if id.Certificate.Leaf.Subject.CommonName != e.Terminal {
		return nil, errors.New("certificate is for another terminal")
	}
	if !id.CA.AppendCertsFromPEM([]byte(e.CA)) {
		return nil, errors.New("no certificate in the pinned CA")
	}
	if id.SealKey, err = seal.ParsePublicKey(e.SealKey); err != nil {
		return nil, fmt.Errorf("gateway's seal key: %w", err)
	}
	if id.AckKey, err = seal.ParsePublicKey(e.AckKey); err != nil {
		return nil, fmt.Errorf("gateway's ack key: %w", err)
	}
	return id, nil
}
