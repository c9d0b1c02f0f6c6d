package probe_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/port"
	"zhizhu/devices/probe"
	"zhizhu/devices/sim"
)

// A search is mostly waiting. So that the tests are not, they run all at once, whatever -parallel says.
func TestAtOnce(t *testing.T) {
	var all sync.WaitGroup
	for name, check := range map[string]func(*testing.T){
		"OneSearchServesAllSlots":                  checkOneSearchServesAllSlots,
		"AScannerIsNotGuessedAtAmongTwo":           checkAScannerIsNotGuessedAtAmongTwo,
		"NothingToSearch":                          checkNothingToSearch,
		"TheLastPlaceIsTriedFirst":                 checkTheLastPlaceIsTriedFirst,
		"AReplugUnderAnotherNameIsFound":           checkAReplugUnderAnotherNameIsFound,
		"APortInServiceIsNotTouched":               checkAPortInServiceIsNotTouched,
		"OpenAtFindsTheSpeed":                      checkOpenAtFindsTheSpeed,
		"OpenAtSaysWhatIsThereInstead":             checkOpenAtSaysWhatIsThereInstead,
		"EveryDevice":                              checkEveryDevice,
		"NothingOfTheQuestionsIsPrinted":           checkNothingOfTheQuestionsIsPrinted,
		"APortInUseIsLeftAlone":                    checkAPortInUseIsLeftAlone,
		"IdentifyEndsWithItsContextAndWithTheLine": checkIdentifyEndsWithItsContextAndWithTheLine,
		"ASlotFollowsItsDevice":                    checkASlotFollowsItsDevice, "AWrongDeviceInTheSlotIsTold": checkAWrongDeviceInTheSlotIsTold,
		"WhoTookThePortIsTold":            checkWhoTookThePortIsTold,
		"PortsLeadToDevices":              checkPortsLeadToDevices,
		"AGuessIsTakenBack":               checkAGuessIsTakenBack,
		"AScannersSpeedIsFoundByTrial":    checkAScannersSpeedIsFoundByTrial,
		"AScannerThatWasUsedKeepsItsPort": checkAScannerThatWasUsedKeepsItsPort,
	} {
		all.Go(func() { t.Run(name, check) })
	}
	all.Wait()
}

// eventually opens until the device is found: a machine that is too busy to answer a search in time is searched again.
func (r *rig) eventually(f *probe.Finder, device string) found {
	r.Helper()
	for deadline := time.Now().Add(time.Minute); ; r.pass(time.Minute) {
		got := <-r.search(f, device)
		if got.err == nil || time.Now().After(deadline) {
			return got
		}
	}
}

func checkOneSearchServesAllSlots(t *testing.T) {
	r, l := newRig(t), &log{}
	card, paper, gun := r.tty("ttyUSB0", 9600, reader), r.tty("ttyUSB1", 19200, aPrinter), r.tty("ttyUSB2", 9600, scanner)
	r.tty("ttyUSB3", 9600, loopback)
	busy := r.tty("ttyUSB4", 9600, reader)
	held, err := port.Open(t.Context(), port.Config{Path: busy.Path(), Baud: 1200, Device: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Close() }()
	named := r.tty("ttyUSB5", 9600, reader)
	f := probe.NewFinder(probe.FinderOptions{Ports: r.ports, Open: l.open, Now: r.clock, Reserved: []string{named.Path()}})
	start := time.Now()
	cards, papers, guns := r.search(f, probe.IDCard), r.search(f, probe.Printer), r.search(f, probe.Scanner)
	once := true
	for _, want := range []struct {
		got    found
		device string
		path   string
		baud   int
	}{{<-cards, probe.IDCard, card.Path(), 9600}, {<-papers, probe.Printer, paper.Path(), 19200}, {<-guns, probe.Scanner, gun.Path(), 9600}} {
		if want.got.err != nil {
			t.Logf("the machine is busy, another search is needed: %v", want.got.err)
			once, want.got = false, r.eventually(f, want.device)
		}
		if want.got.err != nil {
			t.Errorf("%v", want.got.err)
			continue
		}
		if want.got.line.Path() != want.path || want.got.line.Baud() != want.baud {
			t.Errorf("found at %s, %d baud; it is at %s, %d", want.got.line.Path(), want.got.line.Baud(), want.path, want.baud)
		}
		defer r.close(want.got.line)
	}
	t.Logf("took %v", time.Since(start))
	if n := l.count(named.Path()); n != 0 {
		t.Errorf("a port that the config names was opened %d times", n)
	}
	if held.Baud() != 1200 {
		t.Error("a port in use was touched")
	}
	for _, s := range []string{card.Path(), paper.Path()} {
		if n := l.count(s); once && n != 1 {
			t.Errorf("%s was opened %d times", filepath.Base(s), n)
		}
	}
}

func checkAScannerIsNotGuessedAtAmongTwo(t *testing.T) {
	r, l := newRig(t), &log{}
	r.tty("ttyUSB0", 9600, scanner)
	r.tty("ttyUSB1", 9600, nil)
	f := r.finder(l)
	got := <-r.search(f, probe.Scanner)
	if devices.KindOf(got.err) != devices.NotFound || !strings.Contains(got.err.Error(), "name its port") {
		t.Fatalf("got %v", got.err)
	}
	// Nothing has changed, so nothing is opened again before the pause is over.
	for range 5 {
		if again := <-r.search(f, probe.Scanner); !errors.Is(again.err, got.err) {
			t.Errorf("got %v", again.err)
		}
	}
	if n := l.count("ttyUSB0"); n != 1 {
		t.Errorf("opened %d times", n)
	}
	there := f.There(probe.Scanner)
	for range 3 {
		if there() {
			t.Error("there is nothing new to try")
		}
	}
	// A port more is worth a search at once.
	r.tty("ttyUSB2", 9600, chatter("6920202888883\r"))
	r.pass(time.Second)
	if !there() {
		t.Error("the new port is not noticed")
	}
	if got := <-r.search(f, probe.Scanner); got.err != nil || filepath.Base(got.line.Path()) != "ttyUSB2" {
		t.Errorf("got %+v", got)
	} else {
		r.close(got.line)
	}
}

func checkNothingToSearch(t *testing.T) {
	r := newRig(t)
	if got := <-r.search(r.finder(&log{}), probe.IDCard); devices.KindOf(got.err) != devices.NotFound {
		t.Errorf("got %v", got.err)
	}
	s := r.tty("ttyUSB0", 9600, reader)
	held, err := port.Open(t.Context(), port.Config{Path: s.Path(), Baud: 9600, Device: "test"})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = held.Close() }()
	r.pass(time.Second)
	if got := <-r.search(r.finder(&log{}), probe.IDCard); devices.KindOf(got.err) != devices.InUse {
		t.Errorf("got %v", got.err)
	}
}

