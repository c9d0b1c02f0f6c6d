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
	// Lodge asks for the matter to be written and synced to disk. Answer: Lodged or LodgeFailed.
	Lodge struct{ Draft Draft }
	// Print asks for a document. Answer: PrintDone with the same Number. Number is "" for a checklist.
	Print struct {
		Number string
		Doc    devices.Document
	}
	// FindRecords looks up what this person lodged here, by number, or by a scanned receipt number. Answer: Found.
	FindRecords struct {
		IDNumber string
		Number   string
	}
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

func (ArmCard) effect()     {}
func (Lodge) effect()       {}
func (Print) effect()       {}
func (FindRecords) effect() {}
func (PutRating) effect()   {}
func (Wipe) effect()        {}
func (Note) effect()        {}

// Draft is everything of a visit that becomes a matter. It holds personal data.
type Draft struct {
	Item      *catalog.Item
	Card      *devices.Card // nil where the item asks nobody who they are
	Answers   sheet.Answers // of the fields that are visible, prefilled ones included
	Materials map[string]string
	Statement []string // what was ticked, word for word
	Signature *Sign    // nil where none was asked
	At        time.Time
}
