package main

import (
	"fmt"

	"zhizhu/devices"
	"zhizhu/devices/idcard/sam"
)

// cardMask tells what a card reader and its host say.
type cardMask struct {
	host, device sam.Decoder
	noise        map[side]int // told so far
	asked        sam.Op
}

func newCardMask() *cardMask {
	return &cardMask{host: sam.Decoder{Requests: true}, noise: map[side]int{}}
}

func (m *cardMask) decoder(from side) *sam.Decoder {
	if from == hostSide {
		return &m.host
	}
	return &m.device
}

func (m *cardMask) feed(from side, b []byte) []event {
	var out []event
	if from == hostSide { // the reader's turn is over: what it hasn't ended by now never ends
		out = m.giveUp(deviceSide)
	}
	m.decoder(from).Write(b)
	return append(out, m.frames(from)...)
}

func (m *cardMask) frames(from side) (out []event) {
	d := m.decoder(from)
	for {
		body, ok := d.Next()
		if n := d.Noise - m.noise[from]; n > 0 {
			m.noise[from] = d.Noise
			out = append(out, hidden(from, n, "of noise"))
		}
		if !ok {
			return out
		}
		if from == hostSide {
			out = append(out, m.request(body))
		} else {
			out = append(out, m.reply(body))
		}
	}
}

func (m *cardMask) giveUp(from side) (out []event) {
	d := m.decoder(from)
	for d.Partial() {
		d.GiveUp()
		out = append(out, m.frames(from)...)
	}
	return out
}

// flush tells what was kept back. What may still begin a frame (up to four bytes) is dropped.
func (m *cardMask) flush() []event { return append(m.giveUp(hostSide), m.giveUp(deviceSide)...) }

func (m *cardMask) request(body []byte) event {
	req, err := sam.ParseRequest(body)
	if err != nil {
		return hidden(hostSide, len(body)+8, "of a command that is too short")
	}
	m.asked = req.Op
	data := make([]byte, len(req.Data)) // no command of the table carries a person's data; another might
	if req.Op == sam.SetRFFrame {
		copy(data, req.Data)
	}
	says := req.Op.String()
	if req.Op&^7 == sam.SetBaud {
		says = fmt.Sprintf("%s, number %d", says, int(req.Op&7))
	}
	return event{side: hostSide, says: says, bytes: sam.AppendRequest(nil, req.Op, data...)}
}

func (m *cardMask) reply(body []byte) event {
	r, err := sam.ParseReply(body)
	if err != nil {
		return hidden(deviceSide, len(body)+8, "of a reply that is too short")
	}
	says := r.Status.String()
	if r.SW1 != 0 || r.SW2 != 0 {
		says += fmt.Sprintf(" (the card says %02X %02X)", r.SW1, r.SW2)
	}
	data, what := m.data(r)
	if what != "" {
		says += ": " + what
	}
	return event{side: deviceSide, says: says, bytes: sam.AppendReply(nil, sam.Reply{SW1: r.SW1, SW2: r.SW2, Status: r.Status, Data: data})}
}

// data masks the data of a reply and says what they are.
func (m *cardMask) data(r sam.Reply) (masked []byte, says string) {
	masked = make([]byte, len(r.Data))
	if len(r.Data) == 0 {
		return masked, ""
	}
	if m.asked == sam.ReadID && r.Status == sam.OK && len(r.Data) == 16 {
		if id, err := sam.ParseID(r.Data); err == nil {
			copy(masked, r.Data) // of the reader, not of a person
			return masked, "module " + id
		}
	}
	reading, err := sam.ParseReading(r.Data)
	if err != nil || r.Status != sam.OK {
		return masked, fmt.Sprintf("%d bytes, masked", len(r.Data))
	}
	words := 4
	if len(r.Data) > 4+len(reading.Text)+len(reading.Photo) {
		words = 6
	}
	copy(masked, r.Data[:words])
	kind, name := cardKind(reading.Text)
	if kind != 0 {
		masked[words+typeAt] = byte(kind)
	}
	return masked, fmt.Sprintf("text block %d bytes, %s, photo %d, prints %d, masked",
		len(reading.Text), name, len(reading.Photo), len(reading.Fingerprint))
}

// typeAt is where a text block says what kind of card it is of.
const typeAt = 248

func cardKind(text []byte) (devices.CardType, string) {
	if len(text) <= typeAt+1 || text[typeAt+1] != 0 {
		return 0, "unknown card"
	}
	t := devices.CardType(text[typeAt])
	name, ok := map[devices.CardType]string{
		devices.ResidentCard: "resident card", devices.ResidencePermit: "residence permit",
		devices.Foreigner2017: "foreigner's card of 2017", devices.Foreigner2023: "foreigner's card of 2023",
	}[t]
	if !ok {
		return 0, "unknown card"
	}
	return t, name
}
