package stick

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

// Kind says what a manifest is.
type Kind string

// Kinds of manifests.
const (
	KindExport Kind = "export" // terminal to gateway, signed by the terminal's SignKey
	KindAnswer Kind = "answer" // gateway to terminal, signed by the gateway's AckKey
)

// folder is where a kind lies in a terminal's folder.
func (k Kind) folder() string {
	if k == KindAnswer {
		return "to-terminal"
	}
	return "to-gateway"
}

// LaneBlobs is the lane of attachments in a manifest: id and digest are one. All others are wire's.
const LaneBlobs = "blobs"

// Place is where a packet lies: in which pack of the same folder, from which byte.
type Place struct {
	File   string `json:"file"`
	Offset int64  `json:"offset"`
	Size   int64  `json:"size"`
}

// Entry is one packet on its way up.
type Entry struct {
	Lane   string `json:"lane"` // wire.LaneXxx or LaneBlobs
	ID     string `json:"id"`
	Digest string `json:"digest"` // SM3 of the packet, hex
	Place
}

// Export is what a terminal sends.
type Export struct {
	Serial     uint64         `json:"serial"` // of the manifest on this stick
	Terminal   string         `json:"terminal"`
	Station    string         `json:"station"`
	MadeAt     time.Time      `json:"made_at"` // the terminal's clock
	ClockTrust string         `json:"clock_trust"`
	Cursor     uint64         `json:"cursor"` // of the mailbox: post up to there is known
	Counts     map[string]int `json:"counts"` // of entries, by lane
	Entries    []Entry        `json:"entries"`
}

// Ack is an acknowledgement with the gateway's signature over Ack.Signed.
type Ack struct {
	wire.Ack
	Receipt []byte `json:"receipt"`
}

// Refusal says why the gateway did not take a packet. It holds no personal data.
type Refusal struct {
	Lane string `json:"lane"`
	ID   string `json:"id"`
	Why  string `json:"why"`
}

// Post is a wire.Post whose packet lies in a pack.
type Post struct {
	Seq       uint64 `json:"seq"`
	ID        string `json:"id"`
	Terminal  string `json:"terminal"`
	Digest    string `json:"digest"`
	Signature []byte `json:"signature"`
	Place
}

// Answer is what a gateway sends back.
type Answer struct {
	Serial   uint64    `json:"serial"`
	Terminal string    `json:"terminal"`
	MadeAt   time.Time `json:"made_at"` // the gateway's clock
	Export   uint64    `json:"export"`  // serial of what it answers
	After    uint64    `json:"after"`   // its Cursor: Posts are all of this terminal's after it, as far as they go
	Acks     []Ack     `json:"acks"`
	Refused  []Refusal `json:"refused,omitempty"`
	Posts    []Post    `json:"posts"`
	More     bool      `json:"more,omitempty"` // there was no room for all post
}

// Limits of what is read from a stick.
const (
	MaxPacket    = 4 << 20   // bytes of one packet: an attachment or a letter with a document, and some
	maxManifest  = 256 << 20 // bytes: half a million records
	maxEntries   = 1 << 20
	maxHead      = 1024 // bytes of a manifest's first line
	manifestHead = "zhizhu-courier-1"
)

// AnswerPrefix begins what is signed of every answer.
const AnswerPrefix = manifestHead + "\n" + string(KindAnswer) + "\n"

// message is what a manifest's signature covers.
func message(kind Kind, body []byte) []byte {
	return slices.Concat([]byte(manifestHead+"\n"+string(kind)+"\n"), body)
}

// Sign signs a manifest's message and says by which key, hex.
type Sign func(message []byte) (key string, signature []byte, err error)

// encode writes a manifest.
func encode(kind Kind, body []byte, sign Sign) ([]byte, error) {
	key, signature, err := sign(message(kind, body))
	if err != nil {
		return nil, fmt.Errorf("sign manifest: %w", err)
	}
	head := fmt.Sprintf("%s %s %d %s %x\n", manifestHead, kind, len(body), key, signature)
	return append([]byte(head), body...), nil
}

// head is a manifest's first line.
type head struct {
	size      int
	key       *seal.PublicKey
	signature []byte
}

