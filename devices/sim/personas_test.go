package sim

import (
	"reflect"
	"strings"
	"testing"

	"zhizhu/devices"
	"zhizhu/devices/idcard/sam"
)

func TestPersonasAreValidInForm(t *testing.T) {
	kinds, seen := map[devices.CardType]int{}, map[string]bool{}
	for _, p := range Personas() {
		c := p.Card
		kinds[c.Type]++
		if seen[p.ID] || seen[p.Name] || seen[c.Number] {
			t.Errorf("%s: id, name or number is used twice", p.ID)
		}
		seen[p.ID], seen[p.Name], seen[c.Number] = true, true, true
		if !sam.ValidNumber(c.Number) {
			n := c.Number
			good := n
			if len(n) == 18 {
				good = n[:17] + string(sam.CheckDigit(n[:17]))
			} else if len(n) == 15 {
				good = n[:14] + string(sam.CheckDigit2017(n[:14]))
			}
			t.Errorf("%s: %s is no valid number, %s would be", p.ID, n, good)
		}
		if len(c.Number) == 18 {
			if birth := strings.ReplaceAll(c.Birth, "-", ""); c.Number[6:14] != birth {
				t.Errorf("%s: number and birth differ", p.ID)
			}
			if c.Type != devices.Foreigner2023 && (c.Number[16]-'0')%2 != (byte(c.Sex)-'0')%2 {
				t.Errorf("%s: number and sex differ", p.ID)
			}
		}
		block, err := sam.EncodeText(c)
		if err != nil {
			t.Errorf("%s: %v", p.ID, err)
			continue
		}
		if got, err := sam.ParseText(block); err != nil || !reflect.DeepEqual(got, c) {
			t.Errorf("%s: read back as %#v, %v", p.ID, got, err)
		}
		for _, key := range []string{p.ID, p.Name} {
			if q, ok := FindPersona(key); !ok || q.ID != p.ID {
				t.Errorf("%s isn't found by %s", p.ID, key)
			}
		}
	}
	if kinds[' '] < 12 || kinds['J'] != 1 || kinds['I'] != 1 || kinds['Y'] != 1 {
		t.Errorf("kinds of cards: %v", kinds)
	}
	if _, ok := FindPersona(""); ok {
		t.Error("nobody was found")
	}
}

func TestPersonasCoverWhatIsHardToHandle(t *testing.T) {
	var longTerm, full, beyond, x bool
	for _, p := range Personas() {
		longTerm = longTerm || p.Card.ValidTo == devices.LongTerm
		full = full || len([]rune(p.Card.Address)) == 35
		beyond = beyond || strings.ContainsFunc(p.Name, func(r rune) bool { return r > 0xffff })
		x = x || strings.HasSuffix(p.Card.Number, "X")
	}
	if !longTerm || !full || !beyond || !x {
		t.Errorf("long term %v, full address %v, beyond the basic plane %v, X %v", longTerm, full, beyond, x)
	}
}
