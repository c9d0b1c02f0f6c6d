package courier_test

import (
	"testing"

	"zhizhu/offline/courier"
)

// BenchmarkExport writes a thousand matters to an empty stick, and BenchmarkReceive takes them in again.
func BenchmarkExport(b *testing.B) {
	g := newTown(b)
	v := g.village("MX0427")
	v.lodge(1000)
	for b.Loop() {
		done, err := courier.Export(b.Context(), b.TempDir(), v.options())
		if err != nil || done.Total() != 1500 {
			b.Fatal(done, err)
		}
		b.SetBytes(done.Bytes)
	}
}

// BenchmarkExportAgain finds everything on the stick already.
func BenchmarkExportAgain(b *testing.B) {
	g := newTown(b)
	v := g.village("MX0427")
	v.lodge(1000)
	dir := b.TempDir()
	for b.Loop() {
		if done := v.export(dir); done.Total() != 1500 {
			b.Fatal(done)
		}
	}
}

// BenchmarkReceive takes in what the gateway has already.
func BenchmarkReceive(b *testing.B) {
	g := newTown(b)
	v := g.village("MX0427")
	v.lodge(1000)
	dir := b.TempDir()
	v.export(dir)
	g.received(dir)
	for b.Loop() {
		if got := g.received(dir); got.Again != 1500 {
			b.Fatal(got)
		}
	}
}
