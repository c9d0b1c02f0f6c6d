package main

import (
	"strings"
	"testing"
)

const good = `goos: linux
BenchmarkLodge-2       	     100	   1200345 ns/op	         2.10 x-raw
BenchmarkCardToFields/115200-2	       5	 150200345 ns/op	         16.5 over-ms
BenchmarkCardToFields/9600-2	       5	 150200345 ns/op	         45.0 over-ms
BenchmarkVisit-2       	       5	 350200345 ns/op	         6.5 card-over-ms	 9.6 commit-to-byte-ms
BenchmarkReceipt-2     	       5	 150200345 ns/op	         3.5 ms-to-first-byte-worst	 1.01 x-wire-time-median	 2.0 ms-longest-gap
BenchmarkQueued-2     	       1	 150200345 ns/op	         3.3 anon-MiB
BenchmarkPut/senders=64-2     	       1	 15020 ns/op	         21342 rec/s
BenchmarkMillionIDs-2     	       1	 150200345 ns/op	         12.9 anon-MB
BenchmarkPut/gateways=1/senders=64-2     	       1	 150 ns/op	         18095 rec/s	6.5 x-plain
BenchmarkDrain-2     	       1	 150 ns/op	         1709 matters/s
BenchmarkReceive-2     	       1	 150 ns/op	         2244 matters/s
PASS
`

const codes = `BenchmarkBlackbox-2             	1	1689756501 ns/op	0 false-reads	716 pictures	641 read	75 unread
BenchmarkBesideZbar/720p-2      	1	2206757794 ns/op	0 false-reads	0.30 x-zbar
BenchmarkBlackboxBesideZbar-2   	1	9467722216 ns/op	5 false-reads	0.47 x-zbar
`

func TestRun(t *testing.T) {
	tests := []struct {
		name, in string
		code     int
		want     string
		has      string // in the environment
	}{
		{"all within", good, 0, "2.10     2.50  ok", ""},
		{"one missed", strings.Replace(good, "2.10 x-raw", "2.60 x-raw", 1), 1, "2.60     2.50  MISSED", ""},
		{"beside a peer", good, 0, "0.76     0.50  ok", ""},
		{"no peer", strings.Replace(good, "BenchmarkReceive", "BenchmarkOther", 1), 1, "NOT MEASURED", ""},
		{"too few", strings.Replace(good, "21342 rec/s", "4000 rec/s", 1), 1, "4000.00  5000.00  MISSED", ""},
		{"not measured", strings.Replace(good, "ms-to-first-byte-worst", "other", 1), 1, "NOT MEASURED", ""},
		{"nothing", "", 1, "NOT MEASURED", ""},
		{"test failed", good + "FAIL\tzhizhu/offline/outbox\t1s\n", 1, "ok", ""},
		{"variant named", strings.Replace(good, "BenchmarkReceipt-2 ", "BenchmarkReceipt/no-marks-2 ", 1), 0, "worst [no-marks]", ""},
		{"garbled", "BenchmarkLodge-2 1 x ns/op\n" + good, 0, "ok", ""},
		{"left out", good, 0, "left out: apt install libzbar-dev", ""},
		{"not left out", good, 1, "NOT MEASURED", "ZBAR_PEER ZXING_BLACKBOX"},
		{"QR", good + codes, 0, "QR: time a camera frame beside zbar's [720p]                                   0.30     1.00  ok", "ZBAR_PEER ZXING_BLACKBOX"},
		{"QR, misread", good + strings.Replace(codes, "0 false", "1 false", 1), 1, "MISSED", "ZBAR_PEER ZXING_BLACKBOX"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out strings.Builder
			getenv := func(name string) string {
				if strings.Contains(tt.has, name) {
					return "x"
				}
				return ""
			}
			if code := run(strings.NewReader(tt.in), &out, getenv); code != tt.code {
				t.Errorf("exit %d, want %d", code, tt.code)
			}
			if !strings.Contains(out.String(), tt.want) || !strings.HasPrefix(out.String(), tt.in) {
				t.Errorf("want %q and all of the input in:\n%s", tt.want, out.String())
			}
		})
	}
}
