package courier_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"zhizhu/offline/courier"
	"zhizhu/offline/courier/arrival"
	"zhizhu/offline/courier/stick"
	"zhizhu/offline/outbox"
	"zhizhu/offline/wire"
)

// puller pulls a stick out before its nth change: from then on nothing can be written, and what was not synced yet is
// there by half.
type puller struct {
	dir  string
	at   int
	n    int
	once bool // it was a loose contact: only that change fails
}

func (p *puller) before(op, name string) error {
	p.n++
	if p.at == 0 || p.n < p.at || p.once && p.n > p.at {
		return nil
	}
	if p.n == p.at && (op == "write" || op == "sync") {
		path := filepath.Join(p.dir, name)
		if info, err := os.Stat(path); err == nil {
			_ = os.Truncate(path, info.Size()/2)
		}
	}
	return syscall.EIO
}

func TestPulledOutAtEachMomentOfAnExport(t *testing.T) {
	g := newTown(t)
	v := g.village("MX0427")
	first := memory(t)
	v.lodge(3) // and one attachment
	v.export(first)
	v.lodge(3) // and two
	for _, before := range []string{first, memory(t)} {
		old := 4
		if before != first {
			old = 0
		}
		whole := &puller{}
		_, err := courier.Export(t.Context(), copyStick(t, before), v.options(func(o *courier.Options) { o.Before = whole.before }))
		if err != nil || whole.n < 10 {
			t.Fatal(err, whole.n)
		}
		for i := range 2 * whole.n {
			at := i/2 + 1
			dir := copyStick(t, before)
			p := &puller{dir: dir, at: at, once: i%2 == 1}
			done, err := courier.Export(t.Context(), dir, v.options(func(o *courier.Options) { o.Before = p.before }))
			if !errors.Is(err, stick.ErrMedium) || stick.Words(err) == "" {
				t.Fatalf("change %d: %v", at, err)
			}
			all, err := g.receive(dir)
			switch {
			case old == 0 && (errors.Is(err, stick.ErrEmpty) || err == nil && (errors.Is(all[0].Err, stick.ErrEmpty) || errors.Is(all[0].Err, stick.ErrTorn))):
			case err != nil || len(all) != 1:
				t.Fatalf("change %d: %+v, %v", at, all, err)
			case all[0].Err != nil && !errors.Is(all[0].Err, stick.ErrOld), len(all[0].Problems) > 0:
				t.Fatalf("change %d: %+v", at, all[0])
			default:
				if n := all[0].Stored + all[0].Again; n != old && n != 9 || done.Serial > 0 && n != done.Total() {
					t.Fatalf("change %d: %d packets, report %+v", at, n, done)
				}
			}
			// Plugged in again, it is as good as ever, and holds nothing that isn't needed.
			if done := v.export(dir); done.Total() != 9 {
				t.Fatalf("change %d, again: %+v", at, done)
			}
			if got := g.received(dir); got.Stored+got.Again != 9 || got.Err != nil && !errors.Is(got.Err, stick.ErrOld) {
				t.Fatalf("change %d, again: %+v", at, got)
			}
			if n := len(files(t, dir)); n > 4 {
				t.Fatalf("change %d: %d files are left", at, n)
			}
		}
	}
	if n := len(g.stored()); n != 6 {
		t.Fatalf("%d stored", n)
	}
}

