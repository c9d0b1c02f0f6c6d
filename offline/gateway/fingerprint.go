package gateway

import (
	"context"
	"errors"
	"fmt"

	"zhizhu/offline/seal"
)

// ErrKeys says that the directory's keys are not those of the store: what was stored could not be opened by them, and
// terminals would be sent to and fro between gateways that sign differently.
var ErrKeys = errors.New("the keys in this directory are not those with which this store was begun: " +
	"copy ca.pem, ca.key, seal.key, ack.key and code.key from the first gateway's directory, or from its backup")

// CheckKeys compares the directory's keys with the store's. Serve does so, too.
func (g *Gateway) CheckKeys(ctx context.Context) error {
	own := seal.Digest([]byte("zhizhu-keys-1\n" + g.keys.seal.Public().Hex() + "\n" + g.keys.ack.Public().Hex() + "\n" +
		g.ca.Fingerprint() + "\n" + seal.Digest(g.keys.code) + "\n"))
	kept, err := g.store.KeepFingerprint(ctx, own)
	switch {
	case err != nil:
		return fmt.Errorf("check keys: %w", err)
	case kept != own:
		return fmt.Errorf("check keys: %w", ErrKeys)
	}
	return nil
}
