package probe_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"zhizhu/devices/probe"
)

// files is a file system as the kernel and udev lay it out. A value is a file's text, or "-> target" for a link.
type files map[string]string

func (f files) lay(t *testing.T) string {
	t.Helper()
	root := t.TempDir()
	for name, text := range f {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		var err error
		if target, link := cutLink(text); link {
			err = os.Symlink(target, path)
		} else {
			err = os.WriteFile(path, []byte(text+"\n"), 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func cutLink(text string) (string, bool) {
	if len(text) > 3 && text[:3] == "-> " {
		return text[3:], true
	}
	return "", false
}

// adapter adds a USB adapter with one port.
func (f files) adapter(tty, socket, vendor, product, serial string) {
	dev := "sys/devices/pci0000:00/usb1/" + socket
	f["dev/"+tty] = ""
	f["dev/serial/by-path/pci-0000:00-usb-0:"+socket+":1.0-port0"] = "-> ../../" + tty
	f["dev/serial/by-path/pci-0000:00-usbv2-0:"+socket+":1.0-port0"] = "-> ../../" + tty
	f["sys/class/tty/"+tty+"/device"] = "-> ../../../devices/pci0000:00/usb1/" + socket + "/" + socket + ":1.0/" + tty
	f[dev+"/"+socket+":1.0/"+tty+"/port_number"] = "0"
	f[dev+"/"+socket+":1.0/bInterfaceNumber"] = "00"
	f[dev+"/idVendor"], f[dev+"/idProduct"] = vendor, product
	f[dev+"/product"], f[dev+"/manufacturer"] = "USB Serial", "maker"
	if serial != "" {
		f[dev+"/serial"] = serial
	}
}

func TestPorts(t *testing.T) {
	f := files{
		"dev/ttyS0": "", "sys/class/tty/ttyS0/type": "4",
		"dev/ttyS1": "", "sys/class/tty/ttyS1/type": "0", // room for a UART, and none there
		"dev/ttyS2": "", // nobody knows of it
		"dev/ttyS3": "", "sys/class/tty/ttyS3/type": "4", "sys/class/tty/console/active": "tty0 ttyS3",
		"dev/ttyAMA0": "", "dev/tty0": "", "dev/ttyUSB": "", "dev/null": "",
		"dev/ttyUSB9":         "-> gone",
		"dev/serial/by-id/no": "-> ../../ttyUSB8",
	}
	f.adapter("ttyUSB0", "1-1", "0403", "6001", "A10K")
	f["dev/serial/by-id/usb-FTDI_A10K-if00-port0"] = "-> ../../ttyUSB0"
	f.adapter("ttyUSB1", "1-2", "1a86", "7523", "") // two of a kind, without numbers: one name for both
	f.adapter("ttyUSB2", "1-3", "1a86", "7523", "")
	f["dev/serial/by-id/usb-1a86_USB_Serial-if00-port0"] = "-> ../../ttyUSB2"
	f.adapter("ttyACM0", "1-4", "1eab", "1d06", "")
	delete(f, "dev/serial/by-path/pci-0000:00-usb-0:1-4:1.0-port0")
	delete(f, "dev/serial/by-path/pci-0000:00-usbv2-0:1-4:1.0-port0")
	root := f.lay(t)
	var got []string
	for _, p := range probe.Ports(root) {
		rel, err := filepath.Rel(filepath.Join(root, "dev"), p.Path)
		if err != nil {
			t.Fatal(err)
		}
		got = append(got, rel+" "+p.TTY+" "+p.USB.Vendor+" "+p.USB.Serial+" "+p.USB.Interface)
	}
	want := []string{
		"serial/by-id/usb-FTDI_A10K-if00-port0 ttyUSB0 0403 A10K 000",
		"serial/by-path/pci-0000:00-usb-0:1-2:1.0-port0 ttyUSB1 1a86  000",
		"serial/by-path/pci-0000:00-usb-0:1-3:1.0-port0 ttyUSB2 1a86  000",
		"ttyACM0 ttyACM0 1eab  000",
		"ttyAMA0 ttyAMA0   ",
		"ttyS0 ttyS0   ",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%q, want\n%q", got, want)
	}
	if got := probe.Ports(t.TempDir()); len(got) != 0 {
		t.Errorf("an empty machine has %v", got)
	}
}

// A whole machine of links to ptys: what is listed is what is asked.
func checkPortsLeadToDevices(t *testing.T) {
	r := newRig(t)
	s := r.tty("pty", 115200, reader)
	real, err := filepath.EvalSymlinks(s.Path())
	if err != nil {
		t.Fatal(err)
	}
	root := files{"dev/ttyUSB0": "-> " + real, "dev/serial/by-id/usb-reader": "-> ../../ttyUSB0"}.lay(t)
	ports := probe.Ports(root)
	if len(ports) != 1 || ports[0].Path != filepath.Join(root, "dev/serial/by-id/usb-reader") || ports[0].Real != real {
		t.Fatalf("got %+v", ports)
	}
	for _, rep := range probe.Survey(t.Context(), ports, probe.Options{}, 0) {
		if rep.Err != nil || rep.Finding.Kind != probe.IDCard && !noted(rep.Finding, probe.Quiet) {
			t.Errorf("got %+v", rep)
		}
	}
}

// What a scanner's own USB port says is enough: it is asked nothing.
func TestAScannersOwnPortTellsIt(t *testing.T) {
	r := newRig(t)
	asked := make(chan struct{}, 1)
	s := r.tty("ttyACM0", 9600, nil)
	go func() {
		if _, err := s.Recv(t.Context(), make([]byte, 1)); err == nil {
			asked <- struct{}{}
		}
	}()
	f, err := probe.Identify(t.Context(), s.Path(), probe.Options{USB: probe.USB{Vendor: "1eab", Name: "NLS-FM430"}})
	if err != nil || f.Kind != probe.Scanner || !f.Sure || f.Model != "NLS-FM430" || !noted(f, probe.ByUSB) {
		t.Errorf("got %+v, %v", f, err)
	}
	select {
	case <-asked:
		t.Error("it was asked")
	default:
	}
	_ = s.Close()
}
