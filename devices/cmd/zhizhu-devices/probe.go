package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/port"
	"zhizhu/devices/probe"
)

type probeCmd struct {
	Ports  []string      `arg:"" optional:"" name:"port" help:"Ports to ask; all serial ports of the machine where none is named."`
	JSON   bool          `name:"json" help:"Write one JSON object instead of a table."`
	Listen time.Duration `default:"0s" help:"How long to listen on ports that say nothing, at each speed of a scanner: show the scanner a code meanwhile."`
	Root   string        `hidden:"" default:"/" help:"Folder that holds dev and sys."`
}

// Help is kong's.
func (probeCmd) Help() string {
	return "Asks each port which device is there and at which speed, in under 5 s, and prints what to write into the config. " +
		"Ports in use are left alone, and who has them is named. A port that alone says nothing is guessed to be the scanner's (\"sure\": false; commented out in " +
		"the config). Exit code 3: nothing was found for sure."
}

// exitError is an error with an exit code of its own.
type exitError struct {
	code int
	text string
}

func (e *exitError) Error() string { return e.text }

// exitCode is what err ends the program with.
func exitCode(err error) int {
	if e, ok := errors.AsType[*exitError](err); ok {
		return e.code
	}
	return exitFailed
}

// exitNothing says that nothing was found for sure.
const exitNothing = 3

// Run is kong's.
func (c *probeCmd) Run(ctx context.Context, stdout io.Writer) error {
	all := probe.Survey(ctx, c.list(), probe.Options{}, c.Listen)
	if err := ctx.Err(); err != nil {
		return err
	}
	show := writeTable
	if c.JSON {
		show = writeJSON
	}
	if err := show(stdout, all); err != nil {
		return fmt.Errorf("write to stdout: %w", err)
	}
	switch {
	case slices.ContainsFunc(all, func(r probe.Report) bool { return r.Finding.Sure }):
		return nil
	case slices.ContainsFunc(all, func(r probe.Report) bool { return r.Finding.Kind != "" }):
		return &exitError{exitNothing, "no device was found for sure; one was guessed: show the scanner a code and use --listen 10s"}
	}
	return &exitError{exitNothing, "no device was found on any free port"}
}

// list is what to ask: the named ports, with what the machine knows of them.
func (c *probeCmd) list() []probe.Port {
	known := probe.Ports(c.Root)
	if len(c.Ports) == 0 {
		return known
	}
	var out []probe.Port
	for _, path := range c.Ports {
		p := probe.Port{Path: path, TTY: kernelName(path)}
		if real, err := filepath.EvalSymlinks(path); err == nil {
			p.Real, p.TTY = real, kernelName(real)
			if at := slices.IndexFunc(known, func(k probe.Port) bool { return k.Real == real }); at >= 0 {
				p = known[at] // its name in the config is the one that stays
			}
		}
		out = append(out, p)
	}
	return out
}

// kernelName is how a port is named: "ttyUSB0", or the whole path where that alone would say nothing ("/dev/pts/3").
func kernelName(path string) string {
	if name, ok := strings.CutPrefix(path, "/dev/"); ok && strings.HasPrefix(name, "tty") {
		return name
	}
	return path
}

// portReport is a port in JSON.
type portReport struct {
	probe.Port
	probe.Finding
	Error  string `json:"error,omitempty"`
	Holder string `json:"holder,omitempty"`
}

func writeJSON(w io.Writer, all []probe.Report) error {
	out := struct {
		Ports  []portReport `json:"ports"`
		Config string       `json:"config,omitempty"`
	}{Ports: []portReport{}, Config: snippet(all)}
	for _, r := range all {
		p := portReport{Port: r.Port, Finding: r.Finding}
		if r.Err != nil {
			p.Error = devices.KindOf(r.Err).String()
			if errors.Is(r.Err, port.ErrNotSerial) {
				p.Error = "not a serial port"
			}
			if e, ok := errors.AsType[*devices.Error](r.Err); ok {
				p.Holder = e.Holder
			}
		}
		out.Ports = append(out.Ports, p)
	}
	return json.NewEncoder(w).Encode(out)
}

func writeTable(w io.Writer, all []probe.Report) error {
	if len(all) == 0 {
		_, err := fmt.Fprintln(w, "这台机器没有串口。请检查 USB 线和供电。")
		return err
	}
	rows := [][]string{{"端口", "设备", "速率", "型号", "说明"}}
	for _, r := range all {
		baud := ""
		if r.Finding.Baud > 0 {
			baud = strconv.Itoa(r.Finding.Baud)
		}
		rows = append(rows, []string{r.Port.Path, deviceWord(r), baud, r.Finding.Model, remarks(r)})
	}
	if _, err := io.WriteString(w, table(rows)); err != nil {
		return err
	}
	if text := snippet(all); text != "" {
		_, err := fmt.Fprintf(w, "\n写入配置文件：\n\n%s", text)
		return err
	}
	return nil
}

func deviceWord(r probe.Report) string {
	switch {
	case r.Err != nil:
		return "未检测"
	case r.Finding.Kind == probe.IDCard:
		return "身份证阅读器"
	case r.Finding.Kind == probe.Printer:
		return "凭条打印机"
	case r.Finding.Kind == probe.Scanner && r.Finding.Sure:
		return "扫码器"
	case r.Finding.Kind == probe.Scanner:
		return "扫码器（推测）"
	}
	return "未识别"
}

// remarks are what staff should know of a port.
func remarks(r probe.Report) string {
	var out []string
	if r.Err != nil {
		out = append(out, trouble(r.Err))
	}
	for _, n := range r.Finding.Notes {
		out = append(out, noteWords(n))
	}
	if r.Port.TTY != r.Port.Path && r.Port.TTY != filepath.Base(r.Port.Path) {
		out = append(out, "当前为 "+r.Port.TTY)
	}
	if u := r.Port.USB; u.Vendor != "" {
		out = append(out, strings.TrimSpace("USB "+u.Vendor+":"+u.Product+" "+u.Maker+" "+u.Name))
	}
	return strings.Join(out, "；")
}

func noteWords(n probe.Note) string {
	switch n {
	case probe.Echo:
		return "发出的数据原样返回：接了回环头，或线路短接"
	case probe.Noise:
		return "收到无法辨认的数据：设备或速率不在已知范围"
	case probe.Quiet:
		return "没有应答：请检查供电和接线；若是扫码器，可加 --listen 10s 再扫一个码"
	case probe.SelfTest:
		return "安全模块自检失败，需要维修"
	case probe.Unknown:
		return "安全模块未授权，请联系供应商"
	case probe.Guess:
		return "只剩这一个端口，按扫码器处理"
	case probe.ByUSB:
		return "由 USB 厂商识别"
	}
	return string(n)
}

func trouble(err error) string {
	switch devices.KindOf(err) {
	case devices.InUse:
		if e, ok := errors.AsType[*devices.Error](err); ok && e.Holder != "" {
			return "被程序占用：" + e.Holder
		}
		return "被其他程序占用"
	case devices.NoPermission:
		return "没有权限打开：请把当前用户加入 dialout 组后重新登录"
	case devices.NoPort:
		if errors.Is(err, port.ErrNotSerial) {
			return "不是串口"
		}
		return "没有这个端口"
	case devices.HungUp:
		return "检测途中被拔出"
	default:
		return err.Error()
	}
}
