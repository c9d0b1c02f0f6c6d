package pilot

import (
	"os"
	"path/filepath"
	"testing"

	items "zhizhu/assets/catalog"
	"zhizhu/offline/catalog"
	"zhizhu/offline/catalog/load"
)

// The scripts that ship are played through the real catalogue and the real visit: their words are still on the screen.
func TestShippedScripts(t *testing.T) {
	scripts, err := filepath.Glob("../../packaging/pilot/*.pilot")
	if err != nil || len(scripts) == 0 {
		t.Fatalf("no scripts: %v", err)
	}
	cat := shipped(t)
	for _, path := range scripts {
		t.Run(filepath.Base(path), func(t *testing.T) {
			f, err := os.Open(path)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
			commands, err := Parse(path, f)
			if err != nil {
				t.Fatal(err)
			}
			w := newWindowOver(t, cat)
			r := runner(t, w, &played{w: w})
			r.Catalog = cat
			if err := r.Run(t.Context(), commands); err != nil {
				t.Error(err)
			}
			if len(w.lodged) == 0 || len(w.shots) == 0 {
				t.Errorf("%d lodged, %d pictures: want some of both", len(w.lodged), len(w.shots))
			}
		})
	}
}

// Every item that ships can be served to its receipt.
func TestServeShippedItems(t *testing.T) {
	cat := shipped(t)
	w := newWindowOver(t, cat)
	r := runner(t, w, &played{w: w})
	r.Catalog = cat
	served := 0
	for _, it := range cat.Items {
		if it.Kind == catalog.PayGuide && it.Offline == catalog.OfflineGuide {
			continue
		}
		for seed := range uint64(20) {
			if _, err := r.Serve(t.Context(), it.ID, seed); err != nil {
				t.Errorf("seed %d: %v", seed, err)
				break
			}
			served++
		}
	}
	if len(w.lodged) != served || served < 12*20 {
		t.Errorf("%d lodged of %d served", len(w.lodged), served)
	}
}

func shipped(t *testing.T) *catalog.Catalog {
	t.Helper()
	cat, err := load.Load(items.FS())
	if err != nil {
		t.Fatal(err)
	}
	return cat
}