func checkTheLastPlaceIsTriedFirst(t *testing.T) {
	r, l := newRig(t), &log{}
	card := r.tty("ttyUSB0", 9600, reader)
	paper := r.tty("ttyUSB1", 19200, aPrinter)
	gun := r.tty("ttyUSB2", 9600, scanner)
	f := r.finder(l)
	for device, s := range map[string]interface {
		HangUp() error
		Restore() error
	}{probe.IDCard: card, probe.Printer: paper, probe.Scanner: gun} {
		first := r.eventually(f, device)
		if first.err != nil {
			t.Fatal(first.err)
		}
		if err := s.HangUp(); err != nil {
			t.Fatal(err)
		}
		r.close(first.line)
		if err := s.Restore(); err != nil {
			t.Fatal(err)
		}
		r.pass(time.Second)
		before := len(l.paths)
		start := time.Now()
		again := <-r.search(f, device)
		if again.err != nil {
			t.Fatal(again.err)
		}
		t.Logf("%s back after %v", device, time.Since(start))
		if again.line.Path() != first.line.Path() || again.line.Baud() != first.line.Baud() {
			t.Errorf("%s found at %s", device, again.line.Path())
		}
		if n := len(l.paths) - before; n != 1 {
			t.Logf("%d ports were opened for %s: the machine is busy", n, device)
		}
		r.close(again.line)
	}
}

func checkAReplugUnderAnotherNameIsFound(t *testing.T) {
	r, l := newRig(t), &log{}
	old := r.tty("ttyUSB0", 57600, reader)
	f := r.finder(l)
	got := r.eventually(f, probe.IDCard)
	r.at(got, old, 57600)
	if err := old.HangUp(); err != nil {
		t.Fatal(err)
	}
	r.close(got.line)
	r.pass(time.Second)
	if got := <-r.search(f, probe.IDCard); devices.KindOf(got.err) != devices.NotFound {
		t.Fatalf("got %+v", got)
	}
	there := f.There(probe.IDCard)
	if there() {
		t.Error("nothing is there yet")
	}
	fresh := r.tty("ttyUSB7", 57600, reader)
	r.pass(time.Second)
	if !there() {
		t.Error("the new name is not noticed")
	}
	r.at(r.eventually(f, probe.IDCard), fresh, 57600)
}

