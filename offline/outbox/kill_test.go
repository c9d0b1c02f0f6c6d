package outbox

import (
	"bufio"
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	mathrand "math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"zhizhu/offline/seal"
	"zhizhu/offline/store"
	"zhizhu/offline/wire"
)

const lodgerArg = "zhizhu-test-lodger"

// runLodger is the child that is killed: it lodges, and prints an id only after Lodge returned.
func runLodger(args []string) (handled bool, exit int) {
	if len(args) != 4 || args[1] != lodgerArg {
		return false, 0
	}
	if err := lodgeForEver(args[2], args[3]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return true, 1
	}
	return true, 0
}

func lodgeForEver(path, sealKey string) error {
	ctx := context.Background()
	data, opened, err := store.Open(ctx, store.Options{
		Path: path, Schema: store.Schema{Tables: Tables()}, Now: time.Now, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	if opened.Renamed != "" {
		return fmt.Errorf("damaged: %s", opened.Cause)
	}
	to, err := seal.ParsePublicKey(sealKey)
	if err != nil {
		return err
	}
	box, err := seal.NewBox(bytes.Repeat([]byte{3}, seal.StationKeySize))
	if err != nil {
		return err
	}
	o, err := New(ctx, Options{
		Store: data, Generation: opened.Generation, Terminal: "MX0427-1", Station: "MX0427", SealKey: to, AckKey: to, Box: box,
		Now: time.Now, Rand: rand.Reader, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return err
	}
	for i := 0; ; i++ {
		var files []File
		for n := range i % 3 {
			files = append(files, file(partSize*n+50))
		}
		l, err := o.LodgeWith(ctx, matter(i), files)
		if err != nil {
			return err
		}
		if _, err := fmt.Fprintln(os.Stdout, l.ID, l.Number); err != nil {
			return err
		}
	}
}

// kill -9 at random moments, twenty times on one file: everything that was acknowledged to the resident is there, once,
// whole, and under a number of its own.
func TestKillNineLosesNothingAcknowledged(t *testing.T) {
	s := newStation(t)
	if err := s.store.Close(); err != nil {
		t.Fatal(err)
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	random := mathrand.New(mathrand.NewPCG(20261123, 1))
	said := map[string]string{} // id to number
	for kill := range 20 {
		out, complaint := killedLodger(t, exe, s, 1+random.IntN(25), time.Duration(random.IntN(2000))*time.Microsecond)
		if complaint != "" {
			t.Fatalf("kill %d: %s", kill, complaint)
		}
		for _, line := range out {
			id, number, _ := strings.Cut(line, " ")
			said[id] = number
		}
	}
	s.open(t)
	if s.opened.Renamed != "" {
		t.Fatalf("damaged: %s", s.opened.Cause)
	}
	there, numbers, blobs := map[string]bool{}, map[string]bool{}, map[string]Blob{}
	for _, b := range s.blobs(t) {
		if b.Damaged {
			t.Fatalf("attachment %s is damaged", b.Digest)
		}
		blobs[b.Digest] = b
	}
	for _, w := range s.pending(t, wire.LaneMatters) {
		_, plain, err := seal.OpenPacket(s.seal, w.Packet)
		if err != nil || w.Damaged || there[w.ID] {
			t.Fatalf("%s: %v, damaged %v, twice %v", w.ID, err, w.Damaged, there[w.ID])
		}
		there[w.ID] = true
		var m wire.Matter
		if err := json.Unmarshal(plain, &m); err != nil {
			t.Fatal(err)
		}
		for _, a := range m.Attachments {
			if b := blobs[a.Blob]; b.Matter != w.ID || b.Size != a.Size {
				t.Fatalf("%s: attachment %s is %+v", w.ID, a.Blob, b)
			}
			delete(blobs, a.Blob)
		}
	}
	if len(blobs) != 0 {
		t.Fatalf("%d attachments without their matter", len(blobs))
	}
	for id, number := range said {
		r, err := s.Find(t.Context(), "", number)
		if !there[id] || err != nil || len(r) != 1 || r[0].ID != id || numbers[number] {
			t.Errorf("%s %s was acknowledged and is lost, or its number was given twice", id, number)
		}
		numbers[number] = true
	}
	t.Logf("20 kills, %d acknowledged, %d on disk, %d committed without having been acknowledged", len(said), len(there), len(there)-len(said))
	if len(said) < 100 {
		t.Fatalf("only %d acknowledged: the test has no teeth", len(said))
	}
}

// killedLodger runs the child until it has said so many lines, waits a moment more, kills it, and returns its whole lines.
func killedLodger(t *testing.T, exe string, s *station, lines int, moment time.Duration) (said []string, complaint string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), exe, lodgerArg, s.path, s.seal.Public().Hex())
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	r := bufio.NewReader(out)
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			break // what isn't a whole line was not acknowledged
		}
		said = append(said, strings.TrimSuffix(line, "\n"))
		if len(said) == lines {
			time.AfterFunc(moment, func() { _ = cmd.Process.Kill() })
		}
	}
	_ = cmd.Wait() // it was killed
	return said, stderr.String()
}
