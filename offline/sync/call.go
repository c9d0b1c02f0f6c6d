package sync

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"zhizhu/offline/identity"
	"zhizhu/offline/outbox"
	"zhizhu/offline/wire"
)

// maxAnswer is more than any answer of a gateway has, in bytes.
const maxAnswer = 64 << 10

// caller makes single calls. It keeps nothing but the client.
type caller struct {
	o      Options
	base   string
	client atomic.Pointer[http.Client]
}

func newCaller(o Options, base string) *caller {
	c := &caller{o: o, base: base}
	c.client.Store(newClient(o))
	return c
}

// reconnect lets every call from now on go over a new connection.
func (c *caller) reconnect() {
	c.client.Swap(newClient(c.o)).CloseIdleConnections()
}

// answer is what came back of one call.
type answer struct {
	status int
	header http.Header
	body   []byte
	offset time.Duration // gateway's time minus ours
	dated  bool          // offset is known
}

// upload sends one record and returns the proof that the gateway has it, or what is wrong.
func (c *caller) upload(ctx context.Context, w outbox.Waiting) (outbox.Proof, answer, *fault) {
	if w.Damaged {
		return outbox.Proof{}, answer{}, damaged()
	}
	// What was sealed under an earlier name of this terminal goes, too: the gateway takes what is bound to any terminal of
	// the station, and refuses the rest one by one.
	header := c.named()
	header.Set("Content-Type", wire.TypePacket)
	header.Set(wire.HeaderDigest, contentDigest(w.Digest))
	a, f := c.call(ctx, http.MethodPut, wire.Path(w.WireLane, w.ID), header, w.Packet)
	if f != nil {
		return outbox.Proof{}, a, f
	}
	if a.status != http.StatusOK && a.status != http.StatusCreated {
		return outbox.Proof{}, a, statusFault(a.status, a.header, a.body, c.o.Now())
	}
	proof, err := c.verify(w.ID, w.Digest, a)
	if err != nil {
		detail := fmt.Sprintf("status %d without the gateway's signature", a.status)
		return outbox.Proof{}, a, &fault{reason: Portal, detail: detail}
	}
	return proof, a, nil
}

func (c *caller) verify(id, digest string, a answer) (outbox.Proof, error) {
	signature, err := base64.StdEncoding.DecodeString(a.header.Get(wire.HeaderReceipt))
	if err != nil {
		return outbox.Proof{}, fmt.Errorf("read receipt: %w", err)
	}
	var ack wire.Ack
	if err := json.Unmarshal(a.body, &ack); err != nil {
		return outbox.Proof{}, fmt.Errorf("read acknowledgement: %w", err)
	}
	return c.o.Outbox.Verify(id, digest, ack, signature)
}

// probe asks whether the gateway is there.
func (c *caller) probe(ctx context.Context) (answer, *fault) {
	a, f := c.call(ctx, http.MethodGet, wire.PathHealth, http.Header{}, nil)
	if f == nil && a.status != http.StatusNoContent {
		f = statusFault(a.status, a.header, a.body, c.o.Now())
	}
	if f != nil && f.expiry != nil {
		return c.dateProbe(ctx, f)
	}
	return a, f
}

// dateProbe finds out whose fault an expired certificate is: it takes the server's word for the time, after checking
// everything of its certificate but the dates. Nothing but the question is sent.
func (c *caller) dateProbe(ctx context.Context, expired *fault) (answer, *fault) {
	within := expired.expiry.NotBefore.Add(expired.expiry.NotAfter.Sub(expired.expiry.NotBefore) / 2)
	client := identity.NewClient(identity.ClientOptions{
		CA: c.o.Identity.CA, Now: func() time.Time { return within }, Dial: c.o.Dial, Timeout: c.o.Timeout,
	})
	defer client.CloseIdleConnections()
	timeless := &caller{o: c.o, base: c.base}
	timeless.client.Store(client)
	a, f := timeless.call(ctx, http.MethodGet, wire.PathHealth, http.Header{}, nil)
	if f != nil || !a.dated {
		return a, expired
	}
	there := c.o.Now().Add(a.offset)
	if there.After(expired.expiry.NotBefore) && there.Before(expired.expiry.NotAfter) {
		return a, &fault{reason: Clock, detail: "this machine's clock is off by " + (-a.offset).Round(time.Second).String()}
	}
	return a, expired
}

// call asks for an ordinary answer.
func (c *caller) call(ctx context.Context, method, path string, header http.Header, body []byte) (answer, *fault) {
	return c.do(ctx, question{method: method, path: path, header: header, body: body, limit: maxAnswer})
}

// question is one request.
type question struct {
	method, path string
	header       http.Header
	body         []byte
	limit        int64 // bytes of the answer
	patient      bool  // the answer may be large, and the line poor
}

// do asks one question and reads the whole answer.
func (c *caller) do(ctx context.Context, q question) (answer, *fault) {
	req, err := http.NewRequestWithContext(ctx, q.method, c.base+q.path, bytes.NewReader(q.body))
	if err != nil {
		return answer{}, &fault{reason: Unreachable, detail: "gateway's URL can't be used"}
	}
	req.Header = q.header
	client := c.client.Load()
	if q.patient {
		patient := *client
		patient.Timeout = mailTime
		client = &patient
	}
	start := c.o.Now()
	resp, err := client.Do(req)
	if err != nil {
		return answer{}, transportFault(err)
	}
	end := c.o.Now()
	defer func() { _ = resp.Body.Close() }() // read to its end below
	a := answer{status: resp.StatusCode, header: resp.Header}
	if a.body, err = io.ReadAll(io.LimitReader(resp.Body, q.limit)); err != nil {
		return answer{}, transportFault(err)
	}
	if there, err := http.ParseTime(resp.Header.Get("Date")); err == nil {
		// The header has whole seconds, cut off; the answer was made about half way.
		a.offset, a.dated = there.Add(500*time.Millisecond).Sub(start.Add(end.Sub(start)/2)), true
	}
	return a, nil
}

func contentDigest(digest string) string {
	raw, err := hex.DecodeString(digest)
	if err != nil {
		return ""
	}
	return "sm3=:" + base64.StdEncoding.EncodeToString(raw) + ":"
}

// newClient makes the client of normal calls. No time before the program was built, or the terminal's own certificate
// was made, is believed.
func newClient(o Options) *http.Client {
	floor := o.Built
	if leaf := o.Identity.Current().Leaf; leaf != nil && leaf.NotBefore.After(floor) {
		floor = leaf.NotBefore
	}
	return identity.NewClient(identity.ClientOptions{
		CA: o.Identity.CA, Current: o.Identity.Current, Now: o.Now, Floor: floor, Dial: o.Dial, Timeout: o.Timeout,
	})
}
