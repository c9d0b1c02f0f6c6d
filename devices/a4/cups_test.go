package a4_test

import (
	"bytes"
	"testing"

	"zhizhu/devices"
	"zhizhu/devices/a4"
)

var done = devices.PrintResult{Outcome: devices.Printed}

func TestADocumentComesOutOfThePrinter(t *testing.T) {
	r := cups(t)
	p := r.driver()
	if st := r.look(p); st.State != devices.Ready || st.Paper != devices.PaperOK || st.Model == "" {
		t.Errorf("before: %+v", st)
	}
	if res := p.Print(t.Context(), a4.Job{Title: "测试页", PDF: a4.TestPage()}); res != done {
		t.Errorf("result %+v", res)
	}
	out := r.printed()
	if len(out) != 1 || !bytes.HasPrefix(out[0], []byte("%PDF-")) {
		t.Fatalf("%d documents came out", len(out))
	}
	r.nothingKept()
	if st := r.look(p); st.State != devices.Ready {
		t.Errorf("afterwards: %+v", st)
	}
}