func TestPulledOutAtEachMomentOfAReception(t *testing.T) {
	g := newTown(t)
	v := g.village("MX0427")
	base := memory(t)
	lodged := v.lodge(3)
	v.export(base)
	g.received(base)
	if _, err := g.Send(t.Context(), wire.Letter{Kind: wire.LetterAccepted, Matter: lodged[0].ID}); err != nil {
		t.Fatal(err)
	}
	v.lodge(3)
	v.export(base) // with the first answer still on it
	whole := &puller{}
	if _, err := g.receive(copyStick(t, base), func(o *arrival.Options) { o.Before = whole.before }); err != nil || whole.n < 8 {
		t.Fatal(err, whole.n)
	}
	for i := range 2 * whole.n {
		at := i/2 + 1
		dir := copyStick(t, base)
		p := &puller{dir: dir, at: at, once: i%2 == 1}
		all, err := g.receive(dir, func(o *arrival.Options) { o.Before = p.before })
		if err != nil || !errors.Is(all[0].Err, stick.ErrMedium) || all[0].Stored+all[0].Again != 9 {
			t.Fatalf("change %d: %+v, %v", at, all, err)
		}
		if acks := answered(t, v, dir); acks != 4 && acks != 9 {
			t.Fatalf("change %d: %d acknowledgements on the stick", at, acks)
		}
		g.received(dir)
		if acks := answered(t, v, dir); acks != 9 {
			t.Fatalf("change %d, again: %d acknowledgements on the stick", at, acks)
		}
		if i == 2*whole.n-1 {
			if in, err := courier.Import(t.Context(), dir, v.options()); err != nil || in.Acknowledged != 9 || in.Letters != 1 {
				t.Fatalf("%+v, %v", in, err)
			}
		}
	}
}

// What is on the stick after a power cut is what was synced, in this order: packs, their names, the manifest, its name; and
// nothing goes before that.
func TestOrderOfWriting(t *testing.T) {
	g := newTown(t)
	v := g.village("MX0427")
	dir := memory(t)
	v.lodge(2)
	v.export(dir)
	waiting, err := v.Pending(t.Context(), outbox.LaneMatters, 1, nil)
	if err != nil {
		t.Fatal(err)
	}
	v.byLine(waiting[0])
	v.lodge(2)
	var ops []string
	note := func(op, name string) error {
		if name = filepath.Base(name); strings.HasSuffix(name, ".pack") {
			name = "pack"
		}
		if op != "write" && name != "reserve.half" && (len(ops) == 0 || ops[len(ops)-1] != op+" "+name) {
			ops = append(ops, op+" "+name)
		}
		return nil
	}
	if _, err := courier.Export(t.Context(), dir, v.options(func(o *courier.Options) { o.Before = note })); err != nil {
		t.Fatal(err)
	}
	if want := []string{
		"create pack", "sync pack", "remove export-00000002.half", "create export-00000002.half", "sync export-00000002.half",
		"syncdir to-gateway", "rename export-00000002.manifest", "syncdir to-gateway", "remove export-00000001.manifest",
		"syncdir to-gateway",
	}; !slices.Equal(ops, want) {
		t.Errorf("export: %q", ops)
	}
}

// answered counts the acknowledgements on a stick.
func answered(t testing.TB, v *village, dir string) int {
	t.Helper()
	d, err := stick.Open(stick.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = d.Close() }()
	f, err := d.Folder(v.id.Terminal, stick.KindAnswer)
	if err != nil {
		t.Fatal(err)
	}
	found, _, err := f.Newest(v.id.AckKey)
	if err != nil {
		t.Fatal(err)
	}
	a, err := stick.DecodeAnswer(found.Body)
	if err != nil {
		t.Fatal(err)
	}
	return len(a.Acks)
}

func TestFullAtEachPacket(t *testing.T) {
	g := newTown(t)
	v := g.village("MX0427")
	first := memory(t)
	v.lodge(3)
	v.export(first)
	v.everything()
	const all = 4 + 9
	for n := 1; n <= all-4; n++ {
		dir := copyStick(t, first)
		writes := 0
		done, err := courier.Export(t.Context(), dir, v.options(func(o *courier.Options) {
			o.Before = func(op, name string) error {
				if op == "write" && strings.HasSuffix(name, ".pack") {
					if writes++; writes >= n {
						return syscall.ENOSPC
					}
				}
				return nil
			}
		}))
		if !errors.Is(err, stick.ErrFull) || done.Total() != 4+n-1 || done.Total()+done.Left() != all {
			t.Fatalf("packet %d: %+v, %v", n, done, err)
		}
		if n < all-4 && done.Missing[outbox.LaneEvents] != 1 || done.Missing[outbox.LaneRatings] > 0 && n > 1 {
			t.Fatalf("packet %d: the least urgent must stay: %+v", n, done.Missing)
		}
		if got := g.received(dir); got.Stored+got.Again != done.Total() || len(got.Problems) > 0 {
			t.Fatalf("packet %d: %+v", n, got)
		}
	}
	// No room even for a manifest: what was there stays.
	dir := copyStick(t, first)
	done, err := courier.Export(t.Context(), dir, v.options(func(o *courier.Options) {
		o.Before = func(op, _ string) error {
			if op == "write" || op == "create" {
				return syscall.ENOSPC
			}
			return nil
		}
	}))
	if !errors.Is(err, stick.ErrFull) || done.Serial != 0 {
		t.Fatalf("%+v, %v", done, err)
	}
	if got := g.received(dir); got.Again != 4 {
		t.Fatalf("%+v", got)
	}
}

