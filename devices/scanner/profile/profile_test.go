package profile_test

import (
	"bytes"
	"slices"
	"strings"
	"testing"

	"zhizhu/devices/scanner/frame"
	"zhizhu/devices/scanner/profile"
)

func find(t *testing.T, name string) profile.Profile {
	t.Helper()
	p, err := profile.Find(name)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestBuiltIn(t *testing.T) {
	want := []string{"plain", "gm65", "ssi", "newland", "honeywell"}
	if got := profile.Names(); !slices.Equal(got, want) {
		t.Fatalf("%q, want %q", got, want)
	}
	for _, name := range want {
		p := find(t, name)
		if p.Commands() != (name != profile.Plain) || p.Packets() != (name == "ssi") {
			t.Errorf("%s: commands %v, packets %v", name, p.Commands(), p.Packets())
		}
		if !p.Unverified && p.Family != "" {
			t.Errorf("%s: protocols.md B knows no family of which everything was seen", name)
		}
	}
	if p := find(t, ""); p.Name != profile.Plain {
		t.Errorf("no name yields %s", p.Name)
	}
}

func TestUnknownNameListsTheKnown(t *testing.T) {
	_, err := profile.Find("gm-65")
	for _, name := range append(profile.Names(), `"gm-65"`) {
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%v doesn't name %s", err, name)
		}
	}
}

// What the profiles send is what our code makes, and what protocols.md B quotes.
func TestFrames(t *testing.T) {
	for _, tc := range []struct {
		profile   string
		on, off   []byte
		mode, all []byte
	}{
		{"gm65", frame.AppendGM(nil, frame.GMWrite, 2, 1), frame.AppendGM(nil, frame.GMWrite, 2, 0), nil, nil},
		{
			"ssi", frame.AppendSSI(nil, frame.SSIStart, frame.SSIHost, 0), frame.AppendSSI(nil, frame.SSIStop, frame.SSIHost, 0),
			frame.AppendSSI(nil, frame.SSIParam, frame.SSIHost, 8, 0, 0x8A, 8), frame.AppendSSI(nil, frame.SSIParam, frame.SSIHost, 8, 0, 0x8A, 4),
		},
		{
			"newland", frame.AppendNewland(nil, "#SCNTRG1"), frame.AppendNewland(nil, "#SCNTRG0"),
			frame.AppendNewland(nil, "#SCNMOD0"), frame.AppendNewland(nil, "#SCNMOD2"),
		},
		{
			"honeywell",
			[]byte{0x16, 'T', 0x0D},
			[]byte{0x16, 'U', 0x0D},
			frame.AppendHoneywell(nil, "TRGMOD0!"), frame.AppendHoneywell(nil, "TRGMOD3!"),
		},
	} {
		p := find(t, tc.profile)
		for _, f := range []struct{ got, want []byte }{{p.On, tc.on}, {p.Off, tc.off}, {p.Command, tc.mode}, {p.Continuous, tc.all}} {
			if !bytes.Equal(f.got, f.want) {
				t.Errorf("%s: % X, want % X", tc.profile, f.got, f.want)
			}
		}
	}
}

func TestZoneKeepsTheOtherBits(t *testing.T) {
	z := find(t, "gm65").Zone
	if got, want := z.Read(), frame.AppendGM(nil, frame.GMRead, 0, 1); !bytes.Equal(got, want) {
		t.Errorf("read % X, want % X", got, want)
	}
	for _, tc := range []struct{ old, command, continuous byte }{{0xD6, 0xD5, 0xD6}, {0x00, 0x01, 0x02}, {0xFF, 0xFD, 0xFE}} {
		if got, want := z.Write(tc.old, false), frame.AppendGM(nil, frame.GMWrite, 0, tc.command); !bytes.Equal(got, want) {
			t.Errorf("% X, want % X", got, want)
		}
		if got, want := z.Write(tc.old, true), frame.AppendGM(nil, frame.GMWrite, 0, tc.continuous); !bytes.Equal(got, want) {
			t.Errorf("% X, want % X", got, want)
		}
		if z.Set(tc.old) || !z.Set(tc.command) {
			t.Errorf("%02X, %02X: which one waits for the trigger is told wrongly", tc.old, tc.command)
		}
	}
}

