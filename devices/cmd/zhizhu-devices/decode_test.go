package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zhizhu/devices"
	"zhizhu/devices/idcard/sam"
	"zhizhu/devices/sim"
)

// frame is a whole reply with a persona's reading, in hex.
func frame(t *testing.T, c devices.Card, finger int, three bool) string {
	t.Helper()
	text, err := sam.EncodeText(c)
	if err != nil {
		t.Fatal(err)
	}
	data := sam.AppendReading(nil, sam.Reading{Text: text, Photo: make([]byte, 1024), Fingerprint: make([]byte, finger)}, three)
	return hex.EncodeToString(sam.AppendReply(nil, sam.Reply{Status: sam.OK, Data: data}))
}

func decodeAll(t *testing.T, in string) []decoded {
	t.Helper()
	var out, complaints bytes.Buffer
	if code := run(t.Context(), []string{"idcard", "decode", "--json"}, strings.NewReader(in), &out, &complaints); code != exitOK {
		t.Fatalf("exit %d: %s", code, complaints.String())
	}
	var all []decoded
	for dec := json.NewDecoder(&out); dec.More(); {
		var d decoded
		if err := dec.Decode(&d); err != nil {
			t.Fatal(err)
		}
		all = append(all, d)
	}
	return all
}

// TestDecodeEveryPersona decodes all four layouts at each length, with noise around the frame.
func TestDecodeEveryPersona(t *testing.T) {
	types := map[devices.CardType]string{' ': "resident", 'J': "residence-permit", 'I': "foreigner-2017", 'Y': "foreigner-2023"}
	for _, p := range sim.Personas() {
		lines := strings.Join([]string{
			frame(t, p.Card, 0, false),
			frame(t, p.Card, 0, true),
			frame(t, p.Card, 512, true),
			"00 AA AA AA 96 13 37 " + frame(t, p.Card, 1024, true) + " FF",
		}, "\n")
		got := decodeAll(t, lines)
		if len(got) != 4 {
			t.Fatalf("%s: %d lines", p.ID, len(got))
		}
		for i, d := range got {
			c := p.Card
			if d.Error != "" || d.Type != types[c.Type] || d.Name != c.Name || d.EnglishName != c.EnglishName ||
				d.IDNumber != c.Number || d.Address != c.Address || d.Birth != c.Birth || d.ValidTo != c.ValidTo ||
				d.NumberValid == nil || !*d.NumberValid || d.PrintBytes != []int{0, 0, 512, 1024}[i] {
				t.Errorf("%s line %d: %+v", p.ID, i, d)
			}
		}
	}
}

func TestDecodeOther(t *testing.T) {
	nobody := hex.EncodeToString(sam.AppendReply(nil, sam.Reply{Status: sam.NoCard}))
	broken := frame(t, sim.Personas()[0].Card, 0, false)
	got := decodeAll(t, strings.Join([]string{
		nobody, "xyz", "", strings.Replace(broken, "aaaaaa9669", "aaaaaa9668", 1), nobody + broken, broken[:200],
	}, "\n"))
	want := []decoded{
		{Type: "status", Status: "80"},
		{Error: errNotHex.Error()},
		{Error: errNoFrame.Error()},
		{Type: "resident"},
		{Error: errNoFrame.Error()},
	}
	if len(got) != len(want) {
		t.Fatalf("%d lines, want %d", len(got), len(want))
	}
	for i, w := range want {
		if g := got[i]; g.Type != w.Type || g.Status != w.Status || g.Error != w.Error {
			t.Errorf("line %d: %+v, want %+v", i, g, w)
		}
	}
}

func TestRender(t *testing.T) {
	dir := t.TempDir()
	bin, png := filepath.Join(dir, "slip.bin"), filepath.Join(dir, "slip.png")
	// Initialise, Chinese mode, 收件 in GBK, feed, cut.
	slip := []byte("\x1b@\x1c&\xca\xd5\xbc\xfe\n\x1dVB\x00")
	if err := os.WriteFile(bin, slip, 0o600); err != nil {
		t.Fatal(err)
	}
	var out, complaints bytes.Buffer
	if code := run(t.Context(), []string{"printer", "render", bin, "--png", png, "--text"}, nil, &out, &complaints); code != exitOK {
		t.Fatalf("exit %d: %s", code, complaints.String())
	}
	if !strings.Contains(out.String(), "收件") {
		t.Errorf("text: %q", out.String())
	}
	if data, err := os.ReadFile(png); err != nil || !bytes.HasPrefix(data, []byte("\x89PNG")) {
		t.Errorf("picture: %v", err)
	}
	if err := os.WriteFile(bin, []byte("\x1b@\x1b\xff"), 0o600); err != nil {
		t.Fatal(err)
	}
	if code := run(t.Context(), []string{"printer", "render", bin}, nil, &out, &complaints); code != exitFailed || complaints.Len() == 0 {
		t.Errorf("an unknown command: exit %d, %q", code, complaints.String())
	}
}
