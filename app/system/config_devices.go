package system

import (
	"slices"

	"zhizhu/devices/scanner"
)

// DevicesConfig names the devices. One without a port is missing, and takes away only what needs it.
type DevicesConfig struct {
	IDCard  PortConfig    `yaml:"idcard,omitempty"`
	Printer PrinterConfig `yaml:"printer,omitempty"`
	Scanner ScannerConfig `yaml:"scanner,omitempty"`
	A4      A4Config      `yaml:"a4,omitempty"`
	Camera  CameraConfig  `yaml:"document_camera,omitempty"`
}

// PortConfig is one serial line.
type PortConfig struct {
	// Port is best a name of /dev/serial/by-id or by-path. "auto" searches all ports that no other device has.
	Port string `yaml:"port,omitempty"`
	Baud int    `yaml:"baud,omitempty"` // 0: found out
}

// PrinterConfig is the receipt printer.
type PrinterConfig struct {
	PortConfig `yaml:",inline"`
	Dots       int  `yaml:"dots,omitempty"` // printable width: 576 (0), 512 or 384
	NativeQR   bool `yaml:"native_qr,omitempty"`
}

// ScannerConfig is the scanner: one on a serial line, or with port "camera:/dev/video0" a camera. "folder:/path" reads
// pictures, for tests and training.
type ScannerConfig struct {
	PortConfig `yaml:",inline"`
	Profile    string `yaml:"profile,omitempty"` // how a serial one is triggered; "" is plain: never spoken to
}

// A4Config is a printer of the machine's CUPS, for results.
type A4Config struct {
	Queue  string `yaml:"queue,omitempty"`  // "default" is CUPS's own default; "" means that there is no such printer
	Server string `yaml:"server,omitempty"` // socket or address; "" is /run/cups/cups.sock
}

// CameraConfig is the document camera: "/dev/video2", or "folder:/path" for tests and training.
type CameraConfig struct {
	Source string `yaml:"source,omitempty"`
}

// bauds are the speeds that serial lines have.
var bauds = []int{
	300, 600, 1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 500000, 576000, 921600,
	1000000, 1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000,
}

// check returns what is wrong with the devices.
func (d DevicesConfig) check(wrong func(at []any, format string, args ...any)) {
	ports := []struct {
		name string
		PortConfig
	}{{"idcard", d.IDCard}, {"printer", d.Printer.PortConfig}, {"scanner", d.Scanner.PortConfig}}
	taken := map[string]string{}
	for _, p := range ports {
		if p.Baud != 0 && !slices.Contains(bauds, p.Baud) {
			wrong([]any{"devices", p.name, "baud"}, "devices.%s.baud %d 不对：常见的是 9600 或 115200；不写会自动找", p.name, p.Baud)
		}
		if other := taken[p.Port]; other != "" {
			wrong([]any{"devices", p.name, "port"}, "devices.%s.port 和 devices.%s.port 写了同一个端口：一个端口只能接一个设备，可以都写 auto", p.name, other)
		}
		if p.Port != "" && p.Port != autoPort {
			taken[p.Port] = p.name
		}
		if _, _, special := pictures(p.Port); special && p.name != "scanner" {
			wrong([]any{"devices", p.name, "port"}, "devices.%s.port %q 不对：只有扫码器可以用摄像头；请写串口，或写 auto 自动找", p.name, p.Port)
		}
	}
	d.checkKinds(wrong)
}

// checkKinds returns what is wrong with what only one kind of device has.
func (d DevicesConfig) checkKinds(wrong func(at []any, format string, args ...any)) {
	if w := d.Printer.Dots; w != 0 && w != 576 && w != 512 && w != 384 {
		wrong([]any{"devices", "printer", "dots"}, "devices.printer.dots %d 不对：80 毫米纸写 576（少数机型 512），58 毫米纸写 384", w)
	}
	if _, err := scanner.Profile(d.Scanner.Profile); err != nil {
		wrong([]any{"devices", "scanner", "profile"}, "devices.scanner.profile %q 不对：%v", d.Scanner.Profile, err)
	}
	if d.A4.Server != "" && d.A4.Queue == "" {
		wrong([]any{"devices", "a4", "queue"}, "devices.a4.queue 没有写：请写打印队列的名字，或写 default 用系统默认的")
	}
}