func TestNoRoomForTheAnswer(t *testing.T) {
	g := newTown(t)
	v := g.village("MX0427")
	dir := memory(t)
	lodged := v.lodge(3)
	v.export(dir)
	g.received(dir)
	for _, l := range lodged {
		if _, err := g.Send(t.Context(), wire.Letter{Kind: wire.LetterAccepted, Matter: l.ID}); err != nil {
			t.Fatal(err)
		}
	}
	packs := 0
	all, err := g.receive(dir, func(o *arrival.Options) {
		o.Before = func(op, name string) error {
			if op == "write" && strings.HasSuffix(name, ".pack") {
				if packs++; packs > 1 {
					return syscall.ENOSPC
				}
			}
			return nil
		}
	})
	if err != nil || !errors.Is(all[0].Err, stick.ErrFull) || all[0].Letters != 1 || all[0].Left != 2 {
		t.Fatalf("%+v, %v", all, err)
	}
	in, err := courier.Import(t.Context(), dir, v.options())
	if err != nil || in.Letters != 1 || !in.More || in.Acknowledged != 4 {
		t.Fatalf("%+v, %v", in, err)
	}
	v.export(dir) // says how far it came
	if got := g.received(dir); got.Letters != 2 || got.Left != 0 {
		t.Fatalf("%+v", got)
	}
	if in, err := courier.Import(t.Context(), dir, v.options()); err != nil || in.Letters != 2 || in.More {
		t.Fatalf("%+v, %v", in, err)
	}
}

func TestAnEarlierAnswerGivesWay(t *testing.T) {
	g := newTown(t)
	v := g.village("MX0427")
	dir := memory(t)
	v.lodge(3)
	v.export(dir)
	g.received(dir)
	v.lodge(1)
	v.export(dir)
	gone := false
	all, err := g.receive(dir, func(o *arrival.Options) {
		o.Before = func(op, name string) error {
			gone = gone || op == "remove" && strings.HasSuffix(name, "answer-00000001.manifest")
			if op == "create" && !gone {
				return syscall.ENOSPC
			}
			return nil
		}
	})
	if err != nil || all[0].Err != nil || !gone || answered(t, v, dir) != 6 {
		t.Fatalf("%+v, %v", all, err)
	}
}

func TestRefusedAndUnkept(t *testing.T) {
	g := newTown(t)
	v := g.village("MX0427")
	dir := memory(t)
	v.lodge(3)
	// Sealed for another gateway, of another station.
	other := newTown(t).village("MX0001")
	other.lodge(1)
	mixed := v.options(func(o *courier.Options) { o.Outbox = two{v.Outbox, other.Outbox} })
	if _, err := courier.Export(t.Context(), dir, mixed); err != nil {
		t.Fatal(err)
	}
	got := g.received(dir)
	if got.Err != nil || got.Stored != 4 || len(got.Refused) != 1 || got.Refused[0].Lane != wire.LaneMatters {
		t.Fatalf("%+v", got)
	}
	in, err := courier.Import(t.Context(), dir, v.options())
	if err != nil || in.Acknowledged != 4 || !slices.Equal(in.Refused, got.Refused) {
		t.Fatalf("%+v, %v", in, err)
	}
	// A gateway that can't keep anything now is asked no more than it must be; its words are told, nothing is lost.
	v.lodge(8)
	v.export(dir)
	g.deaf = errors.New("disk is full")
	got = g.received(dir)
	if !errors.Is(got.Err, g.deaf) || got.Stored != 0 || len(got.Problems) != 3 {
		t.Fatalf("%+v", got)
	}
	g.deaf = nil
	if got := g.received(dir); got.Err != nil || got.Stored != 12 {
		t.Fatalf("%+v", got)
	}
}

