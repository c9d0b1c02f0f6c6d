package probe

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Port is a serial port of the machine.
type Port struct {
	// Path is what to write into the config: a name that stays while the device stays in its socket (by-path), or goes
	// with the device (by-id), or the kernel's name where there is neither.
	Path string `json:"path"`
	// TTY is the kernel's name, "ttyUSB0", which may be another one after the next start; the whole path of a port that
	// was named and isn't called so ("/dev/pts/3").
	TTY  string `json:"tty"`
	Real string `json:"-"`   // path without links
	USB  USB    `json:"usb"` // zero for what is no USB device
}

// USB is what an adapter, or a device that is its own adapter, says of itself.
type USB struct {
	Vendor    string `json:"vendor,omitempty"`  // four hexadecimal digits
	Product   string `json:"product,omitempty"` // four hexadecimal digits
	Serial    string `json:"serial,omitempty"`
	Maker     string `json:"maker,omitempty"`
	Name      string `json:"name,omitempty"`
	Interface string `json:"interface,omitempty"` // of a device with several ports: which
}

// same says whether a place is still the same: what answers there need not be searched for anew.
func (p Port) same(q Port) bool { return p.Path == q.Path && p.USB == q.USB }

// prefixes are the kernel's names of serial ports: USB adapters, modems' class devices, UARTs of PCs and boards.
func prefixes() []string {
	return []string{"ttyUSB", "ttyACM", "ttyXRUSB", "ttyCH343USB", "ttyCH9344USB", "ttyS", "ttyAMA", "ttymxc", "ttyTHS", "ttyFIQ"}
}

// Ports lists the serial ports of the machine whose file system lies at root ("/"), sorted by path, each once. UARTs
// that a PC only has room for, and the kernel's console, are left out.
func Ports(root string) []Port {
	t := tree{root: root, byID: map[string]string{}, byPath: map[string]string{}}
	t.links("by-path", t.byPath)
	t.links("by-id", t.byID)
	found := map[string]Port{} // by real path
	for _, name := range t.names() {
		path := filepath.Join(root, "dev", name)
		real, err := filepath.EvalSymlinks(path)
		if err != nil || !t.real(name) {
			continue
		}
		if _, twice := found[real]; !twice {
			found[real] = Port{Path: path, TTY: name, Real: real, USB: t.usb(name)}
		}
	}
	twins := map[USB]int{}
	for _, p := range found {
		twins[p.USB]++
	}
	var out []Port
	for real, p := range found {
		id, socket := t.byID[real], t.byPath[real]
		switch {
		// Cheap adapters have no number of their own: two of a kind fight for one name, and who wins is chance.
		case id != "" && (p.USB == USB{} || twins[p.USB] == 1):
			p.Path = id
		case socket != "":
			p.Path = socket
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b Port) int { return strings.Compare(a.Path, b.Path) })
	return out
}

// tree is a file system as the kernel and udev lay it out.
type tree struct {
	root         string
	byID, byPath map[string]string // real path to link
}

// links collects /dev/serial/<dir>; of several links to one port the first in order stays.
func (t tree) links(dir string, into map[string]string) {
	dir = filepath.Join(t.root, "dev/serial", dir)
	entries, _ := os.ReadDir(dir) // none where udev made none
	for _, e := range entries {
		link := filepath.Join(dir, e.Name())
		real, err := filepath.EvalSymlinks(link)
		if _, taken := into[real]; err == nil && !taken {
			into[real] = link
		}
	}
}

// names are the entries of /dev that are named like serial ports, in order.
func (t tree) names() []string {
	entries, _ := os.ReadDir(filepath.Join(t.root, "dev"))
	var out []string
	for _, e := range entries {
		if slices.ContainsFunc(prefixes(), func(p string) bool { return numbered(e.Name(), p) }) {
			out = append(out, e.Name())
		}
	}
	return out
}

// numbered says whether name is prefix and a number.
func numbered(name, prefix string) bool {
	n, ok := strings.CutPrefix(name, prefix)
	return ok && n != "" && strings.Trim(n, "0123456789") == ""
}

// real says whether there is hardware behind a name: a PC has names for UARTs that it has not.
func (t tree) real(name string) bool {
	if slices.Contains(strings.Fields(t.read("sys/class/tty/console/active")), name) {
		return false // the kernel and a login write there
	}
	if !numbered(name, "ttyS") {
		return true
	}
	kind := t.read("sys/class/tty", name, "type")
	return kind != "" && kind != "0"
}

func (t tree) read(path ...string) string {
	b, err := os.ReadFile(filepath.Join(append([]string{t.root}, path...)...))
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

// usb goes up from a tty's device to the USB device that it is part of.
func (t tree) usb(name string) USB {
	dir, err := filepath.EvalSymlinks(filepath.Join(t.root, "sys/class/tty", name, "device"))
	if err != nil {
		return USB{}
	}
	top, err := filepath.EvalSymlinks(t.root)
	if err != nil {
		return USB{}
	}
	get := func(file string) string {
		b, err := os.ReadFile(filepath.Join(dir, file))
		if err != nil {
			return ""
		}
		return strings.TrimSpace(string(b))
	}
	which := get("port_number")
	for ; len(dir) > len(top); dir = filepath.Dir(dir) {
		if n := get("bInterfaceNumber"); n != "" {
			which = n + which
		}
		if v := get("idVendor"); v != "" {
			return USB{
				Vendor: v, Product: get("idProduct"), Serial: get("serial"),
				Maker: get("manufacturer"), Name: get("product"), Interface: which,
			}
		}
	}
	return USB{}
}
