package system

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"

	"github.com/emmansun/gmsm/sm3"

	"zhizhu/app/kiosk"
	"zhizhu/app/sheet"
	"zhizhu/app/visit"
	"zhizhu/devices"
	"zhizhu/offline/audit"
	"zhizhu/offline/catalog"
	"zhizhu/offline/mailbox"
	"zhizhu/offline/outbox"
	"zhizhu/offline/wire"
)

// matters is the kiosk's offline half: it turns a visit's draft into the wire's matter and asks the outbox. Until the
// machine is enrolled there is no outbox, and nothing can be lodged.
type matters struct {
	catalog *catalog.Catalog
	station StationConfig
	box     atomic.Pointer[outbox.Outbox]
	mail    atomic.Pointer[mailbox.Mailbox]
	trail   atomic.Pointer[audit.Log]
	kick    atomic.Pointer[func()] // tells sync that there is work
}

var _ kiosk.Matters = (*matters)(nil)

func (m *matters) wakeSync() {
	if kick := m.kick.Load(); kick != nil {
		(*kick)()
	}
}

var errUnenrolled = errors.New("this machine is not enrolled")

func (m *matters) Lodge(ctx context.Context, d visit.Draft) (visit.Lodged, error) {
	box := m.box.Load()
	if box == nil {
		return visit.Lodged{}, &kiosk.LodgeError{Fault: visit.LodgeUnenrolled, Err: errUnenrolled}
	}
	matter, err := m.matter(d)
	if err != nil {
		return visit.Lodged{}, &kiosk.LodgeError{Fault: visit.LodgeStore, Err: err}
	}
	l, err := box.Lodge(ctx, matter)
	if err != nil {
		fault := visit.LodgeStore
		switch {
		case errors.Is(err, outbox.ErrInDoubt):
			fault = visit.LodgeInDoubt
		case errors.Is(err, outbox.ErrDiskFull):
			fault = visit.LodgeDiskFull
		}
		return visit.Lodged{}, &kiosk.LodgeError{Fault: fault, Err: err}
	}
	m.wakeSync()
	m.note(audit.Record{
		Role: audit.Resident, Act: "matter.lodged", Subject: l.ID, Item: d.Item.ID, Version: d.Item.Version,
	}, d.Card)
	return visit.Lodged{ID: l.ID, Number: l.Number, At: l.At}, nil
}

// matter fills in what the visit knows; number, terminal and times are the outbox's.
func (m *matters) matter(d visit.Draft) (wire.Matter, error) {
	w := wire.Matter{
		Item: d.Item.ID, ItemName: d.Item.Name, ItemVer: d.Item.Version, Catalog: m.catalog.Version,
		Kind: string(d.Item.Kind), Accepted: d.Item.Policies.AcceptOnReceipt,
		StationAs: m.station.Name, Channel: "self-service",
		Answers: answers(d), Materials: materials(d), Statement: d.Statement,
	}
	if d.Card != nil {
		w.Applicant = applicant(*d.Card)
	}
	if d.About != nil {
		w.About = &wire.About{Item: d.About.Item, ItemName: d.About.ItemName, Step: d.About.Step}
	}
	if d.Signature != nil {
		over, err := signedDigest(w)
		if err != nil {
			return wire.Matter{}, err
		}
		w.Signature = &wire.Signature{W: d.Signature.W, H: d.Signature.H, Strokes: strokes(d.Signature.Strokes), Over: over}
	}
	return w, nil
}

// signedDigest is the SM3 digest of what the resident signed: who, which item in which version, the answers, how the
// materials are met, and the statement. The upstream computes it again.
func signedDigest(w wire.Matter) (string, error) {
	signed, err := json.Marshal(struct {
		Item, Version string
		Applicant     *wire.Applicant
		Answers       []wire.Answer
		Materials     []wire.Material
		Statement     []string
	}{w.Item, w.ItemVer, w.Applicant, w.Answers, w.Materials, w.Statement})
	if err != nil {
		return "", fmt.Errorf("encode what was signed: %w", err)
	}
	sum := sm3.Sum(signed)
	return hex.EncodeToString(sum[:]), nil
}

