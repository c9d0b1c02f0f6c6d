package a4_test

import (
	"context"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/a4"
)

// patience is for a loaded machine: nothing here takes longer than a second or two on an idle one.
const patience = 60 * time.Second

var page = a4.Job{Title: "测试页", PDF: a4.TestPage()}

func failed(k devices.Kind) devices.PrintResult {
	return devices.PrintResult{Outcome: devices.PrintFailed, Reason: k}
}

// mute is a scheduler, or a printer, that takes calls and never answers.
func mute(t *testing.T, network, addr string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, addr)
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer func() { _ = c.Close() }()
				_, _ = c.Read(make([]byte, 1))
				for b := make([]byte, 4096); ; {
					if _, err := c.Read(b); err != nil {
						return
					}
				}
			})
		}
	})
	t.Cleanup(func() { _ = l.Close(); all.Wait() })
	return l
}

func socket(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "a4") //nolint:usetesting // a socket's path may have 107 bytes only
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return filepath.Join(dir, "sock")
}

func TestASchedulerThatNeverAnswers(t *testing.T) {
	path := socket(t)
	mute(t, "unix", path)
	before := runtime.NumGoroutine()
	p, err := a4.New(a4.Options{Server: path, Queue: "a4", Now: time.Now, Answer: 50 * time.Millisecond, Finish: 100 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	var told []devices.Status
	err = p.Serve(ctx, func(st devices.Status) { told = append(told, st) })
	if devices.KindOf(err) != devices.Silent || len(told) != 1 || told[0].State != devices.Faulty || told[0].Reason != devices.Silent {
		t.Errorf("served: %v, told %+v", err, told)
	}
	if res := p.Print(ctx, page); res != failed(devices.Silent) {
		t.Errorf("printed: %+v", res)
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for runtime.NumGoroutine() > before {
		select {
		case <-tick.C:
		case <-ctx.Done():
			b := make([]byte, 1<<16)
			t.Fatalf("%d goroutines before, %d after\n%s", before, runtime.NumGoroutine(), b[:runtime.Stack(b, true)])
		}
	}
}

func TestNoScheduler(t *testing.T) {
	p, err := a4.New(a4.Options{Server: socket(t), Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	st, err := p.Look(t.Context())
	if devices.KindOf(err) != devices.NoPort || st.State != devices.Missing || st.Reason != devices.NoPort {
		t.Errorf("%+v, %v", st, err)
	}
	if res := p.Print(t.Context(), page); res != failed(devices.NoPort) {
		t.Errorf("%+v", res)
	}
	if res := p.Print(t.Context(), a4.Job{PDF: []byte("no")}); res != failed(devices.BadDocument) {
		t.Errorf("%+v", res)
	}
}
