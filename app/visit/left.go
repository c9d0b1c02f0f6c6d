package visit

import (
	"time"

	"zhizhu/devices"
)

// onLeft takes in what the reader says of a card that was read before, and reports whether the event was that.
func (s *State) onLeft(k devices.CardEventKind) bool {
	switch k {
	case devices.CardLying:
		s.left = cardLies
	case devices.CardLifted:
		s.left = cardAway
	default:
		return false
	}
	s.leftFor = 0
	return true
}

// leftPatience is how long the reader may take to say whether a card lies there. A reader that never says keeps nobody
// from the machine.
const leftPatience = 6 * time.Second

func (t *turn) askedLongEnough(d time.Duration) {
	if t.s.left != cardMaybe {
		t.s.leftFor = 0
		return
	}
	if t.s.leftFor += d; t.s.leftFor >= leftPatience {
		t.s.left, t.s.leftFor = cardAway, 0
	}
}

// wantsWatch reports whether it matters that a card was left: towards the end of a visit, and from then on until it is
// known to be gone.
func (s State) wantsWatch() bool {
	switch s.step {
	case Receipt:
		return s.card != nil || s.left != cardAway
	case Progress:
		return s.card != nil && s.find.done || s.left != cardAway
	case Attract, Home, List, Guide, Identify, Questions, Materials, Commitment, Signing, Review, Lodging, Wiped,
		OutOfService, Staff:
	}
	return s.left != cardAway && s.card == nil
}

// wantsScan reports whether a code means something on this page, and somebody is there to show one.
func (s State) wantsScan() bool {
	switch s.step {
	case Home:
		return true
	case Progress:
		return !s.find.waiting && !s.find.done
	case Questions:
		f, _, _ := s.work.question()
		return f != nil && f.Scan
	case Attract, List, Guide, Identify, Materials, Commitment, Signing, Review, Lodging, Receipt, Wiped, OutOfService,
		Staff:
	}
	return false
}

// leftNotice is what is said of a card that was left: to its holder while they are here, else to whoever comes.
func (s State) leftNotice() *Notice {
	switch {
	case s.left != cardLies:
		return nil
	case s.card != nil:
		return &Notice{Attention, "您的身份证还放在读卡区，请拿走收好。"}
	}
	return &Notice{Attention, leftWords}
}

const leftWords = "读卡区有一张身份证忘了拿。是您的请收好，不是您的请交给工作人员。"
