package a4

import (
	"context"
	"errors"
	"net/url"
	"path"
	"strings"

	"github.com/OpenPrinting/goipp"

	"zhizhu/devices"
)

// What is asked: no more, CUPS's whole answer is ten times as long.
var (
	queueAttrs = keywords("printer-state", "printer-state-reasons", "printer-is-accepting-jobs", "printer-make-and-model",
		"device-uri", "marker-levels")
	printerAttrs = keywords("printer-state", "printer-state-reasons", "printer-make-and-model", "printer-input-tray")
	jobAttrs     = keywords("job-name", "job-state", "job-state-reasons", "time-at-processing")
)

const scheduler = "ipp://localhost/"

func queueURI(name string) string { return scheduler + "printers/" + url.PathEscape(name) }

func keywords(names ...string) goipp.Attribute {
	a := goipp.Attribute{Name: "requested-attributes"}
	for _, n := range names {
		a.Values.Add(goipp.TagKeyword, goipp.String(n))
	}
	return a
}

// at is the address at the scheduler for a question about uri.
func (c *client) at(uri string) url.URL {
	u := c.base
	u.Path = "/"
	if named, err := url.Parse(uri); err == nil && named.Path != "" {
		u.Path = named.Path
	}
	return u
}

// defaultQueue is the name of CUPS's default queue (CUPS-Get-Default).
func (c *client) defaultQueue(ctx context.Context) (string, error) {
	const doing = "look up default queue"
	m, err := c.do(ctx, request{op: goipp.OpCupsGetDefault, doing: doing, to: c.at("/"), attrs: goipp.Attributes{keywords("printer-name")}})
	if err != nil {
		return "", err
	}
	name := text(m.Printer, "printer-name")
	if name == "" || name != path.Base(name) {
		return "", fail(doing, devices.NotFound, errors.New("CUPS has none; name a queue, or make one the default with lpadmin -d QUEUE"))
	}
	return name, nil
}

// printer asks for a queue's attributes (Get-Printer-Attributes).
func (c *client) printer(ctx context.Context, doing, uri string, want goipp.Attribute) (answer, error) {
	m, err := c.do(ctx, request{op: goipp.OpGetPrinterAttributes, doing: doing, to: c.at(uri), uri: uri, attrs: goipp.Attributes{want}})
	if err != nil {
		return answer{}, err
	}
	return readPrinter(m), nil
}

// printerAt asks a printer itself.
func (c *client) printerAt(ctx context.Context, at *url.URL) (answer, error) {
	m, err := c.askAt(ctx, "ask printer", goipp.OpGetPrinterAttributes, at, printerAttrs)
	if err != nil {
		return answer{}, err
	}
	return readPrinter(m), nil
}

func (c *client) askAt(ctx context.Context, doing string, op goipp.Op, at *url.URL, attrs ...goipp.Attribute) (*goipp.Message, error) {
	to, err := overHTTP(at)
	if err != nil {
		return nil, fail(doing, devices.Internal, err)
	}
	plain := url.URL{Scheme: at.Scheme, Host: at.Host, Path: at.Path} // without CUPS's own options behind '?'
	return c.do(ctx, request{op: op, doing: doing, to: to, uri: plain.String(), attrs: attrs})
}

// named asks a printer itself for our job whose name begins with tag (Get-Jobs); its State is 0 where there is none.
func (c *client) named(ctx context.Context, at *url.URL, which, tag string) (progress, error) {
	m, err := c.askAt(ctx, "list printer's jobs", goipp.OpGetJobs, at,
		goipp.MakeAttr("which-jobs", goipp.TagKeyword, goipp.String(which)), jobAttrs)
	if err != nil {
		return progress{}, err
	}
	for _, g := range m.Groups {
		if g.Tag == goipp.TagJobGroup && strings.HasPrefix(text(g.Attrs, "job-name"), tag) {
			return readJob(g.Attrs), nil
		}
	}
	return progress{}, nil
}

// create makes an empty job (Create-Job) and returns its id.
func (c *client) create(ctx context.Context, uri string, j Job, limit int) (int, error) {
	const doing = "create job"
	m, err := c.do(ctx, request{
		op: goipp.OpCreateJob, doing: doing, to: c.at(uri), uri: uri,
		attrs: goipp.Attributes{goipp.MakeAttr("job-name", goipp.TagName, goipp.String(j.Title))},
		job:   j.template(limit),
	})
	if err != nil {
		return 0, err
	}
	id, ok := number(m.Job, "job-id")
	if !ok || id <= 0 {
		return 0, fail(doing, devices.Garbled, errors.New("no job-id in the answer"))
	}
	return id, nil
}

// send gives the job its document (Send-Document): from then on CUPS prints it.
func (c *client) send(ctx context.Context, uri string, id int, pdf []byte) error {
	_, err := c.do(ctx, request{
		op: goipp.OpSendDocument, doing: "send document", to: c.at(uri), uri: uri, id: id, body: pdf,
		attrs: goipp.Attributes{
			goipp.MakeAttr("document-format", goipp.TagMimeType, goipp.String("application/pdf")),
			goipp.MakeAttr("last-document", goipp.TagBoolean, goipp.Boolean(true)),
		},
	})
	return err
}

// job asks how a job is (Get-Job-Attributes).
func (c *client) job(ctx context.Context, id int) (progress, error) {
	m, err := c.do(ctx, request{
		op: goipp.OpGetJobAttributes, doing: "ask job", to: c.at("/jobs"), uri: scheduler + "jobs", id: id,
		attrs: goipp.Attributes{jobAttrs},
	})
	if err != nil {
		return progress{}, err
	}
	return readJob(m.Job), nil
}

// mine lists every job of the client's user that CUPS still has, on whatever queue, ended ones too (Get-Jobs).
func (c *client) mine(ctx context.Context) ([]int, error) {
	m, err := c.do(ctx, request{
		op: goipp.OpGetJobs, doing: "list jobs", to: c.at("/jobs"), uri: scheduler + "jobs",
		attrs: goipp.Attributes{
			keywords("job-id", "job-state"),
			goipp.MakeAttr("which-jobs", goipp.TagKeyword, goipp.String("all")),
			goipp.MakeAttr("my-jobs", goipp.TagBoolean, goipp.Boolean(true)),
		},
	})
	if err != nil {
		return nil, err
	}
	var ids []int
	for _, g := range m.Groups {
		if id, ok := number(g.Attrs, "job-id"); ok && g.Tag == goipp.TagJobGroup && id > 0 {
			ids = append(ids, id)
		}
	}
	return ids, nil
}

// cancel stops a job (Cancel-Job); with purge its record and its document go too, whatever state it is in. A job that is
// gone, or that has ended, is no error.
func (c *client) cancel(ctx context.Context, id int, purge bool) error {
	r := request{op: goipp.OpCancelJob, doing: "cancel job", to: c.at("/jobs"), uri: scheduler + "jobs", id: id}
	if purge {
		r.doing = "purge job"
		r.attrs.Add(goipp.MakeAttr("purge-job", goipp.TagBoolean, goipp.Boolean(true)))
	}
	_, err := c.do(ctx, r)
	if err == nil || ended(err) {
		return nil
	}
	return err
}
