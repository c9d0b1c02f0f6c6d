package sheet

import "zhizhu/offline/catalog"

// Ways in which a material is met, as the matter tells them to the upstream.
const (
	ByCard  = "card"  // the ID card on the reader
	ByECert = "ecert" // an electronic certificate or shared data, to be tried by the upstream: it may not be there
	ByHand  = "have"  // the resident has it and shows it when the office asks
	ByLater = "later" // to be supplied (容缺, R40)
)

// MaterialState is how one material of the item stands.
type MaterialState struct {
	Material *catalog.Material
	How      string   // ByCard, ByECert, what was chosen, or "" while nothing is
	Choices  []string // what the resident may choose; empty where nothing is to be decided (R25, R34)
}

// Met says whether the material keeps nobody from lodging.
func (m MaterialState) Met() bool { return m.How != "" }

// Materials returns the materials that these answers call for (R09), and how each stands. chosen holds the resident's
// choices by material id; a choice that the item doesn't allow counts as none.
func Materials(item *catalog.Item, answers Answers, chosen map[string]string) []MaterialState {
	final := Final(item, answers)
	var states []MaterialState
	for i := range item.Materials {
		m := &item.Materials[i]
		if !m.When.Holds(final) {
			continue
		}
		s := MaterialState{Material: m}
		switch {
		case m.Card:
			s.How = ByCard
		case m.ECert != "":
			s.How = ByECert
		default:
			s.Choices = []string{ByHand}
			if m.Later && !m.Main {
				s.Choices = append(s.Choices, ByLater)
			}
			for _, c := range s.Choices {
				if chosen[m.ID] == c {
					s.How = c
				}
			}
		}
		states = append(states, s)
	}
	return states
}

// FinalMaterials returns how each needed material is met, by id: what is lodged.
func FinalMaterials(item *catalog.Item, answers Answers, chosen map[string]string) map[string]string {
	final := make(map[string]string)
	for _, s := range Materials(item, answers, chosen) {
		if s.Met() {
			final[s.Material.ID] = s.How
		}
	}
	return final
}

// MustChoose says whether the resident has to decide on any material.
func MustChoose(item *catalog.Item, answers Answers) bool {
	for _, s := range Materials(item, answers, nil) {
		if len(s.Choices) > 0 {
			return true
		}
	}
	return false
}
