package system

import (
	"context"
	"slices"
	"time"

	"zhizhu/app/visit"
	"zhizhu/devices"
	"zhizhu/offline/audit"
	"zhizhu/offline/wire"
)

// addLetters puts what the upstream has said beside the matters that it is about. One about a matter that isn't kept here
// any more gets a row of its own: somebody waits for it.
func (m *matters) addLetters(ctx context.Context, idNumber, number string, records []visit.Record) ([]visit.Record, error) {
	mail := m.mail.Load()
	if mail == nil {
		return records, nil
	}
	letters, err := mail.Find(ctx, idNumber, number)
	if err != nil {
		return nil, err
	}
	for _, l := range letters { // newest first
		at := slices.IndexFunc(records, func(r visit.Record) bool { return r.ID == l.Matter || r.Number == l.Number })
		if at < 0 {
			at = len(records)
			records = append(records, visit.Record{ID: l.Matter, Number: l.Number, ItemName: l.ItemName, At: hereTime(l.At), Sent: true})
		}
		records[at].Letters = append(records[at].Letters, letterOf(l))
	}
	return records, nil
}

func letterOf(l wire.Letter) visit.Letter {
	return visit.Letter{
		ID: l.ID, Kind: visit.LetterKind(l.Kind), At: hereTime(l.At), Office: l.Office, Text: l.Text, Missing: l.Missing, Due: l.Due,
	}
}

// MarkDelivered implements kiosk.Matters.
func (m *matters) MarkDelivered(ctx context.Context, letters []string) error {
	mail := m.mail.Load()
	if mail == nil {
		return errUnenrolled
	}
	if err := mail.Delivered(ctx, letters); err != nil {
		return err
	}
	for _, id := range letters {
		m.note(audit.Record{Role: audit.Machine, Act: "letter.shown", Subject: id}, nil)
	}
	m.wakeSync()
	return nil
}

// note writes an act into the audit chain, without waiting for the disk: the matter itself is there already.
func (m *matters) note(r audit.Record, who *devices.Card) {
	trail := m.trail.Load()
	if trail == nil {
		return
	}
	if who != nil {
		r.Actor = trail.Actor(who.Number)
	}
	trail.Note(r)
}

// hereTime is a time as the wall clock of the station shows it; letters come down in UTC.
func hereTime(at time.Time) time.Time { return at.In(chinaNow().Location()) }
