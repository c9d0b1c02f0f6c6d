package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"time"
)

// ErrRecord: not a record of this layout.
var ErrRecord = errors.New("not an audit record")

// Role is what an actor is to the machine.
type Role string

// Roles.
const (
	Resident Role = "resident"
	Helper   Role = "helper" // 帮办员, with a mandate
	Staff    Role = "staff"  // 运维
	Machine  Role = "machine"
	Upstream Role = "upstream"
)

// Acts that this package writes itself, or that have a meaning to it. All others are the callers' words.
const (
	ActBegin    = "audit.begin"    // of a chain; attrs: terminal, generation, nonce
	ActPruned   = "audit.pruned"   // older records were let go; attrs: through
	ActRestored = "store.restored" // a back-up took the place of a damaged data file: what came after it is not in the chain
)

// Record is one act. Seq, Time, Trust and Session are filled in by the log where they are zero.
type Record struct {
	Seq     uint64            `json:"seq"`
	Time    time.Time         `json:"time"`  // by the machine's clock
	Trust   string            `json:"trust"` // of that clock: synced, offset, unknown
	Session string            `json:"session"`
	Role    Role              `json:"role"`
	Actor   string            `json:"actor,omitempty"` // pseudonym: Log.Actor
	Act     string            `json:"act"`             // matter.lodged
	Subject string            `json:"subject,omitempty"`
	Item    string            `json:"item,omitempty"`
	Version string            `json:"version,omitempty"` // of the item
	Attrs   map[string]string `json:"attrs,omitempty"`   // few and short
}

// Limits of a record.
const (
	maxWord  = 128 // bytes of a value
	maxAttrs = 12
	maxBody  = 4096 // bytes of JSON; more than the above can make
)

const withheld = "withheld" // stands for a value that must not be kept

var (
	word = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._:/+@=,#-]*$`)
	// personal finds what looks like a citizen's number, a phone number or a bank card.
	personal = regexp.MustCompile(`(?:^|[^0-9A-Za-z])(?:[0-9]{11}|[0-9]{15,19}|[0-9]{17}[Xx])(?:$|[^0-9A-Za-z])`)
)

// clean makes a record fit to be kept, and returns the names of what it had to withhold. It never refuses one: the act
// that it tells of must not fail for the sake of a caller's mistake.
func (r *Record) clean() (held []string) {
	keep := func(name string, value *string) {
		if *value != "" && (len(*value) > maxWord || !word.MatchString(*value) || personal.MatchString(*value)) {
			*value = withheld
			held = append(held, name)
		}
	}
	r.Time = r.Time.UTC().Truncate(time.Millisecond)
	role := string(r.Role)
	keep("role", &role)
	r.Role = Role(role)
	keep("trust", &r.Trust)
	keep("session", &r.Session)
	keep("actor", &r.Actor)
	keep("act", &r.Act)
	keep("subject", &r.Subject)
	keep("item", &r.Item)
	keep("version", &r.Version)
	if r.Act == "" || r.Role == "" {
		held = append(held, "act or role, which is empty")
	}
	attrs := make(map[string]string, min(len(r.Attrs), maxAttrs))
	for k, v := range r.Attrs {
		if v == "" {
			continue
		}
		if len(attrs) == maxAttrs || len(k) > 32 || !word.MatchString(k) {
			held = append(held, "attribute")
			continue
		}
		keep(k, &v)
		attrs[k] = v
	}
	r.Attrs = attrs
	return held
}

// encode writes a record in its one spelling.
func (r Record) encode() ([]byte, error) {
	body, err := json.Marshal(r)
	if err != nil {
		return nil, fmt.Errorf("write audit record: %w", err)
	}
	return body, nil
}

// decodeRecord reads what encode wrote, and nothing else.
func decodeRecord(body []byte) (Record, error) {
	var r Record
	if len(body) > maxBody {
		return r, ErrRecord
	}
	d := json.NewDecoder(bytes.NewReader(body))
	d.DisallowUnknownFields()
	if err := d.Decode(&r); err != nil {
		return r, ErrRecord // without the cause, which may quote it
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return r, ErrRecord
	}
	again, err := r.encode()
	if err != nil || !bytes.Equal(again, body) {
		return r, ErrRecord
	}
	return r, nil
}
