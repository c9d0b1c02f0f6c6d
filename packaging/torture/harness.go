package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	crand "crypto/rand"

	"zhizhu/offline/identity"
)

// station is where it all happens. It is invented.
const station = "MX0427"

// options are what a run is made of.
type options struct {
	kills   int
	seed    uint64
	gateway string // path of the program
	self    string // path of this one
	dir     string // of its own; removed by the caller
	powered bool   // volumes whose power can be cut
	strace  string // path; "" without
	now     func() time.Time
	log     *slog.Logger
	notes   io.Writer // for people
}

// harness is one terminal, one line, one front and one gateway.
type harness struct {
	options
	rng        *rand.Rand
	disk       *volume // the terminal's
	gateDisk   *volume
	line       *line
	front      *front
	ledger     *ledger
	termLog    *os.File
	gateLog    *os.File
	term, gate *process // nil while dead
	address    string   // the gateway's
	starts     uint64
	clock      int64
	eioLog     string // strace's, of the terminal that runs
	base       terminalConfig

	kills, termKills, gateKills, cuts, fills, steps, eio, diedAlone int
}

func (h *harness) termDir() string { return filepath.Join(h.disk.dir, "terminal") }
func (h *harness) gateDir() string { return filepath.Join(h.gateDisk.dir, "gateway") }

// open makes everything and enrols the terminal. Close it, also after an error.
func (h *harness) open(ctx context.Context) (err error) {
	h.rng = rand.New(rand.NewPCG(h.seed, 0)) //nolint:gosec // must be repeatable
	h.ledger = newLedger()
	if h.disk, err = newVolume(ctx, h.dir, "t", 192, h.powered); err != nil {
		return err
	}
	if h.gateDisk, err = newVolume(ctx, h.dir, "g", 384, h.powered); err != nil {
		return err
	}
	if h.termLog, err = os.Create(filepath.Join(h.dir, "terminal.log")); err != nil {
		return err
	}
	if h.gateLog, err = os.Create(filepath.Join(h.dir, "gateway.log")); err != nil {
		return err
	}
	if err := h.startGateway(ctx); err != nil {
		return err
	}
	// The gateway has its server certificate once it has answered.
	id, err := h.enrol(ctx)
	if err != nil {
		return err
	}
	if h.front, err = newFront(ctx, h.gateDir(), h.seed); err != nil {
		return err
	}
	h.front.behind(h.address, id, h.now)
	listen, err := freePort(ctx, h.rng)
	if err != nil {
		return err
	}
	if h.line, err = newLine(listen, h.front.address); err != nil {
		return err
	}
	h.base.Dir, h.base.URL = h.termDir(), "https://"+h.line.address()
	return nil
}

func (h *harness) close() {
	for _, p := range []*process{h.term, h.gate} {
		if p != nil {
			p.kill()
		}
	}
	if h.line != nil {
		h.line.cut()
	}
	if h.front != nil {
		h.front.close()
	}
	for _, v := range []*volume{h.disk, h.gateDisk} {
		if v != nil {
			v.close()
		}
	}
	for _, f := range []*os.File{h.termLog, h.gateLog} {
		if f != nil {
			_ = f.Close() // nothing of it counts any more
		}
	}
}

// enrol registers the terminal as staff would, by the good line.
func (h *harness) enrol(ctx context.Context) (*identity.Identity, error) {
	if err := os.MkdirAll(h.termDir(), 0o700); err != nil {
		return nil, err
	}
	answer, err := exec.CommandContext(ctx, h.gateway, "enrol", "--dir", h.gateDir(), "--station", station).Output()
	if err != nil {
		return nil, fmt.Errorf("get a code: %w", err)
	}
	var code struct {
		Code string `json:"code"`
	}
	if err := json.Unmarshal(answer, &code); err != nil {
		return nil, fmt.Errorf("get a code: %w", err)
	}
	return identity.Enrol(ctx, identity.Options{
		Dir: filepath.Join(h.termDir(), identityDir), URL: "https://" + h.address, CAFile: filepath.Join(h.gateDir(), "ca.pem"),
		Code: code.Code, Station: station, Now: h.now, Rand: crand.Reader,
	})
}

// errNotUp: a gateway did not say where it listens.
var errNotUp = errors.New("gateway does not start")

// startGateway starts the gateway if it is dead.
func (h *harness) startGateway(ctx context.Context) error {
	if h.gate != nil {
		return nil
	}
	p, err := start(h.gateLog, h.gateway, "serve", "--dir", h.gateDir(), "--listen", "127.0.0.1:0", "--rate=-1")
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	var first struct {
		Address string `json:"address"`
	}
	select {
	case text, ok := <-p.lines:
		if !ok || json.Unmarshal([]byte(text), &first) != nil {
			p.kill()
			return errNotUp
		}
	case <-ctx.Done():
		p.kill()
		return errNotUp
	}
	go func() { // whatever else it says
		for range p.lines {
		}
	}()
	h.gate, h.address = p, first.Address
	if h.front != nil {
		h.front.behind(h.address, nil, nil)
	}
	return nil
}

