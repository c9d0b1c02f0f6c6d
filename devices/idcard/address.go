package idcard

import (
	"context"
	"errors"
	"time"

	"zhizhu/devices"
	"zhizhu/devices/idcard/sam"
)

// The newest appended address is asked for between a good reading and its event, so the asking must not be felt.
// A reader that answers costs 2 ms of wire at 115200 and the module's look at the card. One that leaves the question
// unanswered would cost the whole patience with every card; so that it doesn't even with the first one, each line is
// asked once while nobody waits for a card. Only silence counts: without a card, "command wrong" (21) may mean "not
// now". And what a line has learned is forgotten with it: a reader may be exchanged.
const (
	addressPatience = 300 * time.Millisecond // to the first byte
	addressMisses   = 2                      // questions in a row without an answer, after which no more are asked
)

// learnAddress finds out whether the reader answers ReadAddress at all.
func (s *session) learnAddress(ctx context.Context) error {
	_, err := s.conn.exchange(ctx, sam.ReadAddress)
	soft, ok := errors.AsType[*softError](err)
	if ok && soft.kind == devices.Silent {
		s.addressMisses = addressMisses
	}
	if ok {
		return nil
	}
	return err
}

// latestAddress asks for the newest appended address of the card that was just read, "" where there is none or the
// reader doesn't say. Nothing that goes wrong here may cost the reading: a lost line shows at the next command.
func (s *session) latestAddress(ctx context.Context, c devices.Card) string {
	if c.Type != devices.ResidentCard || s.addressMisses >= addressMisses {
		return ""
	}
	defer s.dec.Reset()
	reply, err := s.conn.exchange(ctx, sam.ReadAddress)
	if err != nil {
		s.addressMisses++
		return ""
	}
	s.addressMisses = 0
	if reply.Status != sam.OK {
		return ""
	}
	address, err := sam.ParseAddress(reply.Data)
	if err != nil {
		return ""
	}
	return address
}
