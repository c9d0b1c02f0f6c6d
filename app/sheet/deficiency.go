package sheet

import (
	"time"

	"zhizhu/offline/catalog"
)

// Deficiencies returns everything that keeps the sheet from being lodged, all at once (R11): every visible field in the
// form's order, then every needed material. answers hold what is prefilled, too; what stands on the card is not
// questioned here, since nobody at the machine could mend it. An empty result means that it can be lodged.
func Deficiencies(item *catalog.Item, answers Answers, materials map[string]string, today time.Time) []Deficiency {
	fields, final := walk(item, answers)
	var all []Deficiency
	for _, f := range fields {
		value := final[f.ID]
		if value != "" && f.Prefill != "" {
			continue
		}
		if fault, limit := Check(f, value, today); fault != Fine {
			all = append(all, Deficiency{Field: f.ID, Label: f.Label, Fault: fault, Limit: limit})
		}
	}
	for _, s := range Materials(item, answers, materials) {
		if !s.Met() {
			all = append(all, Deficiency{Material: s.Material.ID, Label: s.Material.Name, Fault: Missing})
		}
	}
	return all
}