func TestForeignSticks(t *testing.T) {
	g, far := newTown(t), newTown(t)
	v, twin := g.village("MX0427"), far.village("MX0427") // of the same name, in another system
	other := g.village("MX0001")
	v.lodge(2)
	twin.lodge(2)
	empty, strange, others, unanswered, mixed := memory(t), memory(t), memory(t), memory(t), memory(t)
	twin.export(strange)
	other.export(others)
	v.export(unanswered)
	g.received(others)

	for name, c := range map[string]struct {
		dir  string
		want error
	}{
		"no stick":             {filepath.Join(empty, "nowhere"), stick.ErrNoFolder},
		"nothing on it":        {empty, stick.ErrEmpty},
		"another terminal's":   {others, stick.ErrForeign},
		"another system's":     {strange, stick.ErrForeign},
		"not at a gateway yet": {unanswered, stick.ErrUnanswered},
	} {
		if _, err := courier.Import(t.Context(), c.dir, v.options()); !errors.Is(err, c.want) || stick.Words(err) == "" {
			t.Errorf("import, %s: %v", name, err)
		}
	}
	// The gateway: an unknown name, and a known one with another key.
	if _, err := g.receive(empty); !errors.Is(err, stick.ErrEmpty) {
		t.Errorf("receive, nothing on it: %v", err)
	}
	if got := g.received(strange); !errors.Is(got.Err, stick.ErrForeign) || got.Stored != 0 {
		t.Errorf("receive, another system's: %+v", got)
	}
	if got := far.received(others); !errors.Is(got.Err, stick.ErrForeign) {
		t.Errorf("receive, a stranger's: %+v", got)
	}
	// Nothing is written over what another system's twin has there.
	before := files(t, strange)
	if _, err := courier.Export(t.Context(), strange, v.options()); !errors.Is(err, stick.ErrForeign) {
		t.Errorf("export to another system's: %v", err)
	}
	if !slices.EqualFunc(keys(before), keys(files(t, strange)), func(a, b string) bool { return a == b }) {
		t.Error("the other system's stick was changed")
	}
	// One stick may serve many terminals; a bad one keeps no other from being taken.
	v.export(mixed)
	other.lodge(1)
	other.export(mixed)
	if err := os.CopyFS(filepath.Join(mixed, "zhizhu-courier", "XX0001-1"), os.DirFS(filepath.Join(strange, "zhizhu-courier", "MX0427-1"))); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(mixed, "zhizhu-courier", stick.Catalogue), 0o700); err != nil {
		t.Fatal(err)
	}
	all, err := g.receive(mixed)
	if err != nil || len(all) != 3 {
		t.Fatalf("%+v, %v", all, err)
	}
	for _, r := range all {
		if (r.Terminal == "XX0001-1") != errors.Is(r.Err, stick.ErrForeign) || r.Terminal != "XX0001-1" && r.Stored == 0 {
			t.Errorf("%+v", r)
		}
	}
	// Another terminal's answer, put into this one's folder.
	moved := memory(t)
	if err := os.CopyFS(filepath.Join(moved, "zhizhu-courier", v.id.Terminal), os.DirFS(filepath.Join(others, "zhizhu-courier", other.id.Terminal))); err != nil {
		t.Fatal(err)
	}
	if _, err := courier.Import(t.Context(), moved, v.options()); !errors.Is(err, stick.ErrForeign) {
		t.Errorf("import, another terminal's answer: %v", err)
	}
	// A renamed folder is not its terminal's.
	if err := os.Rename(filepath.Join(mixed, "zhizhu-courier", v.id.Terminal), filepath.Join(mixed, "zhizhu-courier", "MX0001-9")); err != nil {
		t.Fatal(err)
	}
	all, _ = g.receive(mixed)
	for _, r := range all {
		if r.Terminal == "MX0001-9" && !errors.Is(r.Err, stick.ErrForeign) {
			t.Errorf("%+v", r)
		}
	}
}

