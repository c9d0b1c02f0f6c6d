package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/a4"
)

// a4Cmd are the A4 printer's field tools.
type a4Cmd struct {
	Status   a4StatusCmd `cmd:"" help:"Tell how the A4 printer is. Exit code 1 means that it can't print."`
	Print    a4PrintCmd  `cmd:"" help:"Print a PDF file and tell what became of it."`
	TestPage a4TestCmd   `cmd:"" name:"test-page" help:"Print a page with rulers of 100 mm, grey steps and fine lines."`
}

// a4Queue says which printer.
type a4Queue struct {
	Queue  string `placeholder:"NAME" help:"CUPS queue; without it the default one. lpstat -e lists them."`
	Server string `default:"/run/cups/cups.sock" help:"CUPS's socket, or its address such as http://localhost:631."`
}

// printer is staff's own: under the program's user, its jobs and theirs would cancel each other.
func (q a4Queue) printer() (*a4.Printer, error) {
	return a4.New(a4.Options{Server: q.Server, Queue: q.Queue, User: "zhizhu-staff", Now: time.Now})
}

var (
	errA4Useless    = errors.New("A4 打印机现在不能打印")
	errA4NotPrinted = errors.New("没有打印")
	errA4Unknown    = errors.New("不能确定有没有打印出来，请看一下打印机")
)

type a4StatusCmd struct {
	a4Queue
	JSON bool `name:"json" help:"One JSON object: state, reason, paper, model."`
}

// Run is kong's.
func (c a4StatusCmd) Run(ctx context.Context, stdout io.Writer) error {
	p, err := c.printer()
	if err != nil {
		return err
	}
	st, err := p.Look(ctx)
	if werr := c.show(stdout, st); werr != nil {
		return fmt.Errorf("write status: %w", werr)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errA4Useless, err)
	}
	if !st.Usable() {
		return errA4Useless
	}
	return nil
}

func (c a4StatusCmd) show(w io.Writer, st devices.Status) error {
	if c.JSON {
		reason := ""
		if st.Reason != devices.OK {
			reason = st.Reason.String()
		}
		return json.NewEncoder(w).Encode(struct {
			State  string `json:"state"`
			Reason string `json:"reason,omitempty"`
			Paper  string `json:"paper"`
			Model  string `json:"model,omitempty"`
		}{a4State(st.State, false), reason, a4Paper(st.Paper, false), st.Model})
	}
	why := a4Reason(st.Reason)
	if why != "" {
		why = "：" + why
	}
	_, err := fmt.Fprintf(w, "状态  %s%s\n纸    %s\n型号  %s\n", a4State(st.State, true), why, a4Paper(st.Paper, true), st.Model)
	return err
}

type a4PrintCmd struct {
	a4Queue
	File   string `arg:"" type:"existingfile" help:"PDF file."`
	Copies int    `default:"1" help:"How many copies."`
	Duplex bool   `help:"Print on both sides."`
}

// Run is kong's.
func (c a4PrintCmd) Run(ctx context.Context, stdout io.Writer) error {
	f, err := os.Open(c.File)
	if err != nil {
		return fmt.Errorf("read file: %w", err)
	}
	defer func() { _ = f.Close() }()
	pdf, err := io.ReadAll(io.LimitReader(f, a4.MaxPDF+1))
	if err != nil {
		return fmt.Errorf("read file: %w", err)
	}
	// A file's name may be a person's: it is no title.
	return c.print(ctx, stdout, a4.Job{Title: "staff document", PDF: pdf, Copies: c.Copies, Duplex: c.Duplex})
}

type a4TestCmd struct{ a4Queue }

// Run is kong's.
func (c a4TestCmd) Run(ctx context.Context, stdout io.Writer) error {
	return c.print(ctx, stdout, a4.Job{Title: "test page", PDF: a4.TestPage()})
}

func (q a4Queue) print(ctx context.Context, stdout io.Writer, j a4.Job) error {
	if err := a4.CheckPDF(j.PDF); err != nil {
		return err
	}
	p, err := q.printer()
	if err != nil {
		return err
	}
	switch res := p.Print(ctx, j); res.Outcome {
	case devices.Printed:
		_, err := fmt.Fprintln(stdout, "已打印")
		return err
	case devices.PrintFailed:
		return fmt.Errorf("%w：%s", errA4NotPrinted, a4Reason(res.Reason))
	default:
		return errA4Unknown
	}
}
