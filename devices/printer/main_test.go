package printer_test

import (
	"flag"
	"fmt"
	"os"
	"testing"
)

// TestMain runs many tests at a time: they wait for the wire and for paper, not for a processor.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "16"); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	os.Exit(m.Run())
}