// A slot that serves its device is not disturbed by another one's search.
func checkAPortInServiceIsNotTouched(t *testing.T) {
	r, l := newRig(t), &log{}
	card := r.tty("ttyUSB0", 115200, reader)
	r.tty("ttyUSB1", 9600, loopback)
	f := r.finder(l)
	mine := r.eventually(f, probe.IDCard)
	r.at(mine, card, 115200)
	before := l.count(card.Path())
	if got := <-r.search(f, probe.Printer); devices.KindOf(got.err) != devices.NotFound {
		t.Errorf("got %+v", got)
	}
	if n := l.count(card.Path()); n != before {
		t.Errorf("opened %d times, was %d", n, before)
	}
	r.close(mine.line)
}

// A reader that was switched off when its port was left over for the scanner gets it back.
func checkAGuessIsTakenBack(t *testing.T) {
	r, l := newRig(t), &log{}
	var card *sim.CardReader
	s := r.tty("ttyUSB0", 115200, func(s *sim.TTY) func(context.Context) error {
		card = sim.NewCardReader(s)
		card.Fail(sim.CardFaults{Silent: -1})
		return card.Serve
	})
	f := r.finder(l)
	gun := r.eventually(f, probe.Scanner)
	r.at(gun, s, 9600)
	card.Fail(sim.CardFaults{})
	for range 3 { // not at once: the scanner may be one that nobody has used yet
		if got := <-r.search(f, probe.IDCard); devices.KindOf(got.err) != devices.NotFound {
			t.Fatalf("got %+v", got)
		}
		r.pass(30 * time.Second)
	}
	r.pass(time.Minute)
	r.at(r.eventually(f, probe.IDCard), s, 115200)
	if _, err := gun.line.Read(t.Context(), make([]byte, 1)); devices.KindOf(err) != devices.HungUp {
		t.Errorf("the scanner's line: %v", err)
	}
	r.close(gun.line)
	if got := <-r.search(f, probe.Scanner); devices.KindOf(got.err) != devices.NotFound {
		t.Errorf("got %+v", got)
	}
}

// A port on which something was scanned is the scanner's for good.
func checkAScannerThatWasUsedKeepsItsPort(t *testing.T) {
	r, l := newRig(t), &log{}
	s := r.tty("ttyUSB0", 9600, scanner)
	f := r.finder(l)
	gun := r.eventually(f, probe.Scanner)
	r.at(gun, s, 9600)
	if err := sim.NewScanner(s).Scan(t.Context(), "42"); err != nil {
		t.Fatal(err)
	}
	if _, err := gun.line.Read(t.Context(), make([]byte, 8)); err != nil {
		t.Fatal(err)
	}
	r.pass(time.Hour)
	if got := <-r.search(f, probe.IDCard); devices.KindOf(got.err) != devices.NotFound {
		t.Errorf("got %+v", got)
	}
	if n := l.count(s.Path()); n != 2 { // asked, then opened for the scanner
		t.Errorf("opened %d times", n)
	}
	r.close(gun.line)
}

func TestASearchEndsWithWhoWaitsForIt(t *testing.T) {
	r, l := newRig(t), &log{}
	for _, name := range []string{"ttyUSB0", "ttyUSB1", "ttyUSB2"} {
		r.tty(name, 9600, scanner)
	}
	f := r.finder(l)
	goroutines, files := 0, 0
	for round := range 4 {
		if round == 1 { // what is made once is made by now
			goroutines, files = runtime.NumGoroutine(), descriptors(t)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		for range 2 {
			if _, err := f.Open(ctx, probe.IDCard, 0); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
		}
		cancel()
	}
	settled(t, goroutines, files)
}

func descriptors(t *testing.T) int {
	t.Helper()
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(err)
	}
	return len(list)
}

func settled(t *testing.T, goroutines, files int) {
	t.Helper()
	for deadline := time.Now().Add(5 * time.Second); runtime.NumGoroutine() > goroutines && time.Now().Before(deadline); {
		runtime.Gosched()
	}
	if g, n := runtime.NumGoroutine(), descriptors(t); g > goroutines || n > files {
		t.Errorf("goroutines %d, were %d; descriptors %d, were %d", g, goroutines, n, files)
	}
}

func TestAHundredReplugsLeaveNothingBehind(t *testing.T) {
	r, l := newRig(t), &log{}
	s := r.tty("ttyUSB0", 115200, reader)
	f := r.finder(l)
	cycle := func() {
		t.Helper()
		got := r.eventually(f, probe.IDCard)
		r.at(got, s, 115200)
		if err := errors.Join(s.HangUp(), s.Restore()); err != nil {
			t.Fatal(err)
		}
		if _, err := got.line.Read(t.Context(), make([]byte, 1)); devices.KindOf(err) != devices.HungUp {
			t.Fatalf("read: %v", err)
		}
		r.close(got.line)
		r.pass(time.Second)
	}
	cycle()
	goroutines, files := runtime.NumGoroutine(), descriptors(t)
	for range 100 {
		cycle()
	}
	settled(t, goroutines, files)
}
