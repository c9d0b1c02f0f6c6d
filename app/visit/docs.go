package visit

import (
	"time"

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
		Network:  network(s.out.online),
		Reprint:  again,
	}
	if card := w.holder(s.card); card != nil {
		i.Name, i.IDNumber = person(card), card.Number
	}
	return receipt.Document(i)
}

func network(online bool) receipt.Network {
	if online {
		return receipt.Sending
	}
	return receipt.Waiting
}

// handed are the answers and materials that were handed in. What stands on the card has its own lines on the slip, and
// a second number doesn't belong on a paper that may be lost.
func (s State) handed() []string {
	w := s.work
	var lines []string
	for _, f := range w.asked() {
		text := sheet.Text(f, w.answers[f.ID])
		if f.Type == catalog.IDNo {
			text = receipt.MaskNumber(w.answers[f.ID])
		}
		if text != "" {
			lines = append(lines, f.Label+"："+text)
		}
	}
	for _, m := range sheet.Materials(w.item, w.all(), w.materials) {
		if m.How == sheet.ByCard || m.How == sheet.ByHand {
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
		Network:  network(s.report.Online),
		Reprint:  s.now,
	}
	if r.Sent {
		i.Network = receipt.Sent
	}
	if s.find.byCard && s.card != nil {
		i.Name, i.IDNumber = person(s.card), s.card.Number
	}
	return receipt.Document(i)
}

func checklistDoc(s State) devices.Document {
	return receipt.Checklist(s.work.item, s.world.Station.Name)
}
