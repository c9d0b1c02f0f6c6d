package qr

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"image"
	"io"
	"os"
	"os/exec"
	"testing"
	"time"

	"zhizhu/devices/qr/qrtest"
)

// BenchmarkBlackbox reads ZXing's public set at four turns: 716 pictures, of which protocols.md E2 wants 641, and those
// in which there is nothing. See blackbox.
func BenchmarkBlackbox(b *testing.B) {
	codes, nothing := blackbox(b, "qrcode-[1-6]"), blackbox(b, "falsepositives*")
	for b.Loop() {
		d := NewDecoder()
		total, read, wrong := 0, 0, 0
		for _, s := range append(codes, nothing...) {
			for q := range 4 {
				got := decoded(b, d, turned(s.image, q))
				switch {
				case s.want == nil:
					wrong += len(got)
				case len(got) > 0 && same(got[0].Raw, got[0].Text, s.want):
					read++
					fallthrough
				default:
					total++
				}
			}
		}
		b.ReportMetric(float64(total), "pictures")
		b.ReportMetric(float64(read), "read")
		b.ReportMetric(float64(total-read), "unread")
		b.ReportMetric(float64(wrong), "false-reads")
	}
}

func decoded(tb testing.TB, d *Decoder, m *image.Gray) []Result {
	tb.Helper()
	got, err := d.Decode(m.Pix, m.Rect.Dx(), m.Rect.Dy(), m.Stride)
	if err != nil {
		tb.Error(err)
	}
	return got
}

// BenchmarkBesideZbar decodes the same frames here and with libzbar, in turns: the better of two runs each, as E3 was
// measured. ZBAR_PEER names the program that packaging/bench.sh makes of packaging/bench/zbar.
func BenchmarkBesideZbar(b *testing.B) {
	for _, size := range [][2]int{{640, 480}, {1280, 720}} {
		b.Run(fmt.Sprintf("%dx%d", size[0], size[1]), func(b *testing.B) { besideZbar(b, frames(b, size[0], size[1])) })
	}
}

// BenchmarkBlackboxBesideZbar is the same on ZXing's set.
func BenchmarkBlackboxBesideZbar(b *testing.B) {
	var all []shot
	for _, s := range append(blackbox(b, "qrcode-[1-6]"), blackbox(b, "falsepositives*")...) {
		for q := range 4 {
			all = append(all, shot{s.name, turned(s.image, q), s.want})
		}
	}
	besideZbar(b, all)
}

// frames are what a camera sees: seven kinds of codes as E3 has them, and desks without one.
func frames(b *testing.B, w, h int) (all []shot) {
	b.Helper()
	for seed := range uint64(5) {
		turn := float64(37*seed) - 40
		for _, s := range []qrtest.Scene{
			{},
			{Angle: turn},
			{Blur: 1, Angle: turn / 4},
			{Contrast: 0.25, Noise: 4, Glare: true},
			{Noise: 15, Angle: turn},
			{Module: 3, Angle: turn / 2},
			{Inverted: true, Angle: turn},
		} {
			s.Width, s.Height, s.Seed, s.Text = w, h, seed, fmt.Sprintf("https://example.gd.gov.cn/q/取号-%04d", seed)
			all = append(all, shot{"code", scene(b, s), []byte(s.Text)})
		}
		all = append(all, shot{"desk", scene(b, qrtest.Scene{Width: w, Height: h, Noise: float64(4 * seed), Seed: seed}), nil})
	}
	return all
}

func besideZbar(b *testing.B, all []shot) {
	peer := startZbar(b)
	d := NewDecoder()
	for b.Loop() {
		var ours, theirs time.Duration
		read, zbarRead, wrong, slower := 0, 0, 0, 0
		for _, s := range all {
			here, there := time.Hour, time.Hour
			var got []Result
			var raw [][]byte
			for range 2 {
				begin := time.Now()
				got = decoded(b, d, s.image)
				here = min(here, time.Since(begin))
				var took time.Duration
				took, raw = peer.scan(b, s.image)
				there = min(there, took)
			}
			ours, theirs = ours+here, theirs+there
			if here > there {
				slower++
			}
			right := len(got) > 0 && same(got[0].Raw, got[0].Text, s.want)
			if right {
				read++
			} else if s.want == nil {
				wrong += len(got)
			}
			if len(raw) > 0 && same(raw[0], "", s.want) {
				zbarRead++
			}
		}
		n := float64(len(all))
		b.ReportMetric(ours.Seconds()/theirs.Seconds(), "x-zbar")
		b.ReportMetric(1000*ours.Seconds()/n, "ms/frame")
		b.ReportMetric(1000*theirs.Seconds()/n, "zbar-ms/frame")
		b.ReportMetric(float64(slower), "slower-frames")
		b.ReportMetric(float64(read), "read")
		b.ReportMetric(float64(zbarRead), "zbar-read")
		b.ReportMetric(float64(wrong), "false-reads")
	}
}

// zbar is the peer's two pipes.
type zbar struct {
	in  io.Writer
	out io.Reader
}

func startZbar(b *testing.B) zbar {
	b.Helper()
	cmd := exec.Command(os.Getenv("ZBAR_PEER"))
	in, err := cmd.StdinPipe()
	if err != nil {
		b.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatalf("start zbar: %v: set ZBAR_PEER to what packaging/bench.sh builds", err)
	}
	b.Cleanup(func() {
		if err := in.Close(); err != nil {
			b.Error(err)
		}
		if err := cmd.Wait(); err != nil {
			b.Error(err)
		}
	})
	return zbar{in, bufio.NewReader(out)}
}

// scan returns how long zbar took, and the bytes of the codes that it found.
func (z zbar) scan(b *testing.B, m *image.Gray) (took time.Duration, codes [][]byte) {
	b.Helper()
	must := func(err error) {
		if err != nil {
			b.Fatal(err)
		}
	}
	must(binary.Write(z.in, binary.NativeEndian, [2]uint32{uint32(m.Rect.Dx()), uint32(m.Rect.Dy())}))
	_, err := z.in.Write(m.Pix)
	must(err)
	var head struct {
		Took  uint64
		Count uint32
	}
	must(binary.Read(z.out, binary.NativeEndian, &head))
	for range head.Count {
		var n uint32
		must(binary.Read(z.out, binary.NativeEndian, &n))
		code := make([]byte, n)
		_, err := io.ReadFull(z.out, code)
		must(err)
		codes = append(codes, code)
	}
	return time.Duration(head.Took), codes
}