func keys(m map[string][]byte) []string {
	var all []string
	for k := range m {
		all = append(all, k)
	}
	slices.Sort(all)
	return all
}

func TestRevokedTerminal(t *testing.T) {
	g := newTown(t)
	v := g.village("MX0427")
	dir := memory(t)
	v.lodge(1)
	v.export(dir)
	if err := g.Revoke(t.Context(), v.id.Terminal); err != nil {
		t.Fatal(err)
	}
	if got := g.received(dir); !errors.Is(got.Err, stick.ErrForeign) || got.Stored != 0 {
		t.Fatalf("%+v", got)
	}
}

func TestSticksThatCantBeWritten(t *testing.T) {
	g := newTown(t)
	v := g.village("MX0427")
	v.lodge(1)
	for errno, want := range map[syscall.Errno]error{
		syscall.EROFS: stick.ErrReadOnly, syscall.EACCES: stick.ErrReadOnly, syscall.ENODEV: stick.ErrMedium, syscall.ENOSPC: stick.ErrFull,
	} {
		_, err := courier.Export(t.Context(), memory(t), v.options(func(o *courier.Options) {
			o.Before = func(string, string) error { return errno }
		}))
		if !errors.Is(err, want) || stick.Words(err) == "" {
			t.Errorf("%v: %v", errno, err)
		}
	}
	home := memory(t)
	if _, err := courier.Export(t.Context(), home, v.options(func(o *courier.Options) { o.Home = home })); !errors.Is(err, stick.ErrNotMounted) {
		t.Errorf("the machine's own disk: %v", err)
	}
}

func TestFoldersInOtherCaseAndLinks(t *testing.T) {
	g := newTown(t)
	v := g.village("MX0427")
	v.lodge(2)
	dir := memory(t)
	v.export(dir)
	root := filepath.Join(dir, "zhizhu-courier")
	if err := os.Rename(filepath.Join(root, v.id.Terminal), filepath.Join(root, strings.ToLower(v.id.Terminal))); err != nil {
		t.Fatal(err)
	}
	g.received(dir)
	if in, err := courier.Import(t.Context(), dir, v.options()); err != nil || in.Acknowledged != 3 {
		t.Fatalf("%+v, %v", in, err)
	}
	// A link that leads off the stick is not followed.
	outside, bad := memory(t), memory(t)
	if err := errors.Join(os.Mkdir(filepath.Join(bad, "zhizhu-courier"), 0o700),
		os.Symlink(outside, filepath.Join(bad, "zhizhu-courier", v.id.Terminal))); err != nil {
		t.Fatal(err)
	}
	if _, err := courier.Export(t.Context(), bad, v.options()); err == nil {
		t.Error("a link off the stick was followed")
	}
	if n := len(files(t, outside)); n != 0 {
		t.Errorf("%d files outside", n)
	}
}

func TestWordsForEachKind(t *testing.T) {
	seen := map[string]bool{}
	for _, kind := range []error{
		stick.ErrNoFolder, stick.ErrNotMounted, stick.ErrEmpty, stick.ErrUnanswered, stick.ErrTorn, stick.ErrAltered, stick.ErrFull,
		stick.ErrOld, stick.ErrForeign, stick.ErrNewer, stick.ErrReadOnly, stick.ErrMedium,
	} {
		text := stick.Words(fmt.Errorf("export to stick: %w", kind))
		if text == "" || seen[text] || !strings.HasSuffix(text, "。") {
			t.Errorf("%v: %q", kind, text)
		}
		seen[text] = true
	}
	if text := stick.Words(errors.New("else")); text != "" {
		t.Errorf("other errors: %q", text)
	}
}
