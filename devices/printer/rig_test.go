package printer_test

import (
	"context"
	"errors"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/port"
	"zhizhu/devices/printer"
	"zhizhu/devices/sim"
	"zhizhu/devices/sim/paper"
)

// rig is a driver on one end of a pty and a simulated printer on the other.
type rig struct {
	t        testing.TB
	tty      *sim.TTY
	sim      *sim.Printer
	driver   *printer.Printer
	receipts chan []byte
	status   chan devices.Status
	served   chan error
	log      *slog.Logger
	last     devices.Status
}

type rigOptions struct {
	baud   int
	sim    sim.PrinterOptions
	driver printer.Options
}

func sampleFont(t testing.TB) []byte {
	t.Helper()
	b, err := os.ReadFile("testdata/sample.otf")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func newRig(t testing.TB, o rigOptions) *rig {
	t.Helper()
	if o.baud == 0 {
		o.baud = 115200
	}
	tty, err := sim.OpenTTY("", o.baud)
	if err != nil {
		t.Fatal(err)
	}
	r := &rig{
		t: t, tty: tty, receipts: make(chan []byte, 16), status: make(chan devices.Status, 256),
		log: slog.New(slog.DiscardHandler),
	}
	o.sim.TTY, o.sim.Log = tty, r.log
	o.sim.OnReceipt = func(b []byte) { r.receipts <- b }
	r.sim = sim.NewPrinter(o.sim)
	o.driver.Log, o.driver.Now = r.log, time.Now
	if o.driver.Font == nil {
		o.driver.Font = sampleFont(t)
	}
	if o.driver.Poll == 0 {
		o.driver.Poll = 200 * time.Millisecond
	}
	if r.driver, err = printer.New(o.driver); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { _ = r.sim.Serve(ctx) })
	t.Cleanup(func() {
		cancel()
		wg.Wait()
		_ = tty.Close()
	})
	r.plug()
	return r
}

// plug opens the port and serves the driver on it.
func (r *rig) plug() {
	r.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p, err := port.Open(ctx, port.Config{Path: r.tty.Path(), Baud: r.tty.Baud(), Device: "printer", Log: r.log})
	if err != nil {
		cancel()
		r.t.Fatal(err)
	}
	served := make(chan error, 1)
	go func() {
		err := r.driver.Serve(ctx, p, func(s devices.Status) { r.status <- s })
		_ = p.Close()
		served <- err
		close(served)
	}()
	r.served = served
	r.t.Cleanup(func() {
		cancel()
		for range served { // until it is closed: the driver has stopped
		}
	})
}

// await returns the first status from now on for which ok holds.
func (r *rig) await(what string, ok func(devices.Status) bool) devices.Status {
	r.t.Helper()
	limit := time.After(10 * time.Second)
	if ok(r.last) {
		return r.last
	}
	for {
		select {
		case r.last = <-r.status:
			if ok(r.last) {
				return r.last
			}
		case <-limit:
			r.t.Fatalf("no status %s came; the last was %+v", what, r.last)
		}
	}
}

func ready(s devices.Status) bool { return s.State == devices.Ready }

func reason(k devices.Kind) func(devices.Status) bool {
	return func(s devices.Status) bool { return s.State == devices.Faulty && s.Reason == k }
}

// print prints with a deadline that nothing should reach.
func (r *rig) print(doc devices.Document) devices.PrintResult {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 60*time.Second)
	defer cancel()
	return r.driver.Print(ctx, doc)
}

func (r *rig) receipt() []byte {
	r.t.Helper()
	select {
	case b := <-r.receipts:
		return b
	case <-time.After(20 * time.Second):
		r.t.Fatal("no receipt came out")
		return nil
	}
}

// sound fails the test if the printer saw a byte that it doesn't know, or lost one.
func (r *rig) sound() {
	r.t.Helper()
	if err := errors.Join(r.sim.Unknown()...); err != nil {
		r.t.Errorf("unknown commands: %v", err)
	}
	if n := r.sim.Lost(); n > 0 {
		r.t.Errorf("%d bytes found the buffer full", n)
	}
}

const number = "441403-20250601-0007-3"

// receiptFor is a receipt like the kiosk's, with a rare character in the name.
func receiptFor(name, code string) devices.Document {
	return devices.Document{Title: "test", Blocks: []devices.Block{
		{Text: "便民服务站", Size: 2, Bold: true, Align: devices.Centre},
		{Text: "收件凭证", Size: 2, Bold: true, Align: devices.Centre},
		{Text: "（不是受理决定）", Align: devices.Centre},
		{Kind: devices.RuleBlock},
		{Kind: devices.PairBlock, Label: "办件编号", Text: code, Bold: true},
		{Kind: devices.PairBlock, Label: "事项", Text: "社会保险待遇领取资格认证"},
		{Kind: devices.PairBlock, Label: "申请人", Text: name},
		{Kind: devices.PairBlock, Label: "时间", Text: "2025-06-01 09:30"},
		{Kind: devices.PairBlock, Label: "服务站", Text: "广东省梅州市梅江区甲乙镇丙丁村便民服务站"},
		{Kind: devices.RuleBlock},
		{Text: "请您妥善保管此凭证。十个工作日内短信通知结果；如有疑问，请拨打电话或到窗口咨询。"},
		{Kind: devices.CodeBlock, Text: code},
		{Text: "扫描二维码查询进度", Align: devices.Centre},
		{Kind: devices.FeedBlock, Lines: 1},
		{Text: "本凭证由自助终端打印。谢谢使用！", Align: devices.Centre},
	}}
}

func textOf(t testing.TB, receipt []byte) string {
	t.Helper()
	all, err := paper.Receipts(receipt)
	if err != nil {
		t.Fatal(err)
	}
	if len(all) != 1 {
		t.Fatalf("%d receipts in one", len(all))
	}
	return all[0].Text()
}

func codeOf(t testing.TB, receipt []byte) string {
	t.Helper()
	all, err := paper.Receipts(receipt)
	if err != nil {
		t.Fatal(err)
	}
	s, err := paper.ReadCode(all[len(all)-1].Picture(nil, 0))
	if err != nil {
		t.Fatal(err)
	}
	return s
}
