package system

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"zhizhu/app/health"
)

// Status is what a terminal says of itself in DATA/status.json, for staff and for `zhizhu status`. It holds no
// personal data.
type Status struct {
	Running      bool           `json:"running"` // found out when it is read: the program that wrote this still serves
	At           time.Time      `json:"at"`
	Started      time.Time      `json:"started"`
	PID          int            `json:"pid"`
	Station      string         `json:"station"`
	Terminal     string         `json:"terminal,omitempty"`
	Catalog      string         `json:"catalog"`
	Items        int            `json:"items"`
	Online       bool           `json:"online"`
	Upstream     string         `json:"upstream"` // reason kind: ok, unreachable, portal, certificate, ...
	Detail       string         `json:"upstream_detail,omitempty"`
	Queued       int            `json:"queued"`
	Oldest       *time.Time     `json:"oldest,omitempty"`
	Acknowledged int            `json:"acknowledged"`
	Quarantined  int            `json:"quarantined"`
	Devices      []DeviceStatus `json:"devices"`
	Findings     []Finding      `json:"findings"`
	HeapBytes    uint64         `json:"heap_bytes"`
	Goroutines   int            `json:"goroutines"`
	Visits       int            `json:"visits"`
}

// DeviceStatus is one device in a Status.
type DeviceStatus struct {
	Name    string `json:"name"`
	State   string `json:"state"`
	Reason  string `json:"reason,omitempty"`
	Port    string `json:"port,omitempty"`
	Model   string `json:"model,omitempty"`
	Dropped int    `json:"dropped"`
}

// Finding is one line for staff.
type Finding struct {
	Subject string `json:"subject"`
	Broken  bool   `json:"broken"`
	Text    string `json:"text"`
	Todo    string `json:"todo,omitempty"`
}

func findings(lines []health.Line) []Finding {
	out := make([]Finding, 0, len(lines))
	for _, l := range lines {
		out = append(out, Finding{l.Subject, l.Severity == health.Broken, l.Text, l.Todo})
	}
	return out
}

const statusFile = "status.json"

// writeStatus replaces the status file in one step. It is a convenience, so it isn't synced to disk.
func writeStatus(dir string, s Status) error {
	data, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return fmt.Errorf("encode status: %w", err)
	}
	tmp := filepath.Join(dir, "."+statusFile)
	if err := os.WriteFile(tmp, append(data, '\n'), 0o644); err != nil {
		return fmt.Errorf("write status: %w", err)
	}
	if err := os.Rename(tmp, filepath.Join(dir, statusFile)); err != nil {
		return fmt.Errorf("write status: %w", err)
	}
	return nil
}

// PrintStatus prints the last status that the terminal of a config file or data folder wrote.
func PrintStatus(config, data string, asJSON bool, out io.Writer) error {
	if data == "" {
		c, err := LoadConfig(config)
		if err != nil {
			return err
		}
		data = c.DataDir
	}
	raw, err := os.ReadFile(filepath.Join(data, statusFile))
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("%s 里还没有状态记录：本机程序还没有运行过", data)
	}
	if err != nil {
		return fmt.Errorf("read status: %w", err)
	}
	var s Status
	if err := json.Unmarshal(raw, &s); err != nil {
		return fmt.Errorf("read status: %w", err)
	}
	s.Running = alive(s.PID) && time.Since(s.At) < 4*statusEvery
	if asJSON {
		enc := json.NewEncoder(out)
		enc.SetIndent("", "  ")
		return enc.Encode(s)
	}
	return s.print(out)
}

// alive reports whether a process is there, whoever owns it.
func alive(pid int) bool {
	err := syscall.Kill(pid, 0)
	return pid > 0 && (err == nil || errors.Is(err, syscall.EPERM))
}

func (s Status) print(out io.Writer) error {
	w := &errWriter{w: out}
	if !s.Running {
		w.printf("注意      本机程序现在没有在运行，或者不能写状态记录；下面是最后一次的记录\n")
	}
	w.printf("记录时间  %s\n站点      %s %s\n目录      %s，%d 项\n", s.At.Format(time.DateTime), s.Station, s.Terminal, s.Catalog, s.Items)
	w.printf("网络      %s %s\n", s.Upstream, s.Detail)
	w.printf("办件      已送达 %d，等待送出 %d，搁置待查 %d\n", s.Acknowledged, s.Queued, s.Quarantined)
	for _, d := range s.Devices {
		w.printf("设备      %s：%s %s %s\n", d.Name, d.State, d.Reason, d.Port)
	}
	for _, f := range s.Findings {
		w.printf("提示      %s：%s %s\n", f.Subject, f.Text, f.Todo)
	}
	return w.err
}

// errWriter remembers the first error of several prints.
type errWriter struct {
	w   io.Writer
	err error
}

func (w *errWriter) printf(format string, args ...any) {
	if w.err == nil {
		_, w.err = fmt.Fprintf(w.w, format, args...)
	}
}
