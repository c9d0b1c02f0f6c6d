package main

import (
	"encoding/hex"
	"fmt"
	"strings"
	"unicode"

	"zhizhu/devices"
	"zhizhu/devices/idcard/sam"
)

// decoded is what is said of one line: a card, another reply, or an error. What a card's layout has is there even
// where it is blank on the card; what it doesn't have is left out.
type decoded struct {
	// Type is resident, residence-permit, foreigner-2017 or foreigner-2023, or of other replies sam-id,
	// appended-address or status.
	Type          string  `json:"type,omitempty"`
	Name          *string `json:"name,omitempty"`
	EnglishName   *string `json:"english_name,omitempty"`
	Sex           *string `json:"sex,omitempty"`
	Nation        *string `json:"nation,omitempty"`
	NationCode    *string `json:"nation_code,omitempty"`
	Nationality   *string `json:"nationality,omitempty"`
	Birth         *string `json:"birth,omitempty"` // ISO 8601
	Address       *string `json:"address,omitempty"`
	LatestAddress *string `json:"latest_address,omitempty"`
	IDNumber      *string `json:"id_number,omitempty"`
	NumberValid   *bool   `json:"id_number_valid,omitempty"`
	NumberError   string  `json:"id_number_error,omitempty"`
	Authority     *string `json:"authority,omitempty"`
	ValidFrom     *string `json:"valid_from,omitempty"`
	ValidTo       *string `json:"valid_to,omitempty"` // ISO 8601, or 长期
	PassNumber    *string `json:"pass_number,omitempty"`
	IssueCount    *string `json:"issue_count,omitempty"`
	Renewals      *string `json:"renewals,omitempty"`
	FormerNumber  *string `json:"former_number,omitempty"`
	PhotoBytes    *int    `json:"photo_bytes,omitempty"`
	PrintBytes    *int    `json:"fingerprint_bytes,omitempty"`

	SAMID   string `json:"sam_id,omitempty"`
	Status  string `json:"status,omitempty"`  // SW3, two hex digits
	Meaning string `json:"meaning,omitempty"` // of the status, with what the card itself said
	IIN     string `json:"iin,omitempty"`     // hex, of a reply to "find"
	Data    int    `json:"data_bytes,omitempty"`
	Noise   int    `json:"noise,omitempty"` // bytes of the line that belong to no frame
	Error   string `json:"error,omitempty"`

	rank int // of several frames in a line the one with the highest is told
}

const (
	rankNone = iota
	rankStatus
	rankData  // a SAM id, an address
	rankError // a card that can't be understood
	rankCard
)

// decodeLine decodes the frame of a line that says most: a card, if there is one.
func decodeLine(line string) decoded {
	raw, err := hex.DecodeString(bare(line))
	if err != nil {
		return decoded{Error: errNotHex.Error()}
	}
	var dec sam.Decoder
	dec.Write(raw)
	best := decoded{Error: errNoFrame.Error()}
	for {
		body, ok := dec.Next()
		if !ok && dec.Partial() { // a length made longer by noise must not hide what follows
			dec.GiveUp()
			continue
		}
		if !ok {
			best.Noise = dec.Noise
			return best
		}
		if d := decodeReply(body); d.rank > best.rank {
			best = d
		}
	}
}

// bare drops what people and programs put before and between the digits of bytes.
func bare(line string) string {
	line = strings.NewReplacer("0x", "", "0X", "", `\x`, "", "\uFEFF", "").Replace(line)
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || strings.ContainsRune(":,;-_.\"'[]{}", r) {
			return -1
		}
		return r
	}, line)
}

// shortest is the length of data from which a good reply is a reading: two length words and the text.
const shortest = 4 + 256

func decodeReply(body []byte) decoded {
	reply, err := sam.ParseReply(body)
	if err != nil {
		return decoded{Error: err.Error(), rank: rankError}
	}
	if reply.Status == sam.OK && len(reply.Data) >= shortest {
		return decodeReading(reply.Data)
	}
	d := decoded{
		Type: "status", Status: fmt.Sprintf("%02X", byte(reply.Status)), Meaning: reply.String(),
		Data: len(reply.Data), rank: rankStatus,
	}
	switch {
	case reply.Status == sam.Found && len(reply.Data) == 4:
		d.IIN = hex.EncodeToString(reply.Data)
	case reply.Status != sam.OK:
	case len(reply.Data) == 16:
		if id, err := sam.ParseID(reply.Data); err == nil {
			d.Type, d.SAMID, d.rank = "sam-id", id, rankData
		}
	case len(reply.Data) == 70:
		if address, err := sam.ParseAddress(reply.Data); err == nil {
			d.Type, d.LatestAddress, d.rank = "appended-address", &address, rankData
		}
	}
	return d
}

func decodeReading(data []byte) decoded {
	reading, err := sam.ParseReading(data)
	if err != nil {
		return decoded{Error: err.Error(), rank: rankError}
	}
	card, err := sam.ParseText(reading.Text)
	if err != nil {
		return decoded{Error: err.Error(), rank: rankError}
	}
	d := ofCard(card)
	d.PhotoBytes, d.PrintBytes = new(len(reading.Photo)), new(len(reading.Fingerprint))
	return d
}

func ofCard(c devices.Card) decoded {
	sexes := map[devices.Sex]string{'0': "未知", '1': "男", '2': "女", '9': "未说明"}
	d := decoded{
		Name: &c.Name, Sex: new(sexes[c.Sex]), Birth: &c.Birth, IDNumber: &c.Number, ValidFrom: &c.ValidFrom, ValidTo: &c.ValidTo,
		rank: rankCard,
	}
	valid := sam.ValidNumber(c.Number)
	d.NumberValid = &valid
	if _, err := sam.ParseNumber(c.Number); err != nil {
		d.NumberError = err.Error()
	} else if !valid {
		d.NumberError = errNotAsWritten.Error()
	}
	switch c.Type {
	case devices.ResidentCard:
		d.Type, d.Address, d.Authority = "resident", &c.Address, &c.Authority
		d.NationCode, d.Nation = &c.Nation, new(sam.NationName(c.Nation))
	case devices.ResidencePermit:
		d.Type, d.Address, d.Authority = "residence-permit", &c.Address, &c.Authority
		d.PassNumber, d.IssueCount = &c.PassNumber, &c.IssueCount
	case devices.Foreigner2017:
		d.Type, d.Authority = "foreigner-2017", &c.Authority
		d.EnglishName, d.Nationality = &c.EnglishName, &c.Nationality
	case devices.Foreigner2023:
		d.Type, d.Renewals, d.FormerNumber = "foreigner-2023", &c.Renewals, &c.FormerNumber
		d.EnglishName, d.Nationality = &c.EnglishName, &c.Nationality
	}
	return d
}