func (h *harness) killGateway() {
	if h.gate != nil {
		h.gate.kill()
		h.gate = nil
	}
}

// startTerminal starts the terminal if it is dead, by itself or under strace.
func (h *harness) startTerminal(failing string, cfg terminalConfig) error {
	if h.term != nil {
		select {
		case <-h.term.gone:
			h.diedAlone++
			h.endTerminal()
		default:
			return nil
		}
	}
	h.starts++
	cfg.Seed, cfg.Clock = h.seed<<20+h.starts, h.clock
	arg, err := json.Marshal(cfg)
	if err != nil {
		return err
	}
	name, args := h.self, []string{"terminal", string(arg)}
	if failing != "" {
		h.eioLog = filepath.Join(h.dir, "strace")
		name, args = h.strace, append([]string{
			"-f", "-qq", "-o", h.eioLog, "-e", "trace=fdatasync", "-e", "signal=none",
			"-e", "inject=fdatasync:error=EIO:when=" + failing, h.self,
		}, args...)
	}
	if h.term, err = start(h.termLog, name, args...); err != nil {
		return err
	}
	p, ledger := h.term, h.ledger
	go func() {
		defer close(p.read)
		for text := range p.lines {
			var m message
			if json.Unmarshal([]byte(text), &m) == nil { // the last one may be torn
				ledger.note(m)
			}
		}
	}()
	return nil
}

func (h *harness) killTerminal() {
	if h.term == nil {
		return
	}
	h.term.kill()
	h.endTerminal()
}

// endTerminal takes down what a terminal that is gone has left to say.
func (h *harness) endTerminal() {
	<-h.term.read
	h.term = nil
	if h.eioLog == "" {
		return
	}
	if text, err := os.ReadFile(h.eioLog); err == nil {
		h.eio += strings.Count(string(text), "(INJECTED)")
	}
	h.eioLog = ""
}

// errDrain: healed, and still something waits.
var errDrain = errors.New("the queue did not drain")

// heal makes everything good again.
func (h *harness) heal(ctx context.Context) error {
	h.killTerminal()
	h.clock = 0
	h.front.beHonest(true)
	err := errors.Join(h.line.heal(), h.disk.empty(), h.gateDisk.empty())
	return errors.Join(err, h.startGateway(ctx))
}

// drain lets the healed terminal send what it has, until nothing waits, then ends both in order.
func (h *harness) drain(ctx context.Context) error {
	cfg := h.base
	cfg.Rest, cfg.NoSync, cfg.Boast = true, false, false
	_, before := h.ledger.now()
	if err := h.startTerminal("", cfg); err != nil {
		return err
	}
	if err := h.awaitEmpty(ctx, before); err != nil {
		return err
	}
	term, gate := h.term, h.gate
	err := term.stop(ctx, nil)
	h.endTerminal()
	h.gate = nil
	return errors.Join(err, gate.stop(ctx, syscall.SIGTERM))
}

// stalled is after how many looks without any progress a queue won't drain any more: 40 s.
const stalled = 40_000 / 60

// awaitEmpty waits until nothing waits and all letters have come down, in states newer than the given one.
func (h *harness) awaitEmpty(ctx context.Context, before int) error {
	var last message
	for quiet, still := 0, 0; quiet < 2; still++ {
		if err := pause(ctx, 60*time.Millisecond); err != nil {
			return err
		}
		state, n := h.ledger.now()
		if still > stalled {
			return fmt.Errorf("%w: %d records wait, %d of %d letters came down, line %s",
				errDrain, state.Waiting, state.Letters, len(h.ledger.letters), state.Line)
		}
		if n == before {
			continue
		}
		before = n
		if state.Waiting != last.Waiting || state.Letters != last.Letters {
			still = 0
		}
		last = state
		if quiet++; state.Waiting > 0 || state.Letters < len(h.ledger.letters) {
			quiet = 0
		}
	}
	return nil
}

// freePort finds a port that no outgoing connection takes by chance while the line is down.
func freePort(ctx context.Context, rng *rand.Rand) (string, error) {
	for range 100 {
		address := net.JoinHostPort("127.0.0.1", strconv.Itoa(15_000+rng.IntN(15_000)))
		var lc net.ListenConfig
		if ln, err := lc.Listen(ctx, "tcp", address); err == nil {
			return address, ln.Close()
		}
	}
	return "", errors.New("no free port for the line")
}
