package scanner

import (
	"errors"
	"time"
	"unicode/utf8"

	"zhizhu/devices"
)

const (
	allSpeeds = 5                // that scanners have: after so many turns none of them was right
	provenFor = 5                // times Options.GiveUp, at a speed that was right before
	doubtIn   = 10 * time.Minute // between one doubtful piece and the next: a resident tries again at once
)

// weigh asks of a code what it says of the line's speed. Half a line at a wrong speed passes for a code of any bytes
// (judge.go), so that such a code proves nothing; and where a wrong speed explains it, it counts against the speed.
// Three speeds to two leave no other trace than such codes, so that they count at all speeds that scanners hardly have
// and that were come upon by trial.
func (r *run) weigh(raw []byte) {
	switch {
	case readable(raw):
		r.prove()
	case lopsided(raw), !utf8.Valid(raw) && r.s.turns > 0 && !usual(r.line.Baud()):
		r.doubt()
	}
}

// usual says whether scanners are sold with a speed.
func usual(baud int) bool { return baud == 9600 || baud == 115200 }

// prove notes that the line's speed is right. The driver remembers it: noise of a plug must not cost a speed that was
// right before the plug was pulled.
func (r *run) prove() { r.s.proven, r.s.turns, r.doubts = r.line.Baud(), 0, 0 }

// doubt counts a piece that a wrong speed explains.
func (r *run) doubt() {
	now := r.s.opts.Now()
	if away := now.Sub(r.doubted); away < 0 || away > doubtIn {
		r.doubts = 0
	}
	r.doubted = now
	r.doubts++
}

// hopeless returns the error that ends Serve where the speed is wrong.
func (r *run) hopeless() error {
	limit := r.s.opts.GiveUp
	if r.s.proven == r.line.Baud() {
		limit *= provenFor
	}
	if limit <= 0 || r.doubts < limit {
		return nil
	}
	r.s.turns++
	return &devices.Error{
		Device: "scanner", Kind: devices.Garbled, Op: "read code", Err: errors.New("what comes is no code at this speed"),
	}
}
