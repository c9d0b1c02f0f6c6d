package visit

import (
	"strconv"

	"zhizhu/app/health"
)

// told reports whether the upstream has said anything about any of the matters.
func (f finding) told() bool {
	for _, r := range f.records {
		if len(r.Letters) > 0 {
			return true
		}
	}
	return false
}

// recordsPage is how many matters a page shows: fewer where there are replies to read.
func (s State) recordsPage() int {
	if s.find.told() {
		return max(s.pageSize()/3, 1)
	}
	return s.pageSize()
}

// shownRecords are the matters of the page.
func (s State) shownRecords() []Record {
	all, n := s.find.records, s.recordsPage()
	page := min(s.page, max((len(all)-1)/n, 0))
	return all[min(page*n, len(all)):min((page+1)*n, len(all))]
}

// delivered notes that the letters of the page are before their person now. One that is looked up by a slip's number
// alone is not: anybody may hold a slip.
func (t *turn) delivered() {
	if !t.s.find.done || !t.s.find.byCard {
		return
	}
	var ids []string
	for _, r := range t.s.shownRecords() {
		for _, l := range r.Letters {
			ids = append(ids, l.ID)
		}
	}
	if len(ids) > 0 {
		t.do(MarkDelivered{Letters: ids})
	}
}

// recordState says how far a matter got: by the upstream's last word, where there is one.
func recordState(r Record, now health.Report) string {
	switch {
	case r.Refused:
		return "没有受理，原因写在下面"
	case r.Settled:
		return "已经办结"
	}
	for _, l := range r.Letters { // newest first
		switch l.Kind {
		case LetterCorrection:
			return "要补材料"
		case LetterAccepted:
			return "已经受理"
		case LetterRefused, LetterSettled, LetterReply:
		}
	}
	return sentState(recordNetwork(r, now))
}

// maxLetters is how many replies to one matter are shown: older ones are history.
const maxLetters = 3

// letterWords put replies into words, all deficiencies of each at once (R11). Whoever holds a slip learns only that there
// is one: what it says is for the holder of the card.
func (s State) letterWords(letters []Letter) []string {
	if len(letters) == 0 {
		return nil
	}
	if !s.find.byCard {
		return []string{"有回复。请本人刷身份证看。"}
	}
	var words []string
	for _, l := range letters[:min(maxLetters, len(letters))] {
		words = append(words, letterHead(l))
		if l.Text != "" {
			words = append(words, l.Text)
		}
		for i, m := range l.Missing {
			words = append(words, strconv.Itoa(i+1)+". "+m)
		}
		if l.Due != "" {
			words = append(words, "请在 "+dayWords(l.Due)+" 前补齐。")
		}
	}
	return words
}

func letterHead(l Letter) string {
	names := map[LetterKind]string{
		LetterAccepted: "已受理", LetterCorrection: "请补正（补齐这些就能接着办）", LetterRefused: "不予受理", LetterSettled: "已办结",
		LetterReply: "答复",
	}
	head := orWords(names[l.Kind], "通知")
	if !l.At.IsZero() {
		head = momentWords(l.At) + " " + head
	}
	if l.Office != "" {
		head += "（" + l.Office + "）"
	}
	return head
}
