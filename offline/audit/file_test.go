package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func (r *rig) export(t testing.TB) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := r.Export(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func verifyBytes(t testing.TB, text []byte, o VerifyOptions) Report {
	t.Helper()
	report, err := VerifyFile(bytes.NewReader(text), o)
	if err != nil {
		t.Fatal(err)
	}
	return report
}

func TestExport(t *testing.T) {
	r := filled(t, 1200)
	text := r.export(t)
	for name, o := range map[string]VerifyOptions{
		"both keys": r.options(), "station key": {Box: r.box}, "signature": {Signer: r.sign.Public()}, "head": {Heads: []Head{r.head(t)}},
	} {
		if got := verifyBytes(t, text, o); !got.Sound() || got.Records != 1200 || got.Terminal != "MX0427-1" {
			t.Errorf("%s: %+v, %+v", name, got, got.First)
		}
	}
	if got := verifyBytes(t, text, VerifyOptions{}); got.First != nil || got.Unproven != 1200 {
		t.Errorf("without any key: %+v", got)
	}
	if _, err := r.Prune(t.Context(), r.now, 700); err != nil {
		t.Fatal(err)
	}
	text = r.export(t)
	if got := verifyBytes(t, text, r.options()); !got.Sound() || got.After != 700 {
		t.Fatalf("after pruning: %+v, %+v", got, got.First)
	}
	if bytes.Count(text, []byte("\n")) != 2+502 {
		t.Fatalf("%d lines", bytes.Count(text, []byte("\n")))
	}
	empty := newRig(t)
	if got := verifyBytes(t, empty.export(t), empty.options()); !got.Sound() || got.Records != 0 {
		t.Fatalf("empty chain: %+v", got)
	}
	empty.o.Sign = nil
	if err := empty.Export(t.Context(), &bytes.Buffer{}); !errors.Is(err, ErrNoKey) {
		t.Fatal(err)
	}
	if _, err := empty.Prune(t.Context(), r.now, 1); !errors.Is(err, ErrNoKey) {
		t.Fatal(err)
	}
}

// Each way to change an export is named, with the station key and with the public key alone.
func TestTamperedFile(t *testing.T) {
	const n = 9
	r := filled(t, n)
	lines := strings.SplitAfter(strings.TrimSuffix(string(r.export(t)), "\n"), "\n") // opening, n records, closing
	other := filled(t, n)
	foreign := strings.SplitAfter(string(other.export(t)), "\n")
	for name, c := range map[string]struct {
		do   func(l []string) []string
		want Fault
	}{
		"altered": {func(l []string) []string {
			l[5] = strings.Replace(l[5], "soc-qualify", "soc-qualifi", 1)
			return l
		}, Fault{Kind: Altered, Seq: 5, Through: 5}},
		"hash altered": {func(l []string) []string {
			l[5] = strings.Replace(l[5], `"hash":"`, `"hash":"00`, 1)
			return l
		}, Fault{Kind: Altered, Seq: 5, Through: 5}},
		"not JSON":         {func(l []string) []string { l[5] = "{\n"; return l }, Fault{Kind: Altered, Seq: 5, Through: 5}},
		"removed":          {func(l []string) []string { return slices.Delete(l, 5, 6) }, Fault{Kind: Removed, Seq: 5, Through: 5}},
		"two removed":      {func(l []string) []string { return slices.Delete(l, 5, 7) }, Fault{Kind: Removed, Seq: 5, Through: 6}},
		"first removed":    {func(l []string) []string { return slices.Delete(l, 1, 2) }, Fault{Kind: Removed, Seq: 1, Through: 1}},
		"last removed":     {func(l []string) []string { return slices.Delete(l, n, n+1) }, Fault{Kind: Removed, Seq: n, Through: n}},
		"doubled":          {func(l []string) []string { return slices.Insert(l, 6, l[5]) }, Fault{Kind: Inserted, Seq: 6, Through: 6}},
		"foreign put in":   {func(l []string) []string { return slices.Insert(l, 5, foreign[5]) }, Fault{Kind: Inserted, Seq: 5, Through: 5}},
		"foreign in place": {func(l []string) []string { l[5] = foreign[5]; return l }, Fault{Kind: Altered, Seq: 5, Through: 5}},
		"noise put in":     {func(l []string) []string { return slices.Insert(l, 5, "?\n") }, Fault{Kind: Inserted, Seq: 5, Through: 5}},
		"swapped":          {func(l []string) []string { l[5], l[6] = l[6], l[5]; return l }, Fault{Kind: Removed, Seq: 5, Through: 5}},
		"cut short":        {func(l []string) []string { return l[:7] }, Fault{Kind: Removed, Seq: 7, Through: 7}},
		"torn":             {func(l []string) []string { l[6] = l[6][:40]; return l[:7] }, Fault{Kind: Altered, Seq: 6, Through: 6}},
		"foreign end":      {func(l []string) []string { l[n+1] = foreign[n+1]; return l }, Fault{Kind: Altered, Seq: n, Through: n}},
		"more at the end":  {func(l []string) []string { return append(l, "\n"+l[5]) }, Fault{Kind: Inserted, Seq: n + 1, Through: n + 1}},
		"endless line": {func(l []string) []string {
			l[5] = strings.Repeat("x", 2*maxLine)
			return l
		}, Fault{Kind: Removed, Seq: 5, Through: 5}},
	} {
		t.Run(name, func(t *testing.T) {
			text := []byte(strings.Join(c.do(slices.Clone(lines)), ""))
			for key, o := range map[string]VerifyOptions{"station": r.options(), "public": {Signer: r.sign.Public()}} {
				got := verifyBytes(t, text, o).First
				if got == nil || got.Kind != c.want.Kind || got.Seq != c.want.Seq || got.Through != c.want.Through {
					t.Errorf("%s key: %+v, want %+v", key, got, c.want)
				}
			}
		})
	}
}

func TestFilesThatAreNoExport(t *testing.T) {
	for _, text := range []string{"", "\n", "{}", "<html>", `{"format":"zhizhu-audit-export-2"}`, strings.Repeat("x", 2*maxLine)} {
		if _, err := VerifyFile(strings.NewReader(text), VerifyOptions{}); !errors.Is(err, ErrFile) {
			t.Errorf("%.20q: %v, want ErrFile", text, err)
		}
	}
}

func TestCommand(t *testing.T) {
	r := filled(t, 9)
	dir := t.TempDir()
	file, heads := filepath.Join(dir, "audit.jsonl"), filepath.Join(dir, "heads.jsonl")
	write := func(path string, text []byte) {
		t.Helper()
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	head, err := json.Marshal(r.head(t))
	if err != nil {
		t.Fatal(err)
	}
	write(file, r.export(t))
	write(heads, append(head, '\n'))
	for name, c := range map[string]struct {
		o    CommandOptions
		want error
		says string
	}{
		"store":          {CommandOptions{VerifyOptions: r.options(), Store: r.store}, nil, "完整"},
		"file and heads": {CommandOptions{VerifyOptions: r.options(), File: file, HeadsFile: heads}, nil, "1 个相符"},
		"no key":         {CommandOptions{File: file}, ErrUnsound, "最后 9 条"},
		"no file":        {CommandOptions{File: file + "x"}, os.ErrNotExist, ""},
		"bad heads":      {CommandOptions{File: file, HeadsFile: file}, nil, ""},
	} {
		var out bytes.Buffer
		err := Command(t.Context(), c.o, &out)
		if name == "bad heads" {
			if err == nil || !strings.Contains(err.Error(), "line 1") {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if !errors.Is(err, c.want) || !strings.Contains(out.String(), c.says) {
			t.Errorf("%s: %v, %s", name, err, out.String())
		}
	}
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	write(file, bytes.Replace(text, []byte("00004"), []byte("00005"), 1))
	var out bytes.Buffer
	err = Command(t.Context(), CommandOptions{VerifyOptions: r.options(), File: file}, &out)
	if !errors.Is(err, ErrUnsound) || !strings.Contains(out.String(), "第 5 条被改动") {
		t.Fatalf("%v, %s", err, out.String())
	}
}

func FuzzRecord(f *testing.F) {
	r := lodged(1)
	r.clean()
	body, err := r.encode()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(body)
	f.Add([]byte(`{"seq":1}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := decodeRecord(body)
		if err != nil {
			return
		}
		if again, err := r.encode(); err != nil || !bytes.Equal(again, body) {
			t.Fatalf("a record has two spellings: %v", err)
		}
	})
}

func FuzzLink(f *testing.F) {
	f.Add(link{body: []byte("{}")}.encode())
	f.Fuzz(func(t *testing.T, value []byte) {
		l, err := decodeLink(value)
		if err == nil && !bytes.Equal(l.encode(), value) {
			t.Fatal("a link has two spellings")
		}
	})
}

// FuzzFile has no altered export pass for sound.
func FuzzFile(f *testing.F) {
	r := filled(f, 4)
	good := r.export(f)
	f.Add(good)
	f.Add(bytes.Replace(good, []byte("synced"), []byte("offset"), 1))
	f.Add(good[:len(good)/2])
	var bodies [][]byte
	for l := range bytes.SplitSeq(good, []byte("\n")) {
		var x line
		if json.Unmarshal(l, &x) == nil && x.Record != nil {
			bodies = append(bodies, x.Record)
		}
	}
	o := VerifyOptions{Signer: r.sign.Public()}
	f.Fuzz(func(t *testing.T, text []byte) {
		report, err := VerifyFile(bytes.NewReader(text), o)
		if err != nil || !report.Sound() || report.Records == 0 {
			return
		}
		for _, body := range bodies { // white space and the like may differ, no record may
			if !bytes.Contains(text, body) {
				t.Fatal("sound without one of the records")
			}
		}
	})
}
