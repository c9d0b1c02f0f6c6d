package audit

import (
	"bytes"
	"strings"
	"testing"

	"zhizhu/offline/seal"
	"zhizhu/offline/store"
)

// Every single act that is killed off, altered or put in is named, at every place of the chain.
func TestTamperedStore(t *testing.T) {
	const n = 9
	get := func(tx *store.Tx, seq uint64) []byte { return bytes.Clone(tx.Get(recordTable, seqKey(seq))) }
	for name, c := range map[string]struct {
		do   func(r *rig, tx *store.Tx, seq uint64)
		want func(seq uint64) Fault
	}{
		"body altered": {func(_ *rig, tx *store.Tx, seq uint64) {
			_ = tx.Put(recordTable, seqKey(seq), bytes.Replace(get(tx, seq), []byte("synced"), []byte("offset"), 1))
		}, func(seq uint64) Fault { return Fault{Kind: Altered, Seq: seq, Through: seq} }},
		"one bit of every part": {func(_ *rig, tx *store.Tx, seq uint64) {
			v := get(tx, seq)
			v[int(seq)*11%len(v)] ^= 4
			_ = tx.Put(recordTable, seqKey(seq), v)
		}, func(seq uint64) Fault { return Fault{Kind: Altered, Seq: seq, Through: seq} }},
		"emptied": {func(_ *rig, tx *store.Tx, seq uint64) {
			_ = tx.Put(recordTable, seqKey(seq), []byte{1})
		}, func(seq uint64) Fault { return Fault{Kind: Altered, Seq: seq, Through: seq} }},
		"removed": {func(_ *rig, tx *store.Tx, seq uint64) {
			_ = tx.Delete(recordTable, seqKey(seq))
		}, func(seq uint64) Fault { return Fault{Kind: Removed, Seq: seq, Through: seq} }},
		"altered, all hashes made anew": {func(_ *rig, tx *store.Tx, seq uint64) {
			rewrite(tx, seq, func(b []byte) []byte { return bytes.Replace(b, []byte("synced"), []byte("offset"), 1) })
		}, func(seq uint64) Fault { return Fault{Kind: Altered, Seq: seq, Through: seq} }},
		"put in, all numbers made anew": {func(_ *rig, tx *store.Tx, seq uint64) {
			putIn(tx, seq)
		}, func(seq uint64) Fault { return Fault{Kind: Inserted, Seq: seq, Through: seq} }},
	} {
		t.Run(name, func(t *testing.T) {
			for seq := uint64(1); seq <= n; seq++ {
				r := filled(t, n)
				r.change(t, func(tx *store.Tx) { c.do(r, tx, seq) })
				got := r.verify(t, r.options())
				want := c.want(seq)
				if got.First == nil || got.First.Kind != want.Kind || got.First.Seq != want.Seq || got.First.Through != want.Through {
					t.Errorf("at %d: %+v, want %+v", seq, got.First, want)
				}
				if got.Last != seq-1 {
					t.Errorf("at %d: right up to %d", seq, got.Last)
				}
			}
		})
	}
}

// rewrite changes a record and makes the hashes from there on fit, as somebody can who has the disk but no key.
func rewrite(tx *store.Tx, from uint64, change func([]byte) []byte) {
	var prev hash
	if l, err := decodeLink(tx.Get(recordTable, seqKey(from-1))); err == nil {
		prev = l.hash
	}
	for seq := from; ; seq++ {
		l, err := decodeLink(bytes.Clone(tx.Get(recordTable, seqKey(seq))))
		if err != nil {
			_ = tx.Put(stateTable, headKey, point{seq - 1, prev}.encode())
			return
		}
		if seq == from {
			l.body = change(l.body)
		}
		l.hash = follow(prev, l.body)
		prev = l.hash
		_ = tx.Put(recordTable, seqKey(seq), l.encode())
	}
}

// putIn puts a record in before seq, and numbers and links those behind it anew.
func putIn(tx *store.Tx, seq uint64) {
	var later []link
	for s := seq; ; s++ {
		l, err := decodeLink(bytes.Clone(tx.Get(recordTable, seqKey(s))))
		if err != nil {
			break
		}
		r, _ := decodeRecord(l.body)
		r.Seq++
		l.body, _ = r.encode()
		later = append(later, l)
	}
	forged := lodged(77)
	forged.Seq = seq
	forged.clean()
	body, _ := forged.encode()
	all := append([]link{{kid: later[0].kid, body: body}}, later...)
	for i, l := range all {
		_ = tx.Put(recordTable, seqKey(seq+uint64(i)), l.encode())
	}
	rewrite(tx, seq, func(b []byte) []byte { return b })
}

