package kiosk

import (
	"testing"
	"time"

	"zhizhu/app/visit"
)

func TestQueueLetsNewTimesReplaceOldOnes(t *testing.T) {
	q := newQueue()
	for i := range 100 {
		q.put(item{ev: visit.Clock{Now: time.Unix(int64(i), 0)}})
		q.put(item{ev: visit.Health{}})
	}
	q.put(item{ev: visit.Sign{W: 1}})
	q.put(item{ev: visit.Sign{W: 2}})
	q.put(item{ev: visit.Continue{}})
	q.put(item{ev: visit.Sign{W: 3}}) // behind a touch: not the same signature
	var got []visit.Event
	for it, ok := q.take(); ok; it, ok = q.take() {
		got = append(got, it.ev)
	}
	if len(got) != 5 {
		t.Fatalf("%d events: %v", len(got), got)
	}
	if c := got[0].(visit.Clock); c.Now.Unix() != 99 {
		t.Errorf("clock %v", c.Now.Unix())
	}
	if s := got[2].(visit.Sign); s.W != 2 {
		t.Errorf("sign %d", s.W)
	}
}

func TestQueueIsBoundedButNeverRefusesAnswers(t *testing.T) {
	q := newQueue()
	for range queueLimit {
		if !q.put(item{ev: visit.Touch{}}) {
			t.Fatal("refused too early")
		}
	}
	if q.put(item{ev: visit.Touch{}}) || q.lost() != 1 || q.lost() != 0 {
		t.Error("the queue grows without bound, or doesn't count what it drops")
	}
	if !q.put(item{ev: visit.Lodged{}, answer: true}) {
		t.Error("an answer was refused")
	}
	for i := range queueLimit + 1 {
		it, ok := q.take()
		if _, lodged := it.ev.(visit.Lodged); !ok || lodged != (i == queueLimit) {
			t.Fatalf("event %d: %T %v", i, it.ev, ok)
		}
	}
}

func TestQueueKeepsOrder(t *testing.T) {
	q := newQueue()
	for i := range 10 {
		q.put(item{ev: visit.Rate{Level: i}})
	}
	for i := range 10 {
		if it, _ := q.take(); it.ev.(visit.Rate).Level != i {
			t.Fatalf("event %d: %+v", i, it.ev)
		}
	}
}
