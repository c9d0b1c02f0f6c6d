package courier_test

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"zhizhu/offline/courier"
	"zhizhu/offline/courier/stick"
	"zhizhu/offline/outbox"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

func contentDigest(t testing.TB, p []byte) string {
	t.Helper()
	sum, err := hex.DecodeString(seal.Digest(p))
	if err != nil {
		t.Fatal(err)
	}
	return "sm3=:" + base64.StdEncoding.EncodeToString(sum) + ":"
}

func TestThereAndBack(t *testing.T) {
	g := newTown(t)
	v := g.village("MX0427")
	v.everything()
	dir := memory(t)
	out := v.export(dir)
	want := map[string]int{outbox.LaneRatings: 1, outbox.LaneFeedback: 1, outbox.LaneMatters: 4, outbox.LaneBlobs: 2, outbox.LaneEvents: 1}
	if !maps.Equal(out.Counts, want) || out.Left() != 0 || out.Damaged != 0 || v.waiting() != 9 {
		t.Fatalf("exported %+v, %d wait", out, v.waiting())
	}
	got := g.received(dir)
	if got.Err != nil || got.Stored != 9 || got.Again != 0 || got.Terminal != v.id.Terminal || got.Station != "MX0427" {
		t.Fatalf("received %+v", got)
	}
	if n := len(g.stored()); n != 6 {
		t.Fatalf("%d stored", n)
	}
	in, err := courier.Import(t.Context(), dir, v.options())
	if err != nil || in.Acknowledged != 9 || in.Known != 0 || v.waiting() != 0 {
		t.Fatalf("imported %+v, %v, %d wait", in, err, v.waiting())
	}

	// The same stick once more, at each end: harmless, and said so.
	if in, err := courier.Import(t.Context(), dir, v.options()); !errors.Is(err, stick.ErrOld) || in.Known != 9 {
		t.Fatalf("again: %+v, %v", in, err)
	}
	if got := g.received(dir); !errors.Is(got.Err, stick.ErrOld) || got.Again != 9 || got.Stored != 0 {
		t.Fatalf("again: %+v", got)
	}
	// And with nothing to send it still asks for post.
	if out := v.export(dir); out.Total() != 0 || out.Serial != 2 {
		t.Fatalf("empty: %+v", out)
	}
	if got := g.received(dir); got.Err != nil {
		t.Fatalf("empty: %+v", got)
	}
}

func TestAnEarlierExportReplayedIsHarmless(t *testing.T) {
	g := newTown(t)
	v := g.village("MX0427")
	dir := memory(t)
	v.lodge(3)
	v.export(dir)
	old := copyStick(t, dir)
	v.lodge(2)
	v.export(dir)
	if got := g.received(dir); got.Stored != 6 { // and an attachment
		if got.Stored != 7 {
			t.Fatalf("%+v", got)
		}
	}
	before := g.stored()
	if got := g.received(old); !errors.Is(got.Err, stick.ErrOld) || got.Stored != 0 {
		t.Fatalf("%+v", got)
	}
	if !maps.Equal(before, g.stored()) {
		t.Fatal("the replay changed something")
	}
	if in, err := courier.Import(t.Context(), old, v.options()); err != nil || in.Acknowledged != 4 {
		t.Fatalf("%+v, %v", in, err)
	}
	if in, err := courier.Import(t.Context(), dir, v.options()); err != nil || in.Acknowledged+in.Known != 7 || v.waiting() != 0 {
		t.Fatalf("%+v, %v", in, err)
	}
	if in, err := courier.Import(t.Context(), old, v.options()); !errors.Is(err, stick.ErrOld) {
		t.Fatalf("%+v, %v", in, err)
	}
}

