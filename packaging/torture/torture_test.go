package main

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"golang.org/x/text/encoding/simplifiedchinese"

	"zhizhu/devices/sim"
	"zhizhu/offline/wire"
)

// The check must find what it is there to find.
func TestCompare(t *testing.T) {
	kept := message{Say: sayKept, Lane: wire.LaneMatters, Word: "w1", ID: "id1", Digest: "d1", Files: 1}
	whole := item{id: "id1", digest: "d1", blobs: []string{"b"}}
	as := func(say string) message { m := kept; m.Say = say; return m }
	for name, c := range map[string]struct {
		said  message
		items []item
		want  verdict
	}{
		"kept and stored":             {kept, []item{whole}, verdict{lodged: 1}},
		"lost":                        {kept, nil, verdict{lodged: 1, lost: 1}},
		"under another id":            {kept, []item{{id: "id2", digest: "d1", blobs: []string{"b"}}}, verdict{lodged: 1, lost: 1}},
		"another packet":              {kept, []item{{id: "id1", digest: "d2", blobs: []string{"b"}}}, verdict{lodged: 1, lost: 1}},
		"attachment lost":             {kept, []item{{id: "id1", digest: "d1"}}, verdict{lodged: 1, lost: 1}},
		"twice":                       {kept, []item{whole, {id: "id2", digest: "d2"}}, verdict{lodged: 1, duplicates: 1}},
		"killed before it was said":   {as(sayTry), []item{whole}, verdict{inDoubt: 1, inDoubtStored: 1}},
		"killed before it was kept":   {as(sayTry), nil, verdict{inDoubt: 1}},
		"in doubt, and stored twice":  {as(sayDoubt), []item{whole, whole}, verdict{inDoubt: 1, inDoubtStored: 2, duplicates: 1}},
		"said to have failed":         {as(sayFailed), nil, verdict{}},
		"said to have failed, stored": {as(sayFailed), []item{whole}, verdict{ghosts: 1}},
	} {
		l := newLedger()
		l.note(as(sayTry))
		l.note(c.said)
		v := compare(l, &stock{items: map[string][]item{key(wire.LaneMatters, "w1"): c.items}})
		bad := v.lost + v.duplicates + v.ghosts
		if (bad > 0) != (len(v.words) > 0) {
			t.Errorf("%s: words %q", name, v.words)
		}
		v.words, v.corrupt = nil, nil
		if got, want := *v, c.want; got.lodged != want.lodged || got.lost != want.lost || got.duplicates != want.duplicates ||
			got.ghosts != want.ghosts || got.inDoubt != want.inDoubt || got.inDoubtStored != want.inDoubtStored {
			t.Errorf("%s: %+v, want %+v", name, got, want)
		}
	}
}

func TestCompareFindsWhatWasNeverTried(t *testing.T) {
	s := &stock{
		items:   map[string][]item{key(wire.LaneMatters, "w9"): {{id: "id9"}}},
		numbers: map[string]int{"MX0427-1-20261123-0001-5": 2}, corrupt: []string{"packet of id9"},
	}
	l := newLedger()
	l.note(message{Say: sayOpened, Cause: "page 3 is torn"})
	v := compare(l, s)
	if v.strangers != 1 || v.duplicates != 1 || len(v.corrupt) != 2 {
		t.Fatalf("%+v", v)
	}
}

// Every form in which a persona's data could lie about is found, and nothing in a file without them.
func TestScan(t *testing.T) {
	p := sim.Personas()[0].Card
	gbk, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(p.Address))
	if err != nil {
		t.Fatal(err)
	}
	var wide []byte
	for _, u := range utf16.Encode([]rune(p.Address)) {
		wide = append(wide, byte(u), byte(u>>8))
	}
	dir := t.TempDir()
	write := func(name string, data []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, data, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	clean := write("clean", bytes.Repeat([]byte("sealed "), 10_000))
	if found, err := scan([]string{clean}); err != nil || len(found) > 0 {
		t.Fatal(found, err)
	}
	for name, data := range map[string][]byte{
		"name": []byte("x" + p.Name + "y"), "number": []byte(p.Number), "phone": []byte("tel:" + phoneOf(0)), "utf8": []byte(p.Address),
		"gbk": gbk, "utf16": append([]byte{1, 2, 3}, wide...), "hex": []byte(hex.EncodeToString(gbk)),
		"HEX":     []byte(strings.ToUpper(hex.EncodeToString([]byte(p.Number)))),
		"base64":  []byte(base64.StdEncoding.EncodeToString([]byte(p.Number + "}"))),
		"base64a": []byte(base64.StdEncoding.EncodeToString([]byte(`{"` + p.Number + `"}`))),
		"base64b": []byte(base64.StdEncoding.EncodeToString([]byte(`{` + p.Name + `"}`))),
		"base64c": []byte(base64.RawURLEncoding.EncodeToString([]byte("  x" + phoneOf(0)))),
	} {
		if found, err := scan([]string{clean, write(name, data)}); err != nil || len(found) == 0 {
			t.Errorf("%s: %v, %v", name, found, err)
		}
	}
	if found, err := scan([]string{write(p.Number, nil)}); err != nil || len(found) == 0 {
		t.Errorf("name of a file: %v, %v", found, err)
	}
}
