package system

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	crand "crypto/rand"

	"zhizhu/app/health"
	"zhizhu/app/kiosk"
	"zhizhu/app/pilot"
	"zhizhu/app/visit"
	"zhizhu/devices"
	"zhizhu/offline/gateway"
)

// victimEnv names the folder of a kiosk that runs in a child process, to be killed.
const victimEnv = "ZHIZHU_TEST_VICTIM"

// victimConfig is what a victim reads from its folder.
const victimConfig = "victim.json"

// victim runs a terminal on simulated devices. Asked for a visit, it serves one and says the number as soon as the
// page says 已收到; else it only carries what waits.
func victim(ctx context.Context, dir string) error {
	raw, err := os.ReadFile(filepath.Join(dir, victimConfig))
	if err != nil {
		return err
	}
	var v struct {
		Upstream UpstreamConfig
		Serve    bool
	}
	if err := json.Unmarshal(raw, &v); err != nil {
		return err
	}
	cfg, err := simConfig(dir)
	if err != nil {
		return err
	}
	cfg.Upstream = v.Upstream
	log := newLog(os.Stderr)
	s, err := startSimulation(ctx, &cfg, dir, filepath.Join(dir, "receipts"), log)
	if err != nil {
		return err
	}
	var window *Headless
	t, err := NewTerminal(ctx, Options{
		Config: cfg, Log: log, Now: chinaNow, Rand: crand.Reader, Dial: s.dial(),
		Screen: func(post func(visit.Event)) kiosk.Screen {
			window = NewHeadless(post)
			return window
		},
		OnView: func(view visit.View) {
			if b, ok := view.Body.(*visit.ReceiptBody); ok {
				_, _ = fmt.Fprintln(os.Stdout, b.Code)
			}
		},
	})
	if err != nil {
		return err
	}
	if v.Serve {
		go func() {
			// Whatever comes of it: the parent waits for a number, and kills.
			_ = t.pulse.await(ctx, func(f health.Facts, r health.Report) bool {
				return r.CanLodge && f.IDCard.State == devices.Ready
			})
			_, err := pilot.New(pilot.Options{Window: window, Devices: s.devices(t), Catalog: t.catalog, Now: time.Now, Log: log}).
				Serve(ctx, "soc-qualify", 5)
			fmt.Fprintln(os.Stderr, "served:", err)
		}()
	}
	return t.Serve(ctx)
}

// TestKilledAfterReceived kills the kiosk with SIGKILL the moment its page says 已收到, with the gateway away; after a
// restart the matter reaches the gateway, once.
func TestKilledAfterReceived(t *testing.T) {
	dir := t.TempDir()
	gw, err := gateway.Open(gateway.Options{Dir: filepath.Join(dir, "upstream"), Now: time.Now, Log: newLog(t.Output())})
	if err != nil {
		t.Fatal(err)
	}
	defer gw.Close()
	address := serveGateway(t, gw, "127.0.0.1:0", func(address string) {
		up := UpstreamConfig{URL: "https://" + address, CA: gw.CAPath()}
		enrolVictim(t, gw, dir, up)
	})
	up := UpstreamConfig{URL: "https://" + address, CA: gw.CAPath()}

	writeVictim(t, dir, up, true)
	child, lines := startVictim(t, dir)
	number := ""
	select {
	case number = <-lines:
	case <-time.After(time.Minute):
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait() // killed
	if number == "" {
		t.Fatal("the victim ended before it took anything in")
	}

	writeVictim(t, dir, up, false)
	serveGateway(t, gw, address, func(string) {
		child, _ := startVictim(t, dir)
		arrived := awaitMatter(t, gw, number)
		if err := child.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = child.Wait() // killed
		if arrived != 1 {
			t.Errorf("the gateway has matter %s %d times, want once", number, arrived)
		}
	})
}

// serveGateway serves on an address while during runs, and returns the address.
func serveGateway(t *testing.T, gw *gateway.Gateway, listen string, during func(address string)) string {
	t.Helper()
	var lc net.ListenConfig
	ln, err := lc.Listen(t.Context(), "tcp", listen)
	if err != nil {
		t.Fatal(err)
	}
	address := ln.Addr().String()
	ctx, cancel := context.WithCancel(t.Context())
	served := make(chan error, 1)
	go func() { served <- gw.Serve(ctx, ln) }()
	during(address)
	cancel()
	if err := <-served; err != nil {
		t.Fatal(err)
	}
	return address
}

func enrolVictim(t *testing.T, gw *gateway.Gateway, dir string, up UpstreamConfig) {
	t.Helper()
	cfg, err := simConfig(dir)
	if err != nil {
		t.Fatal(err)
	}
	cfg.Upstream = up
	code, err := gw.NewCode(t.Context(), cfg.Station.Code)
	if err != nil {
		t.Fatal(err)
	}
	if err := enrol(t.Context(), cfg, code, directDial); err != nil {
		t.Fatal(err)
	}
}

func writeVictim(t *testing.T, dir string, up UpstreamConfig, serve bool) {
	t.Helper()
	raw, err := json.Marshal(map[string]any{"Upstream": up, "Serve": serve})
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, victimConfig), raw, 0o600); err != nil {
		t.Fatal(err)
	}
}

// startVictim starts the child and returns the numbers that it says; the channel closes with its output.
func startVictim(t *testing.T, dir string) (*exec.Cmd, <-chan string) {
	t.Helper()
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), victimEnv+"="+dir)
	child.Stderr = t.Output()
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	lines := make(chan string, 16)
	go func() {
		defer close(lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			lines <- s.Text()
		}
	}()
	return child, lines
}

// awaitMatter waits until a matter is at the gateway and returns how often.
func awaitMatter(t *testing.T, gw *gateway.Gateway, number string) int {
	t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(time.Minute)
	for {
		n := 0
		err := gw.Matters(t.Context(), func(s gateway.Stored) error {
			if s.Number == number {
				n++
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if n > 0 {
			return n
		}
		select {
		case <-tick.C:
		case <-deadline:
			return 0
		}
	}
}
