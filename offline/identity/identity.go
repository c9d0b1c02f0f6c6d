package identity

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"

	"zhizhu/offline/seal"
)

// Files of the folder.
const (
	terminalKeyFile = "terminal.key"
	signKeyFile     = "sign.key"
	stationKeyFile  = "station.key"
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
	Certificate tls.Certificate
	CA          *x509.CertPool // the only roots that are trusted
	SignKey     *seal.PrivateKey
	SealKey     *seal.PublicKey // the gateway's, for packets
	AckKey      *seal.PublicKey // the gateway's, for acknowledgements
	Box         *seal.Box       // under the station key
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
	CA          string `json:"ca"` // PEM
}

// Load reads an identity folder.
func Load(dir string) (*Identity, error) {
	text, err := os.ReadFile(filepath.Join(dir, enrolledFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ErrNotEnrolled
	}
	if err != nil {
		return nil, fmt.Errorf("load identity: %w", err)
	}
	var e enrolled
	if err := json.Unmarshal(text, &e); err != nil {
		return nil, fmt.Errorf("load identity: %s: %w", enrolledFile, ErrDamaged)
	}
	k, err := readKeys(dir)
	if err != nil {
		return nil, fmt.Errorf("load identity: %w", err)
	}
	id, err := assemble(e, k)
	if err != nil {
		return nil, fmt.Errorf("load identity: %w: %w", ErrDamaged, err)
	}
	return id, nil
}

// assemble checks that everything fits together.
func assemble(e enrolled, k *keys) (*Identity, error) {
	if e.Terminal == "" || e.Station == "" {
		return nil, errors.New("terminal or station id is missing")
	}
	id := &Identity{Terminal: e.Terminal, Station: e.Station, SignKey: k.sign, CA: x509.NewCertPool()}
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
	if id.Box, err = seal.NewBox(k.station); err != nil {
		return nil, fmt.Errorf("station key: %w", err)
	}
	return id, nil
}

// keys are the terminal's own secrets.
type keys struct {
	terminalPEM []byte
	sign        *seal.PrivateKey
	station     []byte
}

func readKeys(dir string) (*keys, error) {
	terminal, err := readSecret(dir, terminalKeyFile)
	if err != nil {
		return nil, err
	}
	signPEM, err := readSecret(dir, signKeyFile)
	if err != nil {
		return nil, err
	}
	sign, err := seal.ParsePrivateKey(signPEM)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: %w", signKeyFile, ErrDamaged, err)
	}
	text, err := readSecret(dir, stationKeyFile)
	if err != nil {
		return nil, err
	}
	station, err := parseStationKey(text)
	if err != nil {
		return nil, err
	}
	return &keys{terminalPEM: terminal, sign: sign, station: station}, nil
}

func parseStationKey(text []byte) ([]byte, error) {
	key, err := hex.DecodeString(strings.TrimSpace(string(text)))
	if err != nil || len(key) != seal.StationKeySize {
		return nil, fmt.Errorf("%s: %w", stationKeyFile, ErrDamaged)
	}
	return key, nil
}

func readSecret(dir, name string) ([]byte, error) {
	text, err := os.ReadFile(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is missing: %w", name, ErrDamaged)
	}
	if err != nil {
		return nil, fmt.Errorf("read %s: %w", name, err)
	}
	return text, nil
}
