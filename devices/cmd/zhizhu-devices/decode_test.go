package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"maps"
	"slices"
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

func str(s *string) string {
	if s == nil {
		return "(absent)"
	}
	return *s
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
			if d.Error != "" || d.Type != types[c.Type] || str(d.Name) != c.Name || str(d.IDNumber) != c.Number ||
				str(d.Birth) != c.Birth || str(d.ValidFrom) != c.ValidFrom || str(d.ValidTo) != c.ValidTo ||
				d.NumberValid == nil || !*d.NumberValid || *d.PrintBytes != []int{0, 0, 512, 1024}[i] || *d.PhotoBytes != 1024 {
				t.Errorf("%s line %d: %+v", p.ID, i, d)
			}
		}
	}
}

// TestANumberThatIsNotValidSaysWhy, whatever is wrong with it.
func TestANumberThatIsNotValidSaysWhy(t *testing.T) {
	c := sim.Personas()[0].Card
	for number, want := range map[string]string{
		"11010519491231002X": "",
		"11010519491231002x": errNotAsWritten.Error(),
		"110105194912310020": sam.ErrNumberCheck.Error(),
		"":                   sam.ErrNumberLength.Error(),
	} {
		c.Number = number
		d := decodeLine(frame(t, c, 0, false))
		if d.NumberValid == nil || *d.NumberValid != (want == "") || d.NumberError != want {
			t.Errorf("%q: %+v", number, d)
		}
	}
}

// TestDecodeTellsWhatALayoutHas: also where it is blank on the card, and nothing else.
func TestDecodeTellsWhatALayoutHas(t *testing.T) {
	always := "type name sex birth id_number id_number_valid valid_from valid_to photo_bytes fingerprint_bytes"
	for flag, more := range map[devices.CardType]string{
		' ': "nation nation_code address authority",
		'J': "address authority pass_number issue_count",
		'I': "english_name nationality authority",
		'Y': "english_name nationality renewals former_number",
	} {
		blank := devices.Card{Type: flag}
		for _, p := range append(sim.Personas(), sim.Persona{Card: blank}) {
			if p.Card.Type != flag {
				continue
			}
			var out bytes.Buffer
			if err := (decodeCmd{JSON: true}).say(&out, decodeLine(frame(t, p.Card, 0, false))); err != nil {
				t.Fatal(err)
			}
			var got map[string]any
			if err := json.Unmarshal(out.Bytes(), &got); err != nil {
				t.Fatal(err)
			}
			want := strings.Fields(always + " " + more)
			if p.Card.Number == "" {
				want = append(want, "id_number_error")
			}
			for _, k := range want {
				if _, ok := got[k]; !ok {
					t.Errorf("type %c: no %s", flag, k)
				}
				delete(got, k)
			}
			if len(got) > 0 {
				t.Errorf("type %c: %v too", flag, slices.Collect(maps.Keys(got)))
			}
		}
	}
}

