package visit

import (
	"time"

	"zhizhu/offline/catalog"
)

// World is what stays the same over all visits. It is never changed.
type World struct {
	Catalog *catalog.Catalog
	Station StationInfo
	Demo    bool // every page carries a plain 演示 mark
	Idle    IdleTimes
	Trouble string // id of the item that 办不成事 opens; "" is TroubleItem
}

// TroubleItem is the usual id of the item that 办不成事 opens.
const TroubleItem = "fb-cannot-do"

// StationInfo is where the machine stands.
type StationInfo struct {
	Code  string // MX0427
	Name  string // 雁洋镇长教村便民服务站
	Phone string // of the person in charge, shown with 请人帮忙; may be empty
}

// IdleTimes are how long a page waits for a sign of life. Zero values take the usual times. Guided mode doubles them.
type IdleTimes struct {
	Browse  time.Duration // home, list, progress: 60 s
	Read    time.Duration // guide, identify, review: 90 s
	Fill    time.Duration // questions, materials, commitment, signing: 90 s
	Receipt time.Duration // 60 s; it ends without a question
	NoPaper time.Duration // receipt whose slip isn't known to have come out: 3 min; it ends with a question
	Help    time.Duration // while 请人帮忙 is open: 5 min, and the page says so
	Notice  time.Duration // how long 您还在吗 waits for an answer: 20 s
}

func (t IdleTimes) withDefaults() IdleTimes {
	return IdleTimes{
		Browse:  orUsual(t.Browse, 60*time.Second),
		Read:    orUsual(t.Read, 90*time.Second),
		Fill:    orUsual(t.Fill, 90*time.Second),
		Receipt: orUsual(t.Receipt, 60*time.Second),
		NoPaper: orUsual(t.NoPaper, 3*time.Minute),
		Help:    orUsual(t.Help, 5*time.Minute),
		Notice:  orUsual(t.Notice, 20*time.Second),
	}
}

func orUsual(d, usual time.Duration) time.Duration {
	if d <= 0 {
		return usual
	}
	return d
}

// item returns an item of the catalogue, or nil.
func (w *World) item(id string) *catalog.Item {
	if w.Catalog == nil || id == "" {
		return nil
	}
	return w.Catalog.ByID(id)
}

// trouble returns the item that 办不成事 opens, or nil.
func (w *World) trouble() *catalog.Item { return w.item(w.Trouble) }
