package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"testing"

	"zhizhu/offline/gateway"
	"zhizhu/offline/gateway/postgres/pgtest"
)

const (
	kills   = 5
	senders = 4
)

// TestKilledGatewayLosesNothing kills the gateway at random moments under load. Everything acknowledged must be there
// after the last start, everything sent can be sent again, and nothing is there twice.
func TestKilledGatewayLosesNothing(t *testing.T) {
	t.Run("bolt", func(t *testing.T) { testKilled(t, "bolt", func() {}) })
	t.Run("postgres", func(t *testing.T) {
		db := pgtest.New(t)
		testKilled(t, db.DSN(t), func() { // the database crashes as well
			db.Stop(t)
			db.Start(t)
		})
	})
}

// testKilled does so on one engine; between is called while no gateway runs.
func testKilled(t *testing.T, store string, between func()) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	dir := filepath.Join(t.TempDir(), "gateway")
	t.Setenv("ZHIZHU_GATEWAY_STORE", store)
	var m *terminal
	var mu sync.Mutex
	acknowledged := map[string]bool{} // false: sent, but the answer was lost
	unanswered := map[string]packet{}
	for range kills {
		p := mustStart(t, dir)
		if m == nil {
			m = mustEnrol(t, p, dir)
		}
		m.address = p.Address
		moment := 5 + random.IntN(60) // acknowledgements until the kill
		reached := make(chan struct{})
		count := 0
		var all sync.WaitGroup
		for range senders {
			all.Go(func() {
				for {
					sent, err := m.pack("number")
					if err != nil {
						t.Error(err)
						return
					}
					err = m.send(sent)
					mu.Lock()
					acknowledged[sent.id] = err == nil
					if err != nil {
						unanswered[sent.id] = sent
						mu.Unlock()
						return
					}
					if count++; count == moment {
						close(reached)
					}
					mu.Unlock()
				}
			})
		}
		<-reached
		if err := p.end(syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
		all.Wait()
		between()
	}
	p := mustStart(t, dir)
	m.address = p.Address
	kept := countStored(t, dir)
	lost, inDoubt := 0, 0
	for id, acked := range acknowledged {
		switch {
		case acked && kept[id] == 0:
			lost++
		case !acked:
			inDoubt += kept[id]
			if err := m.send(unanswered[id]); err != nil {
				t.Errorf("sent again: %v", err)
			}
		}
	}
	for id, n := range countStored(t, dir) {
		if _, sent := acknowledged[id]; n != 1 || !sent {
			t.Errorf("%s is there %d times", id, n)
		}
	}
	if n := len(countStored(t, dir)); n != len(acknowledged) || lost != 0 {
		t.Errorf("sent %d, stored %d, acknowledged but lost %d", len(acknowledged), n, lost)
	}
	t.Logf("%d kills, %d sent, %d unanswered of which %d were stored", kills, len(acknowledged), len(unanswered), inDoubt)
	if err := p.end(syscall.SIGTERM); err != nil {
		t.Errorf("end: %v", err)
	}
}

func mustStart(t *testing.T, dir string) *process {
	t.Helper()
	// The test binary is the command when it is called by the command's name.
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	link := filepath.Join(t.TempDir(), selfArg)
	if err := os.Symlink(self, link); err != nil {
		t.Fatal(err)
	}
	p, err := startProcess(link, append(os.Environ(), "GORACE=atexit_sleep_ms=0"), dir, "--listen", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = p.end(syscall.SIGKILL) }) // if the test ended early
	return p
}

func mustEnrol(t *testing.T, p *process, dir string) *terminal {
	t.Helper()
	var out, errs bytes.Buffer
	if exit := run(t.Context(), []string{"enrol", "--dir", dir, "--station", "MX0427"}, &out, &errs); exit != exitOK {
		t.Fatalf("enrol: exit %d: %s", exit, errs.String())
	}
	var made struct{ Code string }
	if err := json.Unmarshal(out.Bytes(), &made); err != nil {
		t.Fatal(err)
	}
	m, err := enrol(p.Address, p.CA, made.Code)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// countStored lists what the serving gateway has, by the command.
func countStored(t *testing.T, dir string) map[string]int {
	t.Helper()
	var out, errs bytes.Buffer
	if exit := run(t.Context(), []string{"matters", "--dir", dir, "--json"}, &out, &errs); exit != exitOK {
		t.Fatalf("matters: exit %d: %s", exit, errs.String())
	}
	kept := map[string]int{}
	for line := range bytes.Lines(out.Bytes()) {
		var s gateway.Stored
		if err := json.Unmarshal(line, &s); err != nil || s.Problem != "" {
			t.Fatal(fmt.Errorf("line %s: %w", line, err))
		}
		kept[s.ID]++
	}
	return kept
}