func TestDecodeOther(t *testing.T) {
	reply := func(status sam.Status, data []byte) string {
		return hex.EncodeToString(sam.AppendReply(nil, sam.Reply{Status: status, Data: data}))
	}
	text := func(flag byte) []byte {
		b, err := sam.EncodeText(sim.Personas()[0].Card)
		if err != nil {
			t.Fatal(err)
		}
		b[248] = flag
		return sam.AppendReading(nil, sam.Reading{Text: b}, false)
	}
	address, err := sam.AppendAddress(nil, "新址")
	if err != nil {
		t.Fatal(err)
	}
	card := frame(t, sim.Personas()[0].Card, 0, false)
	for name, tc := range map[string]struct {
		line string
		want decoded
	}{
		"nobody":                     {reply(sam.NoCard, nil), decoded{Type: "status", Status: "80"}},
		"found":                      {reply(sam.Found, []byte{1, 2, 3, 4}), decoded{Type: "status", Status: "9F", IIN: "01020304"}},
		"found without IIN":          {reply(sam.Found, nil), decoded{Type: "status", Status: "9F"}},
		"selected":                   {reply(sam.OK, make([]byte, 8)), decoded{Type: "status", Status: "90"}},
		"select failed, as quoted":   {"AA AA AA 96 69 00 04 00 00 81 85", decoded{Type: "status", Status: "81"}},
		"the wrong checksum of A8":   {"AA AA AA 96 69 00 04 00 00 80 85", decoded{Error: errNoFrame.Error()}},
		"the card's own words":       {"AA AA AA 96 69 00 04 6A 82 41 AD", decoded{Type: "status", Status: "41"}},
		"SAM id":                     {reply(sam.OK, sam.AppendID(nil, 5, 3, 20240101, 1, 2)), decoded{Type: "sam-id", Status: "90", SAMID: "05.03-20240101-0000000001-0000000002"}},
		"address":                    {reply(sam.OK, address), decoded{Type: "appended-address", Status: "90", LatestAddress: new("新址")}},
		"no hex":                     {"xyz", decoded{Error: errNotHex.Error()}},
		"half a byte":                {"AAA", decoded{Error: errNotHex.Error()}},
		"another preamble":           {strings.Replace(card, "aaaaaa9669", "aaaaaa9668", 1), decoded{Error: errNoFrame.Error()}},
		"cut short":                  {card[:200], decoded{Error: errNoFrame.Error()}},
		"unknown flag":               {reply(sam.OK, text('Q')), decoded{Error: "parse text block: unknown card type (flag 0051)"}},
		"no length words that fit":   {reply(sam.OK, append([]byte{1, 0, 4, 0, 0, 1}, append(text(' ')[4:], make([]byte, 1024)...)...)), decoded{Error: "parse reading of 1286 bytes in two parts: length words don't fit the data"}},
		"no photo":                   {reply(sam.OK, text(' ')), decoded{Type: "resident"}},
		"status before a card":       {reply(sam.NoCard, nil) + card, decoded{Type: "resident"}},
		"a card before a status":     {card + reply(sam.NoCard, nil), decoded{Type: "resident"}},
		"a whole conversation":       {reply(sam.Found, nil) + reply(sam.OK, make([]byte, 8)) + "00ff" + reply(sam.OK, text('Q')) + card + reply(sam.OK, address), decoded{Type: "resident"}},
		"a head that hides a card":   {"AAAAAA966908FF" + card, decoded{Type: "resident"}},
		"a head that hides a status": {"AAAAAA966908FF" + reply(sam.NoCard, nil), decoded{Type: "status", Status: "80"}},
		"many AA":                    {"AAAAAAAAAA" + card, decoded{Type: "resident"}},
		"spoilt, then good":          {card[:300] + "00" + card[302:] + card, decoded{Type: "resident"}},
		"upper case":                 {strings.ToUpper(card), decoded{Type: "resident"}},
		"prefixes":                   {prefixed(card, "0x", ", "), decoded{Type: "resident"}},
		"as in a C string":           {prefixed(card, `\x`, ""), decoded{Type: "resident"}},
		"colons":                     {prefixed(card, "", ":"), decoded{Type: "resident"}},
	} {
		t.Run(name, func(t *testing.T) {
			got := decodeAll(t, tc.line+"\r\n")
			if len(got) != 1 {
				t.Fatalf("%d objects", len(got))
			}
			if g, w := got[0], tc.want; g.Type != w.Type || w.Status != "" && g.Status != w.Status || g.Error != w.Error || g.IIN != w.IIN ||
				g.SAMID != w.SAMID || str(g.LatestAddress) != str(w.LatestAddress) {
				t.Errorf("%+v, want %+v", g, w)
			}
		})
	}
}

func prefixed(line, before, between string) string {
	var b strings.Builder
	for i := 0; i+1 < len(line); i += 2 {
		b.WriteString(before + line[i:i+2] + between)
	}
	return b.String()
}

// TestEveryLineYieldsOneObject: blank ones none, too long ones an error and nothing lost after them.
func TestEveryLineYieldsOneObject(t *testing.T) {
	nobody := hex.EncodeToString(sam.AppendReply(nil, sam.Reply{Status: sam.NoCard}))
	got := decodeAll(t, "\uFEFF"+nobody+"\n\n \t\r\n"+strings.Repeat("A", 3*maxLine)+"\n"+nobody+"\nxyz\n"+nobody)
	var types []string
	for _, d := range got {
		types = append(types, d.Type+d.Error)
	}
	if want := []string{"status", errTooLong.Error(), "status", errNotHex.Error(), "status"}; !slices.Equal(types, want) {
		t.Errorf("%q, want %q", types, want)
	}
}

func FuzzDecodeLine(f *testing.F) {
	for _, s := range []string{
		"", "AA AA AA 96 69 00 04 00 00 80 84", "AA AA AA 96 69 00 08 00 00 9F 00 00 00 00 97", "0xAA,0xAA", "\xff", "AAAAAA9669",
	} {
		f.Add(s, []byte(nil))
	}
	for _, p := range sim.Personas() {
		text, err := sam.EncodeText(p.Card)
		if err != nil {
			f.Fatal(err)
		}
		f.Add("", sam.AppendReading(nil, sam.Reading{Text: text, Photo: make([]byte, 16)}, true))
	}
	f.Fuzz(func(t *testing.T, line string, data []byte) {
		if len(data) > 0 && len(data) < 2300 { // behind a right checksum, which chance would hardly find
			line += hex.EncodeToString(sam.AppendReply(nil, sam.Reply{Status: sam.OK, Data: data}))
		}
		d := decodeLine(line)
		if (d.Type == "") == (d.Error == "") {
			t.Errorf("type %q, error %q", d.Type, d.Error)
		}
		var out bytes.Buffer
		if err := (decodeCmd{JSON: true}).say(&out, d); err != nil {
			t.Fatal(err)
		}
		if bytes.Count(out.Bytes(), []byte("\n")) != 1 || !json.Valid(out.Bytes()) {
			t.Errorf("not one object on one line: %q", out.Bytes())
		}
	})
}
