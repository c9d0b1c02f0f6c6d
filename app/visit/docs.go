package visit

import (
	"time"

	"zhizhu/app/health"
	"zhizhu/app/receipt"
	"zhizhu/app/sheet"
	"zhizhu/devices"
	"zhizhu/offline/catalog"
)

func validNumber(s string) bool { return receipt.ValidNumber(s) }

// receiptDoc is the slip of the matter that was lodged last; again is when a further copy is made, zero for the first.
func receiptDoc(s State, again time.Time) devices.Document {
	w := s.work
	i := receipt.Info{
		Station:  s.world.Station.Name,
		Item:     w.item,
		Number:   s.out.lodged.Number,
		At:       s.out.lodged.At,
		Accepted: w.item.Policies.AcceptOnReceipt,
		Handed:   s.handed(),
		Owing:    s.owing(),
		Network:  s.out.network,
		Reprint:  again,

		ClockUnsure: s.clockUnsure(again),
	}
	if card := w.holder(s.card); card != nil {
		i.Name, i.IDNumber = person(card), card.Number
	}
	return receipt.Document(i)
}

// clockUnsure says of the last matter's slip that its times may be wrong: the lodging's, or a further copy's.
func (s State) clockUnsure(again time.Time) bool {
	return s.out.clockUnsure || !again.IsZero() && s.report.ClockUnsure
}

// network is where a matter that waits on this machine is told to be.
func network(r health.Report) receipt.Network {
	switch {
	case r.Online:
		return receipt.Sending
	case r.Held:
		return receipt.Held
	}
	return receipt.Waiting
}

// handed are the answers and materials that were handed in. What stands on the card has its own lines on the slip, and
// no whole number of an account, a telephone or a second person belongs on a paper that may be lost.
func (s State) handed() []string {
	w := s.work
	var lines []string
	for _, f := range w.asked() {
		text := sheet.Text(f, w.answers[f.ID])
		switch f.Type {
		case catalog.IDNo:
			text = receipt.MaskNumber(w.answers[f.ID])
		case catalog.Digits, catalog.Phone:
			text = receipt.MaskTail(sheet.Clean(f, w.answers[f.ID]))
		case catalog.Text, catalog.Choice, catalog.Date, catalog.Number:
		}
		if text != "" {
			lines = append(lines, f.Label+"："+text)
		}
	}
	for _, m := range sheet.Materials(w.item, w.all(), w.materials) {
		if m.How != "" && m.How != sheet.ByLater {
			lines = append(lines, m.Material.Name+"："+howWords(m.How))
		}
	}
	return lines
}

// owing are the materials that are to be supplied.
func (s State) owing() []string {
	var lines []string
	for _, m := range sheet.Materials(s.work.item, s.work.all(), s.work.materials) {
		if m.How == sheet.ByLater {
			lines = append(lines, m.Material.Name)
		}
	}
	return lines
}

// recordDoc is a further copy of the slip of an earlier matter. Who scanned a slip's code has not shown who they are:
// such a copy bears no name.
func recordDoc(s State, r Record) devices.Document {
	i := receipt.Info{
		Station:  s.world.Station.Name,
		Item:     s.world.item(r.Item),
		ItemName: r.ItemName,
		Number:   r.Number,
		At:       r.At,
		Accepted: r.Accepted,
		Network:  recordNetwork(r, s.report),
		Reprint:  s.now,

		ClockUnsure: r.ClockUnsure || s.report.ClockUnsure,
	}
	if s.find.byCard && s.card != nil {
		i.Name, i.IDNumber = person(s.card), s.card.Number
	}
	return receipt.Document(i)
}

// recordNetwork is where an earlier matter is now. Only the gateway's signature makes it sent.
func recordNetwork(r Record, now health.Report) receipt.Network {
	switch {
	case r.Sent:
		return receipt.Sent
	case r.Stuck:
		return receipt.Stuck
	}
	return network(now)
}

func checklistDoc(s State) devices.Document {
	return receipt.Checklist(s.work.item, s.world.Station.Name)
}