const plain = `{"name":"plain","title":"通用","baud":9600}`

// A file that is wrong is refused with its name, the profile, the field and what is wrong.
func TestRefused(t *testing.T) {
	gm := func(more string) string {
		return `[` + plain + `,{"name":"x","title":"某","baud":9600,"family":"gm","renew_ms":5000,` + more + `}]`
	}
	const on = `"trigger_on":"7E 00 08 01 00 02 01 02 DA"`
	if _, err := profile.Parse("f.json", []byte(gm(on))); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct{ name, file, want string }{
		{"wrong CRC", gm(`"trigger_on":"7E 00 08 01 00 02 01 02 DB"`), "f.json: profile 2 (x): trigger_on: CRC is 02DB, must be 02DA"},
		{"frame of another family", gm(`"trigger_on":"04 E4 04 00 FF 14"`), "trigger_on"},
		{"no hexadecimal", gm(`"trigger_on":"7E 0"`), "hexadecimal"},
		{"unknown field", gm(on + `,"trigger":1`), `"trigger"`},
		{"unverified without a note", gm(on + `,"unverified":true`), "note"},
		{"wake without a pause", gm(on + `,"wake":"00"`), "wake"},
		{"zone, bits outside", gm(on + `,"zone":{"addr":"0000","mask":"03","command":"04","continuous":"02"}`), "mask"},
		{"zone, short address", gm(on + `,"zone":{"addr":"00","mask":"03","command":"01","continuous":"02"}`), "two bytes"},
		{"zone and command", gm(on + `,"command":"7E00080100020102DA","zone":{"addr":"0000","mask":"03","command":"01","continuous":"02"}`), "zone"},
		{"no trigger", gm(`"prefix":"30"`), "trigger_on"},
		{"renewed too often", strings.Replace(gm(on), "5000", "5", 1), "renew_ms"},
		{"unknown family", strings.Replace(gm(on), `"gm"`, `"gn"`, 1), "gn"},
		{"baud", strings.Replace(gm(on), `9600,"family"`, `0,"family"`, 1), "baud"},
		{"name", strings.Replace(gm(on), `"x"`, `"X y"`, 1), "without a valid name"},
		{"name twice", strings.Replace(gm(on), `"x"`, `"plain"`, 1), "another profile"},
		{"title", strings.Replace(gm(on), "某", "", 1), "title"},
		{"SSI, wrong checksum", strings.NewReplacer(`"gm"`, `"ssi"`, "7E 00 08 01 00 02 01 02 DA", "04 E4 04 00 FF 15").Replace(gm(on)), "must be FF14"},
		{"frame without a family", `[{"name":"plain","title":"通用","baud":9600,"trigger_on":"00","renew_ms":5000}]`, "without a family"},
		{"plain not first", `[{"name":"x","title":"某","baud":9600}]`, "plain"},
		{"empty", `[]`, "plain"},
		{"no list", `{}`, "f.json"},
		{"more behind", `[` + plain + `] 1`, "after the end"},
		{"cut off", `[` + plain, "f.json"},
	} {
		if _, err := profile.Parse("f.json", []byte(tc.file)); err == nil || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(`[` + plain + `]`))
	f.Add([]byte(`[` + plain + `,{"name":"x","title":"某","baud":9600,"family":"gm","renew_ms":5000,"trigger_on":"7E00080100020102DA","zone":{"addr":"0000","mask":"03","command":"01","continuous":"02"}}]`))
	f.Fuzz(func(_ *testing.T, file []byte) {
		all, err := profile.Parse("f.json", file)
		if err != nil {
			return
		}
		for _, p := range all { // nothing that was accepted may panic
			_, _, _ = p.Replies(), p.Renew(), p.WakePause()
			if p.Zone != nil {
				_, _ = p.Zone.Read(), p.Zone.Write(0xD6, true)
			}
		}
	})
}
