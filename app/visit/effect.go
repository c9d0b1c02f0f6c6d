package visit

import (
	"time"

	"zhizhu/app/sheet"
	"zhizhu/devices"
	"zhizhu/offline/catalog"
)

// Effect is something to be carried out. Each that has an answer names the event that brings it.
type Effect interface{ effect() }

// Effects.
type (
	// ArmCard makes the reader look for a card, or stop. Answer: CardEvent, at any time while armed.
	ArmCard struct{ On bool }
	// WatchCard makes the reader say whether the card that was read still lies there. Answer: CardEvent of kind
	// CardLying or CardLifted, within seconds, and CardLifted when it is taken away.
	WatchCard struct{ On bool }
	// AimScanner says that a code is wanted now, or no more: a scanner with a trigger or a camera looks then only.
	// Answer: Scanned, at any time, also from scanners that can't be told.
	AimScanner struct{ On bool }
	// Lodge asks for the matter to be written and synced to disk. Answer: Lodged or LodgeFailed.
	Lodge struct{ Draft Draft }
	// Print asks for a document. Answer: PrintDone with the same Job and Number. Number is "" for a checklist.
	Print struct {
		Job    int // echoed by PrintDone, so that an older job's result can't be taken for a newer one's
		Number string
		Doc    devices.Document
	}
	// FindRecords looks up what this person lodged here, by number, or by a scanned receipt number. Answer: Found.
	FindRecords struct {
		Ask      int // echoed by Found, so that one person's records can't be shown to another
		IDNumber string
		Number   string
	}
	// MarkDelivered records that letters were on the screen before their person. No answer.
	MarkDelivered struct{ Letters []string }
	// PutRating lodges a rating. No answer: it is never asked twice and never waited for.
	PutRating struct {
		Matter, Number, Item string
		Level                int
		At                   time.Time
	}
	// Wipe clears everything that the visit left in other rooms (reader, screen, caches). Answer: WipeDone.
	Wipe struct{}
	// Note is one act for the log, without personal data.
	Note struct{ Act, Item string }
)

func (ArmCard) effect()       {}
func (WatchCard) effect()     {}
func (AimScanner) effect()    {}
func (Lodge) effect()         {}
func (Print) effect()         {}
func (FindRecords) effect()   {}
func (MarkDelivered) effect() {}
func (PutRating) effect()     {}
func (Wipe) effect()          {}
func (Note) effect()          {}

// Draft is everything of a visit that becomes a matter. It holds personal data.
type Draft struct {
	Item      *catalog.Item
	Card      *devices.Card // nil where the item asks nobody who they are
	Answers   sheet.Answers // of the fields that are visible, prefilled ones included
	Materials map[string]string
	Statement []string // what was ticked, word for word
	Signature *Sign    // nil where none was asked
	About     *About   // with 办不成事: what the resident was doing
	At        time.Time
}

// About is what a resident was doing when 办不成事 was touched. It holds no personal data.
type About struct{ Item, ItemName, Step string }
