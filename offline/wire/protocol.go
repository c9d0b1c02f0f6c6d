package wire

import "time"

// Header names and media types.
const (
	HeaderDigest   = "Content-Digest" // sm3=:<base64>: over the body (RFC 9530 form)
	HeaderReceipt  = "X-Receipt"      // base64 SM2 signature over Ack.Signed()
	HeaderTerminal = "X-Terminal"     // terminal id, must equal the certificate's common name (a packet may be bound to an earlier id of the same station)
	TypePacket     = "application/vnd.zhizhu.packet"
	TypeJSON       = "application/json"
)

// Lanes are the kinds of records that go up, by priority.
const (
	LaneRatings = "ratings"
	LaneMatters = "matters"
	LaneEvents  = "events"
)

// Path returns the path of a record.
func Path(lane, id string) string { return "/v1/" + lane + "/" + id }

// Paths of the other calls.
const (
	PathEnrol  = "/v1/enrol"
	PathTime   = "/v1/time"
	PathHealth = "/healthz"

	PathMailbox   = "/v1/mailbox"   // GET, ?after=N: Mail
	PathHeartbeat = "/v1/heartbeat" // PUT: Heartbeat, 204
	PathRenew     = "/v1/renew"     // POST over the terminal's certificate: Renewal -> Enrolled
)

// Ack is the gateway's word that it has a record, on disk. It counts only with a signature that verifies.
type Ack struct {
	ID       string    `json:"id"`
	Digest   string    `json:"digest"` // SM3 of the packet, hex
	StoredAt time.Time `json:"stored_at"`
	Again    bool      `json:"again"` // the record was there already
}

// Signed returns the bytes that the X-Receipt signature covers. Again is not part of it.
func (a Ack) Signed() []byte {
	return []byte("zhizhu-ack-1\n" + a.ID + "\n" + a.Digest + "\n" + a.StoredAt.UTC().Format(time.RFC3339Nano) + "\n")
}

// Problem is the body of every refusal (RFC 9457).
type Problem struct {
	Type   string `json:"type"` // ProblemXxx
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
}

// Types of problems.
const (
	ProblemDigest   = "urn:zhizhu:digest-mismatch"   // 400: body damaged on the way
	ProblemConflict = "urn:zhizhu:id-conflict"       // 409: same id, other digest
	ProblemPacket   = "urn:zhizhu:packet-unreadable" // 422
	ProblemTooLarge = "urn:zhizhu:too-large"         // 413
	ProblemIdentity = "urn:zhizhu:identity"          // 401, 403: certificate unknown or not for this terminal
	ProblemCode     = "urn:zhizhu:code"              // 403: enrolment code unknown, used or expired
	ProblemStation  = "urn:zhizhu:station"           // 403: enrolment code is for another station; it isn't used up
	ProblemOffset   = "urn:zhizhu:offset"            // 409: Upload-Offset is not how much is there
	ProblemStorage  = "urn:zhizhu:storage"           // 503: can't store now
)

// Enrolment asks for a terminal's certificate with a one-time code.
type Enrolment struct {
	Code    string `json:"code"`
	CSR     string `json:"csr"`      // PEM, ECDSA P-256
	SignKey string `json:"sign_key"` // the terminal's SM2 public key, hex of the uncompressed point
	// PostKey is the SM2 public key to which letters are sealed, likewise. Signing and sealing have keys of their own.
	PostKey string `json:"post_key"`
	// Station is the one that the machine is set up for, or empty: a code for another one is refused, not used up.
	Station string `json:"station,omitempty"`
}

// Renewal asks for a new certificate of a terminal that has one.
type Renewal struct {
	CSR     string `json:"csr"`                // PEM, ECDSA P-256; the same key or a new one
	PostKey string `json:"post_key,omitempty"` // where the terminal has made one since its enrolment
}

// Enrolled is the answer to an Enrolment.
type Enrolled struct {
	Terminal    string `json:"terminal"`    // e.g. MX0427-1
	Station     string `json:"station"`     // station code the code was made for
	Certificate string `json:"certificate"` // PEM
	SealKey     string `json:"seal_key"`    // gateway's SM2 public key for packets, hex of the uncompressed point
	AckKey      string `json:"ack_key"`     // gateway's SM2 public key for acknowledgements, likewise
}