func applicant(c devices.Card) *wire.Applicant {
	kinds := map[devices.CardType]string{
		devices.ResidentCard: "resident-card", devices.ResidencePermit: "residence-permit",
		devices.Foreigner2017: "foreigner-2017", devices.Foreigner2023: "foreigner-2023",
	}
	name := c.Name
	if name == "" { // a foreigner's card may carry no Chinese name
		name = c.EnglishName
	}
	return &wire.Applicant{
		Name: name, EnglishName: c.EnglishName, IDType: kinds[c.Type], IDNumber: c.Number, Sex: string(rune(c.Sex)),
		Nation: c.Nation, Birth: c.Birth, Address: c.Address,
	}
}

// answers come in the order of the form, as the resident saw them.
func answers(d visit.Draft) []wire.Answer {
	all := make([]wire.Answer, 0, len(d.Answers))
	for i := range d.Item.Form {
		f := &d.Item.Form[i]
		if v := d.Answers[f.ID]; v != "" {
			all = append(all, wire.Answer{Field: f.ID, Label: f.Label, Value: v, Text: sheet.Text(f, v)})
		}
	}
	return all
}

func materials(d visit.Draft) []wire.Material {
	names := make(map[string]string, len(d.Item.Materials))
	for _, m := range d.Item.Materials {
		names[m.ID] = m.Name
	}
	all := make([]wire.Material, 0, len(d.Materials))
	for _, id := range slices.Sorted(maps.Keys(d.Materials)) {
		all = append(all, wire.Material{ID: id, Name: names[id], How: d.Materials[id]})
	}
	return all
}

func strokes(in [][]visit.Point) [][][2]int16 {
	out := make([][][2]int16, len(in))
	for i, s := range in {
		out[i] = make([][2]int16, len(s))
		for j, p := range s {
			out[i][j] = [2]int16{p.X, p.Y}
		}
	}
	return out
}

func (m *matters) Find(ctx context.Context, idNumber, number string) ([]visit.Record, error) {
	box := m.box.Load()
	if box == nil {
		return nil, nil // nothing was ever lodged here
	}
	found, err := box.Find(ctx, idNumber, number)
	if err != nil {
		return nil, err
	}
	records := make([]visit.Record, len(found))
	for i, r := range found {
		records[i] = visit.Record{
			ID: r.ID, Number: r.Number, Item: r.Item, ItemName: r.ItemName, At: r.At,
			Accepted: r.Accepted, Sent: r.Sent, Stuck: r.State == outbox.Quarantined, Printed: r.Printed,
			Refused: r.State == outbox.Refused, Settled: r.State == outbox.Settled,
		}
	}
	return m.addLetters(ctx, idNumber, number, records)
}

func (m *matters) Rate(ctx context.Context, r visit.PutRating) error {
	box := m.box.Load()
	if box == nil {
		return errUnenrolled
	}
	err := box.PutRating(ctx, wire.Rating{Matter: r.Matter, Number: r.Number, Item: r.Item, Level: r.Level, RatedAt: r.At})
	switch {
	case errors.Is(err, outbox.ErrRated): // it is there already
		return nil
	case err != nil:
		return err
	}
	m.note(audit.Record{Role: audit.Resident, Act: "matter.rated", Subject: r.Matter, Item: r.Item}, nil)
	m.wakeSync()
	return nil
}

func (m *matters) MarkPrinted(ctx context.Context, number string) error {
	box := m.box.Load()
	if box == nil {
		return errUnenrolled
	}
	m.note(audit.Record{Role: audit.Machine, Act: "receipt.printed", Subject: number}, nil)
	return box.MarkPrinted(ctx, number)
}
