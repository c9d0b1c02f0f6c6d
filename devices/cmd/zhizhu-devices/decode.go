package main

import (
	"bufio"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"

	"zhizhu/devices"
	"zhizhu/devices/idcard/sam"
)

// idcardCmd are the card reader's field tools.
type idcardCmd struct {
	Decode decodeCmd `cmd:"" help:"Decode a reader's replies: hex frames on stdin, one a line, noise allowed. The output holds the card's personal data: it is for the screen, not for a file."`
}

type decodeCmd struct {
	JSON bool `name:"json" help:"One JSON object a line; without it, the same for people."`
}

// decoded is what is said of one line. Fields that the card's layout does not carry are left out.
type decoded struct {
	Type         string `json:"type,omitempty"` // resident, residence-permit, foreigner-2017, foreigner-2023, status
	Name         string `json:"name,omitempty"`
	EnglishName  string `json:"english_name,omitempty"`
	Sex          string `json:"sex,omitempty"`
	Nation       string `json:"nation,omitempty"`
	NationCode   string `json:"nation_code,omitempty"`
	Nationality  string `json:"nationality,omitempty"`
	Birth        string `json:"birth,omitempty"` // ISO 8601
	Address      string `json:"address,omitempty"`
	IDNumber     string `json:"id_number,omitempty"`
	NumberValid  *bool  `json:"id_number_valid,omitempty"`
	Authority    string `json:"authority,omitempty"`
	ValidFrom    string `json:"valid_from,omitempty"`
	ValidTo      string `json:"valid_to,omitempty"` // ISO 8601, or 长期
	PassNumber   string `json:"pass_number,omitempty"`
	IssueCount   string `json:"issue_count,omitempty"`
	Renewals     string `json:"renewals,omitempty"`
	FormerNumber string `json:"former_number,omitempty"`
	PhotoBytes   int    `json:"photo_bytes,omitempty"`
	PrintBytes   int    `json:"fingerprint_bytes,omitempty"`

	Status  string `json:"status,omitempty"`  // SW3, two hex digits
	Meaning string `json:"meaning,omitempty"` // of the status
	Noise   int    `json:"noise,omitempty"`   // bytes of the line that belong to no frame
	Error   string `json:"error,omitempty"`
}

// maxLine is the longest line that is read: a frame of 2321 bytes in hex with blanks, and noise.
const maxLine = 64 << 10

// Run is kong's.
func (c decodeCmd) Run(stdin io.Reader, stdout io.Writer) error {
	lines := bufio.NewScanner(stdin)
	lines.Buffer(nil, maxLine)
	for lines.Scan() {
		if strings.TrimSpace(lines.Text()) == "" {
			continue
		}
		if err := c.say(stdout, decodeLine(lines.Text())); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("read frames: %w", err)
	}
	return nil
}

func (c decodeCmd) say(stdout io.Writer, d decoded) error {
	enc := json.NewEncoder(stdout)
	if !c.JSON {
		enc.SetIndent("", "  ")
	}
	if err := enc.Encode(d); err != nil {
		return fmt.Errorf("write what was decoded: %w", err)
	}
	return nil
}

var (
	errNotHex  = errors.New("no hex digits, two a byte")
	errNoFrame = errors.New("no whole frame with a right checksum in this line")
)

// decodeLine decodes the first frame of a line that holds a card, else its first frame.
func decodeLine(line string) decoded {
	raw, err := hex.DecodeString(strings.Map(dropBlank, line))
	if err != nil {
		return decoded{Error: errNotHex.Error()}
	}
	var dec sam.Decoder
	dec.Write(raw)
	first := decoded{Error: errNoFrame.Error()}
	for seen := false; ; {
		body, ok := dec.Next()
		if !ok && dec.Partial() { // a length made longer by noise must not hide what follows
			dec.GiveUp()
			continue
		}
		if !ok {
			first.Noise = dec.Noise
			return first
		}
		d := decodeReply(body)
		if d.Name != "" || d.IDNumber != "" {
			d.Noise = dec.Noise
			return d
		}
		if !seen {
			first, seen = d, true
		}
	}
}

// dropBlank drops what people put between bytes.
func dropBlank(r rune) rune {
	if unicode.IsSpace(r) || r == ':' || r == ',' {
		return -1
	}
	return r
}

// shortest is the length of data from which a good reply is a reading: two length words and the text.
const shortest = 4 + 256

func decodeReply(body []byte) decoded {
	reply, err := sam.ParseReply(body)
	if err != nil {
		return decoded{Error: err.Error()}
	}
	if reply.Status != sam.OK || len(reply.Data) < shortest {
		return decoded{Type: "status", Status: fmt.Sprintf("%02X", byte(reply.Status)), Meaning: reply.Status.String()}
	}
	reading, err := sam.ParseReading(reply.Data)
	if err != nil {
		return decoded{Error: err.Error()}
	}
	card, err := sam.ParseText(reading.Text)
	if err != nil {
		return decoded{Error: err.Error()}
	}
	d := ofCard(card)
	d.PhotoBytes, d.PrintBytes = len(reading.Photo), len(reading.Fingerprint)
	return d
}

func ofCard(c devices.Card) decoded {
	types := map[devices.CardType]string{
		devices.ResidentCard: "resident", devices.ResidencePermit: "residence-permit",
		devices.Foreigner2017: "foreigner-2017", devices.Foreigner2023: "foreigner-2023",
	}
	sexes := map[devices.Sex]string{'0': "未知", '1': "男", '2': "女", '9': "未说明"}
	valid := sam.ValidNumber(c.Number)
	d := decoded{
		Type: types[c.Type], Name: c.Name, EnglishName: c.EnglishName, Sex: sexes[c.Sex],
		Nationality: c.Nationality, Birth: c.Birth, Address: c.Address, IDNumber: c.Number, NumberValid: &valid,
		Authority: c.Authority, ValidFrom: c.ValidFrom, ValidTo: c.ValidTo, PassNumber: c.PassNumber,
		IssueCount: c.IssueCount, Renewals: c.Renewals, FormerNumber: c.FormerNumber,
	}
	if c.Nation != "" {
		d.NationCode, d.Nation = c.Nation, sam.NationName(c.Nation)
	}
	return d
}
