package system

import (
	"context"
	"net"
	"sync"
	"syscall"
)

// Link is the simulated network cable between the terminal and the local gateway. Pulled out, it breaks every open
// connection and refuses new ones as a kernel without a route does, so that the terminal's real TLS client meets
// the real thing.
type Link struct {
	mu    sync.Mutex
	down  bool
	conns map[*linkConn]struct{}
}

// NewLink returns a link that is up.
func NewLink() *Link { return &Link{conns: make(map[*linkConn]struct{})} }

// Set plugs the cable in or pulls it out.
func (l *Link) Set(up bool) {
	l.mu.Lock()
	l.down = !up
	var cut []*linkConn
	if l.down {
		for c := range l.conns {
			cut = append(cut, c)
		}
		clear(l.conns)
	}
	l.mu.Unlock()
	for _, c := range cut {
		_ = c.Conn.Close() // the far end's reset, as seen from here
	}
}

// Dial connects, or fails with ENETUNREACH while the cable is out.
func (l *Link) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	if l.isDown() {
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ENETUNREACH}
	}
	var d net.Dialer
	conn, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	c := &linkConn{Conn: conn, link: l}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.down { // pulled out while dialling
		_ = conn.Close()
		return nil, &net.OpError{Op: "dial", Net: network, Err: syscall.ENETUNREACH}
	}
	l.conns[c] = struct{}{}
	return c, nil
}

func (l *Link) isDown() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.down
}

type linkConn struct {
	net.Conn
	link *Link
}

func (c *linkConn) Close() error {
	c.link.mu.Lock()
	delete(c.link.conns, c)
	c.link.mu.Unlock()
	return c.Conn.Close()
}
