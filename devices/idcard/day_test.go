package idcard_test

import (
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/idcard"
	"zhizhu/devices/idcard/sam"
	"zhizhu/devices/sim"
)

// TestADayOfPollingLeavesNothingBehind is 24 hours of a machine: most of the time nobody is there, now and then somebody
// lays a card, takes it early, forgets it. synctest itself fails the test when a goroutine is left.
func TestADayOfPollingLeavesNothingBehind(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBubble(t, newModule(), idcard.Options{})
		start := time.Now()
		hour(b, 0)
		before := heap()
		for h := range 23 {
			hour(b, h+1)
		}
		after := heap()
		grown := int64(after) - int64(before)
		t.Logf("%d commands, %d readings, the heap grew by %d bytes", b.m.commands(), b.m.count(sam.ReadText), grown)
		if grown > 256<<10 {
			t.Errorf("the heap grew by %d bytes in 23 hours", grown)
		}
		if took := time.Since(start); took < 24*time.Hour {
			t.Errorf("the day had %v", took)
		}
		if s := b.last(); s.Dropped != 0 {
			t.Errorf("%d frames were dropped on a clean line", s.Dropped)
		}
		b.end()
	})
}

func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// hour is a dozen visits, and the time to the end of the hour in which nobody comes: the first minutes of it armed.
func hour(b *bubble, h int) {
	b.Helper()
	over := time.After(time.Hour)
	people := sim.Personas()
	for i := range 12 {
		visit(b, people[(h*12+i)%len(people)].ID, i)
		<-time.After(2 * time.Minute)
	}
	b.reader.Arm(true)
	b.nothing(time.Minute)
	b.reader.Arm(false)
	<-over
}

func visit(b *bubble, id string, i int) {
	b.Helper()
	b.reader.Arm(true)
	b.nothing(5 * time.Second)
	want := b.lay(id)
	same(b.T, b.want(3*time.Second, devices.CardFound, devices.CardRead).Card, want)
	if i%3 == 0 { // takes the card away at once
		b.m.lift()
	}
	b.reader.Arm(false)
	b.nothing(30 * time.Second)
	b.reader.Watch(true)
	if i%3 > 0 {
		b.want(3*time.Second, devices.CardLying)
		b.m.lift()
	}
	b.want(4*time.Second, devices.CardLifted)
	b.reader.Watch(false)
	b.reader.Forget()
}
