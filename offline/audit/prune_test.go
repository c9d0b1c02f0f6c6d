package audit

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"

	"zhizhu/offline/store"
)

func TestPrune(t *testing.T) {
	r := filled(t, 1300)
	o := r.options()
	r.now = r.now.Add(time.Hour)
	o.Heads = []Head{{Seq: 2, Hash: strings.Repeat("0", 64)}, r.head(t)} // the first is older than what stays
	if n, err := r.Prune(t.Context(), r.now, 0); n != 0 || err != nil {
		t.Fatalf("nothing was reported: %d, %v", n, err)
	}
	n, err := r.Prune(t.Context(), r.now, 1200)
	if err != nil || n != 1200 {
		t.Fatalf("%d, %v", n, err)
	}
	got := r.verify(t, o)
	if !got.Sound() || got.After != 1200 || got.Records != 100+3 || got.TooOld != 1 || got.Heads != 1 || got.Terminal != "MX0427-1" {
		t.Fatalf("%+v", got)
	}
	if n, err := r.Prune(t.Context(), r.now.Add(-30*time.Hour), 1<<40); n != 0 || err != nil {
		t.Fatalf("all are younger: %d, %v", n, err)
	}
	if n, err := r.Prune(t.Context(), r.now.Add(time.Second), 1<<40); n != 102 || err != nil {
		t.Fatalf("all but the newest: %d, %v", n, err)
	}
	if got := r.verify(t, r.options()); !got.Sound() {
		t.Fatalf("%+v", got)
	}
	for name, fn := range map[string]func(tx *store.Tx){
		"forged checkpoint": func(tx *store.Tx) {
			text := bytes.Replace(bytes.Clone(tx.Get(stateTable, checkpointKey)), []byte(`"seq":12`), []byte(`"seq":11`), 1)
			_ = tx.Put(stateTable, checkpointKey, text)
		},
		"torn checkpoint": func(tx *store.Tx) { _ = tx.Put(stateTable, checkpointKey, []byte("{")) },
		"no checkpoint":   func(tx *store.Tx) { _ = tx.Delete(stateTable, checkpointKey) },
	} {
		copied := filled(t, 1300)
		if _, err := copied.Prune(t.Context(), copied.now.Add(time.Hour), 1299); err != nil {
			t.Fatal(err)
		}
		copied.change(t, fn)
		if got := copied.verify(t, copied.options()); got.First == nil {
			t.Errorf("%s: not found", name)
		}
	}
}

func TestPruneKeepsEvidence(t *testing.T) {
	r := filled(t, 9)
	r.change(t, func(tx *store.Tx) { _ = tx.Put(recordTable, seqKey(4), []byte("altered")) })
	n, err := r.Prune(t.Context(), r.now.Add(time.Hour), 9)
	if err != nil || n != 3 {
		t.Fatalf("%d, %v", n, err)
	}
	if got := r.verify(t, r.options()); got.First == nil || got.First.Seq != 4 {
		t.Fatalf("%+v", got.First)
	}
}

func BenchmarkAppend(b *testing.B) {
	r := newRig(b)
	for i := 0; b.Loop(); i++ {
		if err := r.Append(b.Context(), lodged(i)); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkAppendTx is what a record adds to the caller's transaction, the commit left out.
func BenchmarkAppendTx(b *testing.B) {
	r := filled(b, 10_000)
	stop := errors.New("stop")
	err := r.store.Update(b.Context(), func(tx *store.Tx) error {
		for i := 0; b.Loop(); i++ {
			if err := r.AppendTx(tx, lodged(i)); err != nil {
				return err
			}
		}
		return stop
	})
	if !errors.Is(err, stop) {
		b.Fatal(err)
	}
}

func BenchmarkVerify10K(b *testing.B) {
	r := filled(b, 10_000)
	for b.Loop() {
		if got := r.verify(b, r.options()); !got.Sound() {
			b.Fatal(got.First)
		}
	}
}
