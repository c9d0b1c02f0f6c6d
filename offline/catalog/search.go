package catalog

import (
	"slices"
	"strings"
	"unicode"
)

// ByID returns the item with an id, or nil.
func (c *Catalog) ByID(id string) *Item {
	for _, it := range c.Items {
		if it.ID == id {
			return it
		}
	}
	return nil
}

// Theme returns the theme with an id, or nil.
func (c *Catalog) Theme(id string) *Theme {
	for i := range c.Themes {
		if c.Themes[i].ID == id {
			return &c.Themes[i]
		}
	}
	return nil
}

// ByTheme returns the items of a theme, in the catalogue's order.
func (c *Catalog) ByTheme(theme string) []*Item {
	var found []*Item
	for _, it := range c.Items {
		if it.Theme == theme {
			found = append(found, it)
		}
	}
	return found
}

// Frequent returns the items of 大家常办, in their places.
func (c *Catalog) Frequent() []*Item {
	var found []*Item
	for _, it := range c.Items {
		if it.Frequent > 0 {
			found = append(found, it)
		}
	}
	slices.SortStableFunc(found, func(a, b *Item) int { return a.Frequent - b.Frequent })
	return found
}

// Words returns at most n words that residents say for the items, the frequent ones first, one an item: what a search
// page offers for a tap. Each of them finds its item.
func (c *Catalog) Words(n int) []string {
	order := c.Frequent()
	for _, it := range c.Items {
		if it.Frequent == 0 {
			order = append(order, it)
		}
	}
	var words []string
	for _, it := range order {
		if len(words) >= n {
			break
		}
		if len(it.Keywords) > 0 && !slices.Contains(words, it.Keywords[0]) {
			words = append(words, it.Keywords[0])
		}
	}
	return words
}

// Search returns the items that a query means, the best first, none for an empty query. It looks at the short and the
// official name, aliases, keywords and the line under the name; spaces and punctuation count for nothing, and words
// around the thing meant (我要办老人钱) do no harm.
func (c *Catalog) Search(query string) []*Item {
	q := fold(query)
	if q == "" {
		return nil
	}
	type hit struct {
		item  *Item
		score int
	}
	var hits []hit
	for _, it := range c.Items {
		if s := it.score(q); s > 0 {
			hits = append(hits, hit{it, s})
		}
	}
	slices.SortStableFunc(hits, func(a, b hit) int {
		if a.score != b.score {
			return b.score - a.score
		}
		return place(a.item) - place(b.item)
	})
	found := make([]*Item, len(hits))
	for i, h := range hits {
		found[i] = h.item
	}
	return found
}

// place orders items of the same score: frequent ones by their place, all others behind them.
func place(it *Item) int {
	if it.Frequent == 0 {
		return 1 << 20
	}
	return it.Frequent
}

// Scores of the ways in which a query meets a text.
const (
	scoreExact    = 1000 // the same words
	scorePrefix   = 800  // the text begins with the query
	scoreContains = 600  // the text holds the query
	scoreWithin   = 400  // the query holds the text (我要办老人钱)
	scoreSimilar  = 100  // most pairs of neighbouring characters are shared
)

// score says how well an item meets a folded query, 0 for not at all.
func (it *Item) score(q string) int {
	best := 0
	consider := func(text string, bonus int) {
		if s := meet(fold(text), q); s > 0 {
			best = max(best, s+bonus)
		}
	}
	consider(it.Short, 30)
	consider(it.Name, 30)
	for _, text := range it.Aliases {
		consider(text, 20)
	}
	for _, text := range it.Keywords {
		consider(text, 25)
	}
	if best == 0 && len([]rune(q)) > 1 && strings.Contains(fold(it.Tagline), q) {
		best = scoreSimilar
	}
	return best
}

// meet compares two folded texts.
func meet(text, q string) int {
	switch {
	case text == "":
		return 0
	case text == q:
		return scoreExact
	case strings.HasPrefix(text, q):
		return scorePrefix
	case strings.Contains(text, q):
		return scoreContains
	case len([]rune(text)) > 1 && strings.Contains(q, text):
		// The longer the word that was meant, the surer.
		return scoreWithin + min(len([]rune(text))*10, 100)
	}
	return similar([]rune(text), []rune(q))
}

// similar counts the pairs of neighbouring characters of the query that the text has too.
func similar(text, q []rune) int {
	if len(q) < 3 {
		return 0
	}
	shared := 0
	for i := 0; i+1 < len(q); i++ {
		for j := 0; j+1 < len(text); j++ {
			if q[i] == text[j] && q[i+1] == text[j+1] {
				shared++
				break
			}
		}
	}
	if pairs := len(q) - 1; shared*2 >= pairs {
		return scoreSimilar + 100*shared/pairs
	}
	return 0
}

// fold takes a text to lower case, full-width letters to ASCII, and leaves letters and digits only.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= '！' && r <= '～' {
			r -= '！' - '!'
		}
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) {
			return -1
		}
		return unicode.ToLower(r)
	}, s)
}