// Somebody without the key cuts off the tail: only a head that the gateway has tells.
func TestTailCutOff(t *testing.T) {
	r := filled(t, 9)
	reported := []Head{r.head(t)}
	r.change(t, func(tx *store.Tx) {
		l, _ := decodeLink(tx.Get(recordTable, seqKey(6)))
		for seq := uint64(7); seq <= 9; seq++ {
			_ = tx.Delete(recordTable, seqKey(seq))
		}
		_ = tx.Put(stateTable, headKey, point{6, l.hash}.encode())
	})
	o := r.options()
	if got := r.verify(t, o); !got.Sound() {
		t.Fatalf("without the gateway's head this can't be seen, and must not be claimed: %+v", got.First)
	}
	o.Heads = reported
	if got := r.verify(t, o); got.First == nil || got.First.Kind != Removed || got.First.Seq != 7 || got.First.Through != 9 {
		t.Fatalf("%+v", got.First)
	}
	// Cut off carelessly, the chain's own head tells.
	r = filled(t, 9)
	r.change(t, func(tx *store.Tx) { _ = tx.Delete(recordTable, seqKey(9)) })
	if got := r.verify(t, r.options()); got.First == nil || got.First.Kind != Removed || got.First.Seq != 9 {
		t.Fatalf("%+v", got.First)
	}
	for name, fn := range map[string]func(tx *store.Tx){
		"gone":      func(tx *store.Tx) { _ = tx.Delete(stateTable, headKey) },
		"elsewhere": func(tx *store.Tx) { _ = tx.Put(stateTable, headKey, point{9, hash{1}}.encode()) },
		"behind":    func(tx *store.Tx) { _ = tx.Put(stateTable, headKey, point{5, hash{1}}.encode()) },
	} {
		r = filled(t, 9)
		r.change(t, fn)
		if got := r.verify(t, r.options()); got.First == nil {
			t.Errorf("head is %s: not found", name)
		}
	}
}

// Somebody with the station key writes the chain anew, from one record on: every head that was reported after it tells.
func TestRewrittenWithTheKey(t *testing.T) {
	r := filled(t, 4)
	heads := []Head{r.head(t)}
	for i := range 4 {
		if err := r.Append(t.Context(), lodged(i)); err != nil {
			t.Fatal(err)
		}
		heads = append(heads, r.head(t))
	}
	r.change(t, func(tx *store.Tx) {
		l, _ := decodeLink(tx.Get(recordTable, seqKey(5)))
		for seq := uint64(6); seq <= 8; seq++ {
			_ = tx.Delete(recordTable, seqKey(seq))
		}
		_ = tx.Put(stateTable, headKey, point{5, l.hash}.encode())
		for i := range 5 {
			_ = r.AppendTx(tx, lodged(90+i))
		}
	})
	o := r.options()
	if got := r.verify(t, o); !got.Sound() {
		t.Fatalf("consistent in itself: %+v", got.First)
	}
	o.Heads = heads
	got := r.verify(t, o)
	if got.First == nil || got.First.Kind != Rewritten || got.First.Seq != 6 || got.First.Through != 6 || got.Heads != 2 {
		t.Fatalf("%+v, %d heads", got.First, got.Heads)
	}
	if _, err := VerifyStore(t.Context(), r.store, VerifyOptions{Heads: []Head{{Seq: 3, Hash: "x"}}}); err == nil {
		t.Fatal("a head that is none was taken")
	}
}

// A back-up that was put back looks like the attack, and is explained by its own record.
func TestRestoredBackup(t *testing.T) {
	r := filled(t, 9)
	o := r.options()
	o.Heads = []Head{r.head(t)}
	r.change(t, func(tx *store.Tx) {
		l, _ := decodeLink(tx.Get(recordTable, seqKey(6)))
		for seq := uint64(7); seq <= 9; seq++ {
			_ = tx.Delete(recordTable, seqKey(seq))
		}
		_ = tx.Put(stateTable, headKey, point{6, l.hash}.encode())
		for i := range 3 {
			_ = r.AppendTx(tx, Record{Role: Machine, Act: []string{ActRestored, "x", "y"}[i]})
		}
	})
	got := r.verify(t, o)
	if got.First == nil || got.First.Kind != Rewritten || got.Restored != 7 || !strings.Contains(got.words(), "备份") {
		t.Fatalf("%+v, restored %d", got.First, got.Restored)
	}
}

// After the station key was lost and made anew, older records stand by what was written after them.
func TestOtherStationKey(t *testing.T) {
	r := filled(t, 5)
	other, err := seal.NewBox(bytes.Repeat([]byte{6}, seal.StationKeySize))
	if err != nil {
		t.Fatal(err)
	}
	if got := r.verify(t, VerifyOptions{Box: other}); got.First != nil || got.Unproven != 5 || got.Sound() {
		t.Fatalf("%+v", got)
	}
	if got := r.verify(t, VerifyOptions{Heads: []Head{r.head(t)}}); !got.Sound() {
		t.Fatalf("the gateway's head proves it without any key: %+v", got)
	}
	o := r.o
	o.Box = other
	again, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Append(t.Context(), lodged(6)); err != nil {
		t.Fatal(err)
	}
	if got := r.verify(t, VerifyOptions{Box: other}); !got.Sound() {
		t.Fatalf("%+v", got)
	}
	if got := r.verify(t, VerifyOptions{Box: r.box}); got.Unproven != 1 {
		t.Fatalf("%+v", got)
	}
}
