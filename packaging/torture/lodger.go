package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"time"

	"zhizhu/devices/sim"
	"zhizhu/offline/audit"
	"zhizhu/offline/outbox"
	"zhizhu/offline/wire"
)

// crowd is how much may wait before people come less often: a run must end.
const crowd = 250

// lodger takes in what people bring, one after the other.
type lodger struct {
	*terminal
	rng     *rand.Rand
	people  []sim.Persona
	count   int
	unrated []outbox.Lodged
}

func (t *terminal) lodgeForEver(ctx context.Context) error {
	l := &lodger{terminal: t, rng: rand.New(rand.NewPCG(t.cfg.Seed, 1)), people: sim.Personas()} //nolint:gosec // must be repeatable
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-timer.C:
		}
		if !t.rest.Load() {
			l.serve(ctx)
		}
		gap := time.Duration(l.rng.ExpFloat64() * float64(t.cfg.GapMS) * float64(time.Millisecond))
		if t.waiting() > crowd {
			gap = 10 * (gap + time.Millisecond)
		}
		timer.Reset(gap)
	}
}

// serve is one person at the machine.
func (l *lodger) serve(ctx context.Context) {
	l.count++
	word := fmt.Sprintf("w%016x%04x", l.cfg.Seed, l.count)
	switch n := l.rng.IntN(100); {
	case n < 15 && len(l.unrated) > 0:
		l.rate(ctx)
	case n < 20:
		l.report(ctx, word)
	default:
		l.lodge(ctx, word)
	}
	if l.cfg.Upkeep {
		l.upkeep(ctx)
	}
	l.syncer.Kick()
}

func (l *lodger) lodge(ctx context.Context, word string) {
	draft := l.draft(word)
	var files []outbox.File
	if l.rng.IntN(12) == 0 {
		files = l.files(word)
	}
	try := message{Say: sayTry, Lane: wire.LaneMatters, Word: word, Files: len(files)}
	l.out.say(try)
	if l.cfg.Boast {
		try.Say = sayKept
		l.out.say(try)
	}
	lodged, err := l.box.LodgeWith(ctx, draft, files)
	if l.cfg.Boast {
		return
	}
	if err == nil {
		// Not asked under ctx: that it was taken in is true also when the process is about to end.
		try.ID, try.Number, try.Digest = lodged.ID, lodged.Number, l.digest(context.WithoutCancel(ctx), lodged.ID)
		l.unrated = append(l.unrated, lodged)
	}
	l.outcome(try, err)
	if err == nil {
		l.record(ctx, lodged.ID)
	}
}

// outcome says what a resident would have been told.
func (l *lodger) outcome(try message, err error) {
	switch {
	case err == nil:
		try.Say = sayKept
	case errors.Is(err, outbox.ErrInDoubt):
		try.Say = sayDoubt
	default:
		try.Say, try.Full, try.Cause = sayFailed, errors.Is(err, outbox.ErrDiskFull), err.Error()
	}
	l.out.say(try)
}

// digest finds the packet's digest, where it waits or where it is acknowledged.
func (l *lodger) digest(ctx context.Context, id string) string {
	for _, lane := range []string{outbox.LaneMatters, outbox.LaneFeedback} {
		found, err := l.box.Pending(ctx, lane, 1, func(other string) bool { return other != id })
		if err == nil && len(found) == 1 {
			return found[0].Digest
		}
	}
	ack, _, err := l.box.Receipt(ctx, id)
	if err != nil {
		return ""
	}
	return ack.Digest
}

// draft is a matter with all that must not be readable on the terminal.
func (l *lodger) draft(word string) wire.Matter {
	i := l.rng.IntN(len(l.people))
	card := l.people[i].Card
	m := wire.Matter{
		Item: "soc-qualify", ItemName: "社会保险待遇领取资格认证", ItemVer: "1", Kind: "application",
		Applicant: &wire.Applicant{
			Name: card.Name, EnglishName: card.EnglishName, IDType: "111", IDNumber: card.Number, Birth: card.Birth, Address: card.Address,
		},
		Answers: []wire.Answer{
			{Field: "phone", Label: "联系电话", Value: phoneOf(i), Text: phoneOf(i)},
			{Field: "address", Label: "居住地址", Value: card.Address, Text: card.Address},
			{Field: wordField, Label: "备注", Value: word, Text: word},
		},
	}
	if l.rng.IntN(8) == 0 {
		m.Kind, m.About = "feedback", &wire.About{Step: "review"}
	}
	return m
}

// wordField is the answer that holds a try's word.
const wordField = "torture"

// phoneOf is the invented number of a persona.
func phoneOf(i int) string { return fmt.Sprintf("1380000%04d", 1000+i) }

// files are pictures that begin with the word, some of them larger than a line carries between two cuts.
func (l *lodger) files(word string) []outbox.File {
	files := make([]outbox.File, 1+l.rng.IntN(2))
	for i := range files {
		data := bytes.Repeat([]byte{byte(l.rng.Uint32())}, 1000+l.rng.IntN(40_000))
		copy(data, fmt.Sprintf("%s_%d ", word, i))
		files[i] = outbox.File{Material: "hukou", Name: "户口簿", Media: "image/jpeg", Data: data}
	}
	return files
}

// rate is a rating of a matter from before.
func (l *lodger) rate(ctx context.Context) {
	i := l.rng.IntN(len(l.unrated))
	of := l.unrated[i]
	l.unrated = append(l.unrated[:i], l.unrated[i+1:]...)
	try := message{Say: sayTry, Lane: wire.LaneRatings, Word: of.ID}
	l.out.say(try)
	l.outcome(try, l.box.PutRating(ctx, wire.Rating{Matter: of.ID, Number: of.Number, Item: "soc-qualify", Level: 1 + l.rng.IntN(5)}))
}

// report is an event.
func (l *lodger) report(ctx context.Context, word string) {
	try := message{Say: sayTry, Lane: wire.LaneEvents, Word: word}
	l.out.say(try)
	l.outcome(try, l.box.PutEvent(ctx, wire.Event{Kind: wire.EventStatistics, Counts: map[string]int{word: 1}}))
}

// upkeep is what else goes on over the same file: copies, compaction, and personal data whose term is over, also by a
// clock that is years off.
func (l *lodger) upkeep(ctx context.Context) {
	var err error
	switch n := l.rng.IntN(400); {
	case n < 2:
		err = l.file.Compact(ctx)
	case n < 4:
		_, err = l.box.Sweep(ctx, l.localNow(), time.Hour)
	case n < 20:
		err = l.layCard(ctx)
	}
	if err != nil && ctx.Err() == nil {
		l.log.LogAttrs(ctx, slog.LevelWarn, "Upkeep came to nothing", slog.Any("error", err))
	}
}

// layCard is somebody who comes to ask.
func (l *lodger) layCard(ctx context.Context) error {
	number := l.people[l.rng.IntN(len(l.people))].Card.Number
	if _, err := l.box.Find(ctx, number, ""); err != nil {
		return err
	}
	shown, err := l.show(ctx, number)
	for _, id := range shown {
		if err == nil {
			l.out.say(message{Say: sayDelivered, ID: id})
		}
	}
	return err
}

// record writes the act into the audit chain.
func (l *lodger) record(ctx context.Context, id string) {
	if l.trail.Append(ctx, audit.Record{Role: audit.Machine, Act: "matter.lodged", Subject: id}) == nil {
		l.out.say(message{Say: sayRecorded, ID: id})
	}
}