func TestByLineAndByStickIsStoredOnce(t *testing.T) {
	g := newTown(t)
	v := g.village("MX0427")
	dir := memory(t)
	v.lodge(6)
	v.export(dir)
	waiting, err := v.Pending(t.Context(), outbox.LaneMatters, 3, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range waiting {
		v.byLine(w) // the answer is lost
	}
	got := g.received(dir)
	if got.Err != nil || got.Stored != 6 || got.Again != 3 { // 3 matters and 3 attachments are new
		t.Fatalf("%+v", got)
	}
	for _, w := range waiting {
		v.byLine(w)
	}
	if n := len(g.stored()); n != 6 {
		t.Fatalf("%d stored", n)
	}
	if _, err := courier.Import(t.Context(), dir, v.options()); err != nil || v.waiting() != 0 {
		t.Fatalf("%v, %d wait", err, v.waiting())
	}
}

func TestPostComesByStick(t *testing.T) {
	g := newTown(t)
	v := g.village("MX0427")
	dir := memory(t)
	lodged := v.lodge(2)
	v.export(dir)
	g.received(dir)
	for i, l := range lodged {
		_, err := g.Send(t.Context(), wire.Letter{
			Kind: wire.LetterSettled, Matter: l.ID, Text: "办结 " + personaName,
			Attachment: &wire.File{Name: "决定书.pdf", Media: "application/pdf", Data: []byte("%PDF-1.7 " + strings.Repeat("x", i*100_000))},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	// The terminal's manifest is from before; its post comes all the same.
	if got := g.received(dir); got.Err != nil || got.Letters != 2 || got.Left != 0 {
		t.Fatalf("%+v", got)
	}
	in, err := courier.Import(t.Context(), dir, v.options())
	if err != nil || in.Letters != 2 || in.Acknowledged != 3 {
		t.Fatalf("%+v, %v", in, err)
	}
	found, err := v.Post.Find(t.Context(), personaNumber, "")
	if err != nil || len(found) != 2 {
		t.Fatalf("%d found, %v", len(found), err)
	}
	// Delivered: the report goes by stick, too, and the gateway drops the letter.
	if err := v.Post.Delivered(t.Context(), []string{found[0].ID}); err != nil {
		t.Fatal(err)
	}
	if out := v.export(dir); out.Counts[outbox.LaneEvents] != 1 {
		t.Fatalf("%+v", out)
	}
	if got := g.received(dir); got.Stored != 1 || got.Letters != 0 {
		t.Fatalf("%+v", got)
	}
	if mail, err := g.Mail(t.Context(), v.id.Terminal, 0); err != nil || len(mail) != 1 {
		t.Fatalf("%d letters left at the gateway, %v", len(mail), err)
	}
}

func TestAStickRevealsNothing(t *testing.T) {
	g := newTown(t)
	v := g.village("MX0427")
	dir := memory(t)
	v.everything()
	lodged := v.lodge(1)
	v.export(dir)
	g.received(dir)
	if _, err := g.Send(t.Context(), wire.Letter{Kind: wire.LetterReply, Matter: lodged[0].ID, Text: personaName}); err != nil {
		t.Fatal(err)
	}
	g.received(dir)
	for path, content := range files(t, dir) {
		clean(t, path, content)
		clean(t, "the name of "+path, []byte(path))
		for _, l := range lodged {
			if strings.Contains(string(content), l.Number) {
				t.Errorf("%s holds a receipt number", path)
			}
		}
		// vfat: no upper case beside the terminal's, no colon, no short name that some systems show in capitals.
		name := filepath.Base(path)
		if name != strings.ToLower(name) || strings.ContainsAny(name, `:*?"<>|\`) || len(name) < 13 {
			t.Errorf("bad name %q", name)
		}
	}
}

func TestWhatIsThereIsUsedAgain(t *testing.T) {
	g := newTown(t)
	v := g.village("MX0427")
	dir := memory(t)
	v.lodge(20)
	first := v.export(dir)
	var ops []string
	count := func(o *courier.Options) {
		o.Before = func(op, _ string) error { ops = append(ops, op); return nil }
	}
	done, err := courier.Export(t.Context(), dir, v.options(count))
	if err != nil || done.Serial != first.Serial || done.Total() != first.Total() {
		t.Fatalf("%+v, %v", done, err)
	}
	before := files(t, dir)
	v.lodge(1)
	done = v.export(dir)
	if done.Serial != 2 || done.Total() != 31 {
		t.Fatalf("%+v", done)
	}
	kept, packs := 0, 0
	for path := range files(t, dir) {
		if _, ok := before[path]; ok {
			kept++
		}
		if strings.HasSuffix(path, ".pack") {
			packs++
		}
	}
	if kept != 1 || packs != 2 {
		t.Fatalf("%d files kept, %d packs", kept, packs)
	}
	// A pack that rots is written anew.
	for path, content := range files(t, dir) {
		if strings.HasSuffix(path, ".pack") {
			content[len(content)/2] ^= 1
			if err := os.WriteFile(path, content, 0o600); err != nil {
				t.Fatal(err)
			}
		}
	}
	v.export(dir)
	if got := g.received(dir); got.Err != nil || got.Stored != 31 {
		t.Fatalf("%+v", got)
	}
}

func TestDamagedRecordsStayAtHome(t *testing.T) {
	g := newTown(t)
	v := g.village("MX0427")
	v.lodge(3)
	dir := memory(t)
	done, err := courier.Export(t.Context(), dir, v.options(func(o *courier.Options) { o.Outbox = damaged{v.Outbox} }))
	if err != nil || done.Damaged != 3 || done.Counts[outbox.LaneBlobs] != 1 {
		t.Fatalf("%+v, %v", done, err)
	}
}