// parseHead reads a manifest's first line.
func parseHead(kind Kind, line string) (h head, err error) {
	fields := strings.Split(line, " ")
	if version, ok := strings.CutPrefix(fields[0], "zhizhu-courier-"); ok && version != "1" && len(version) < 4 {
		return h, ErrNewer
	}
	bad := fmt.Errorf("its first line is not a manifest's: %w", ErrAltered)
	if len(fields) != 5 || fields[0] != manifestHead || fields[1] != string(kind) {
		return h, bad
	}
	var err1, err2, err3 error
	h.size, err1 = strconv.Atoi(fields[2])
	h.key, err2 = seal.ParsePublicKey(fields[3])
	h.signature, err3 = hex.DecodeString(fields[4])
	if err1 != nil || err2 != nil || err3 != nil || h.size < 0 {
		return h, bad
	}
	return h, nil
}

// decode reads what encode wrote and returns its body, if the one who is expected signed it.
func decode(kind Kind, text []byte, by *seal.PublicKey) ([]byte, error) {
	line, body, whole := bytes.Cut(text, []byte("\n"))
	if !whole && len(text) < maxHead {
		return nil, fmt.Errorf("its first line is cut: %w", ErrTorn)
	}
	h, err := parseHead(kind, string(line[:min(len(line), maxHead)]))
	switch {
	case err != nil:
		return nil, err
	case len(body) < h.size:
		return nil, fmt.Errorf("%d of %d bytes are there: %w", len(body), h.size, ErrTorn)
	case len(body) > h.size:
		return nil, fmt.Errorf("it is longer than it says: %w", ErrAltered)
	case seal.Verify(h.key, message(kind, body), h.signature) != nil:
		return nil, fmt.Errorf("its signature does not verify: %w", ErrAltered)
	case !h.key.Equal(by):
		return nil, fmt.Errorf("another one signed it: %w", ErrForeign)
	}
	return body, nil
}

// DecodeExport reads the content of a manifest whose signature is right.
func DecodeExport(body []byte) (Export, error) {
	var e Export
	if err := json.Unmarshal(body, &e); err != nil {
		return Export{}, fmt.Errorf("read export: %w: %w", ErrAltered, err)
	}
	if !GoodID(e.Terminal) || len(e.Entries) > maxEntries {
		return Export{}, fmt.Errorf("read export: it can't be one: %w", ErrAltered)
	}
	for _, entry := range e.Entries {
		if err := entry.check(); err != nil {
			return Export{}, fmt.Errorf("read export: %w", err)
		}
	}
	return e, nil
}

func (e Entry) check() error {
	known := slices.Contains([]string{wire.LaneMatters, wire.LaneRatings, wire.LaneEvents, LaneBlobs}, e.Lane)
	if !known || !GoodID(e.ID) || !goodDigest(e.Digest) || e.Lane == LaneBlobs && e.ID != e.Digest {
		return fmt.Errorf("an entry names no packet: %w", ErrAltered)
	}
	return e.Place.check()
}

// DecodeAnswer reads the content of a manifest whose signature is right.
func DecodeAnswer(body []byte) (Answer, error) {
	var a Answer
	if err := json.Unmarshal(body, &a); err != nil {
		return Answer{}, fmt.Errorf("read answer: %w: %w", ErrAltered, err)
	}
	if !GoodID(a.Terminal) || len(a.Acks) > maxEntries || len(a.Posts) > maxEntries {
		return Answer{}, fmt.Errorf("read answer: it can't be one: %w", ErrAltered)
	}
	for _, p := range a.Posts {
		if !goodDigest(p.Digest) {
			return Answer{}, fmt.Errorf("read answer: an entry names no packet: %w", ErrAltered)
		}
		if err := p.Place.check(); err != nil {
			return Answer{}, fmt.Errorf("read answer: %w", err)
		}
	}
	return a, nil
}

func (p Place) check() error {
	if !packName().MatchString(p.File) || p.Size < 1 || p.Size > MaxPacket || p.Offset < 0 || p.Offset > 1<<32 {
		return fmt.Errorf("an entry names no place: %w", ErrAltered)
	}
	return nil
}

func goodDigest(s string) bool {
	sum, err := hex.DecodeString(s)
	return err == nil && len(sum) == 32 && s == strings.ToLower(s)
}

// GoodID reports whether an id is one that the gateway takes, and can be a folder's name.
func GoodID(id string) bool {
	return id != "" && len(id) <= 64 && !strings.ContainsFunc(id, func(r rune) bool {
		return r != '-' && r != '_' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z')
	})
}

func packName() *regexp.Regexp { return regexp.MustCompile(`^[0-9a-f]{16}\.pack$`) }
