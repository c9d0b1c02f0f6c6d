package gateway

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"zhizhu/offline/gateway/adapter"
	"zhizhu/offline/gateway/store"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

// errIncomplete says that an attachment of a matter is not there yet.
var errIncomplete = errors.New("waits for its attachments")

// makeCase opens a record with everything that belongs to it. What can't be opened is refused: no later try will be
// able to, but a restored key may.
func (g *Gateway) makeCase(ctx context.Context, r store.Record) (adapter.Case, error) {
	_, plain, err := seal.OpenPacket(g.keys.seal, r.Packet)
	if err != nil {
		return adapter.Case{}, adapter.Refuse("the packet does not open with this gateway's key")
	}
	c := adapter.Case{
		Lane: r.Lane, ID: r.ID, Terminal: r.Terminal, Digest: r.Digest, StoredAt: r.StoredAt, Content: plain,
	}
	if r.Lane != wire.LaneMatters {
		return c, nil
	}
	var m wire.Matter
	if err := json.Unmarshal(plain, &m); err != nil {
		return adapter.Case{}, adapter.Refuse("the packet does not hold a matter")
	}
	for i, a := range m.Attachments {
		data, err := g.attachment(ctx, a.Blob)
		if err != nil {
			return adapter.Case{}, fmt.Errorf("attachment %d of %d: %w", i+1, len(m.Attachments), err)
		}
		c.Attachments = append(c.Attachments, adapter.Attachment{
			Material: a.Material, Name: a.Name, Media: a.Media, SM3: seal.Digest(data), Data: data,
		})
	}
	return c, nil
}

// attachment opens a blob that is whole.
func (g *Gateway) attachment(ctx context.Context, digest string) ([]byte, error) {
	_, _, whole, err := g.store.BlobState(ctx, digest)
	switch {
	case errors.Is(err, store.ErrNotFound), err == nil && !whole:
		return nil, errIncomplete
	case err != nil:
		return nil, err
	}
	packet, err := g.store.Blob(ctx, digest)
	switch {
	case errors.Is(err, store.ErrPurged):
		return nil, adapter.Refuse("its content was purged")
	case err != nil:
		return nil, err
	}
	_, data, err := seal.OpenPacket(g.keys.seal, packet)
	if err != nil {
		return nil, adapter.Refuse("it does not open with this gateway's key")
	}
	return data, nil
}
