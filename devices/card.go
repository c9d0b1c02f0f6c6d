package devices

import "log/slog"

// CardType is the type flag at byte 248 of a card's text block (protocols.md A5).
type CardType byte

// The four layouts that a SAM yields.
const (
	ResidentCard    CardType = ' ' // 居民身份证
	ResidencePermit CardType = 'J' // 港澳台居民居住证
	Foreigner2017   CardType = 'I' // 外国人永久居留身份证 (2017)
	Foreigner2023   CardType = 'Y' // 外国人永久居留身份证 (2023)
)

// Sex is a code of GB/T 2261.1: '0' 未知, '1' 男, '2' 女, '9' 未说明.
type Sex byte

// Card is what one reading of an ID card yields. Strings are UTF-8 with the padding taken off and inner spaces kept.
// Fields that the layout of its Type does not carry are empty. It holds personal data and redacts itself in logs.
type Card struct {
	Type         CardType
	Name         string // Chinese name; may be empty on a foreigner's card
	EnglishName  string // foreigners' cards
	Sex          Sex
	Nation       string // two digits of GB/T 3304, resident card only
	Nationality  string // three letters of GB/T 2659, foreigners' cards
	Birth        string // ISO 8601 date, "" where the card's eight digits are no date
	Address      string
	Number       string // 18 characters; 15 on a foreigner's card of 2017
	Authority    string // issuing authority, or its code on a foreigner's card of 2017
	ValidFrom    string // ISO 8601 date
	ValidTo      string // ISO 8601 date, or LongTerm
	PassNumber   string // residence permit
	IssueCount   string // residence permit
	Renewals     string // foreigner's card of 2023
	FormerNumber string // foreigner's card of 2023: link item to the earlier number
	// LatestAddress is the newest appended address (30 03), "" where the card has none or the reader can't tell.
	LatestAddress string
	Photo         []byte // 1024 opaque bytes (WLT), nil where the reader sent none
	Fingerprint   []byte // 0, 512 or 1024 opaque bytes
}

// LongTerm is the ValidTo of a card without an end date.
const LongTerm = "长期"

// LogValue keeps every personal field out of logs.
func (c Card) LogValue() slog.Value { return slog.StringValue("card(redacted)") }

// String keeps every personal field out of %v.
func (c Card) String() string { return "card(redacted)" }

// CardEventKind says what happened on the reader.
type CardEventKind int

// Card events, in the order in which a good reading shows them.
const (
	CardFound    CardEventKind = iota + 1 // a card lies there, reading has begun
	CardRead                              // Card is filled
	CardTroubled                          // read failed; "take it away and put it back" (SW3 31, 32, 33, 41, 47, 81)
	CardUnknown                           // not a card that this machine reads (SW3 40 or an unknown type flag)
	CardGone                              // it was taken away before the reading was done
	CardLying                             // the card that was read still lies there (only while watched)
	CardLifted                            // ... and now it is gone (only while watched)
)

// CardEvent is one event of an ID-card reader.
type CardEvent struct {
	Kind CardEventKind
	Card Card // only with CardRead
}

// Scan is what a scanner yielded. A code is an opaque, short-lived token: it is never logged.
type Scan struct {
	Raw  []byte // as received, line end taken off
	Text string // UTF-8 if Raw is valid UTF-8, else decoded as GB18030
}

// LogValue keeps the token out of logs.
func (s Scan) LogValue() slog.Value { return slog.StringValue("scan(redacted)") }

// String keeps the token out of %v.
func (s Scan) String() string { return "scan(redacted)" }
