package probe_test

import (
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/probe"
)

// late says that answers may have come too late, from a device on a busy machine.
func late(err error) bool {
	return devices.KindOf(err) == devices.Silent || devices.KindOf(err) == devices.Garbled
}

func checkOpenAtFindsTheSpeed(t *testing.T) {
	r, l := newRig(t), &log{}
	f := r.finder(l)
	for _, tc := range []struct {
		name, device string
		baud         int
	}{{"a", probe.IDCard, 38400}, {"b", probe.Printer, 57600}, {"c", probe.Scanner, 9600}} {
		serve := reader
		switch tc.device {
		case probe.Printer:
			serve = aPrinter
		case probe.Scanner:
			serve = scanner
		}
		s := r.tty(tc.name, tc.baud, serve)
		for range 2 { // the second time the speed is known
			line, err := f.OpenAt(t.Context(), tc.device, s.Path(), 0)
			for deadline := time.Now().Add(time.Minute); late(err) && time.Now().Before(deadline); {
				line, err = f.OpenAt(t.Context(), tc.device, s.Path(), 0)
			}
			if err != nil || line.Baud() != tc.baud || line.Path() != s.Path() {
				t.Fatalf("%s: got %v, %v", tc.device, line, err)
			}
			r.close(line)
		}
	}
}

func checkOpenAtSaysWhatIsThereInstead(t *testing.T) {
	r, l := newRig(t), &log{}
	f := r.finder(l)
	var all sync.WaitGroup
	for _, tc := range []struct {
		name string
		baud int
		kind devices.Kind
		text string
	}{
		{"dead", 9600, devices.Silent, "silent"},
		{"loop", 0, devices.WrongDevice, "loop-back"},
		{"printer", 115200, devices.WrongDevice, "a printer answers at 115200"},
		{"noise", 0, devices.Garbled, ""},
		{"none", 0, devices.NoPort, "no such"},
	} {
		path := filepath.Join(r.dir, tc.name)
		switch tc.name {
		case "dead":
			r.tty(tc.name, tc.baud, nil)
		case "loop":
			r.tty(tc.name, tc.baud, loopback)
		case "printer":
			r.tty(tc.name, tc.baud, aPrinter)
		case "noise":
			r.tty(tc.name, tc.baud, chatter("\xfe\x00\xfe"))
		}
		all.Go(func() {
			_, err := f.OpenAt(t.Context(), probe.IDCard, path, 0)
			for deadline := time.Now().Add(time.Minute); tc.name == "printer" && late(err) && time.Now().Before(deadline); {
				_, err = f.OpenAt(t.Context(), probe.IDCard, path, 0)
			}
			if devices.KindOf(err) != tc.kind || !strings.Contains(err.Error(), tc.text) {
				t.Errorf("%s: got %v", tc.name, err)
			}
		})
	}
	all.Wait()
}
