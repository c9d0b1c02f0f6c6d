package receipt

import (
	"strconv"

	"zhizhu/devices"
)

// page gathers the blocks of a document.
type page struct{ doc devices.Document }

func (p *page) add(b devices.Block) { p.doc.Blocks = append(p.doc.Blocks, b) }

// head is the station and the heading.
func (p *page) head(station, title string) {
	p.add(devices.Block{Kind: devices.TextBlock, Text: station, Align: devices.Centre, Bold: true})
	p.add(devices.Block{Kind: devices.TextBlock, Text: title, Align: devices.Centre, Size: 2, Bold: true})
}

func (p *page) rule() { p.add(devices.Block{Kind: devices.RuleBlock}) }

func (p *page) text(s string) { p.add(devices.Block{Kind: devices.TextBlock, Text: s}) }

func (p *page) centre(s string) {
	p.add(devices.Block{Kind: devices.TextBlock, Text: s, Align: devices.Centre})
}

func (p *page) pair(label, text string) {
	p.add(devices.Block{Kind: devices.PairBlock, Label: label, Text: text})
}

// items writes a list under one label, a pair for each further line, so that every line hangs in the same place.
func (p *page) items(label string, lines []string) {
	for i, line := range lines {
		if i > 0 {
			label = ""
		}
		if len(lines) > 1 {
			line = "· " + line
		}
		p.pair(label, line)
	}
}

// steps is items with numbers.
func (p *page) steps(label string, lines []string) {
	for i, line := range lines {
		if i > 0 {
			label = ""
		}
		if len(lines) > 1 {
			line = strconv.Itoa(i+1) + ". " + line
		}
		p.pair(label, line)
	}
}

// code is the receipt's number, to be scanned and to be read out. card says that the ID card finds the matter, too.
func (p *page) code(number string, card bool) {
	p.add(devices.Block{Kind: devices.CodeBlock, Text: number})
	p.add(devices.Block{Kind: devices.TextBlock, Text: number, Align: devices.Centre, Bold: true})
	if card {
		p.centre("下次在自助机上刷身份证，或扫这个码，")
	} else {
		p.centre("下次在自助机上扫这个码，")
	}
	p.centre("就能查进度、补打凭证。")
}

// foot says who helps.
func (p *page) foot(station string) {
	p.rule()
	p.text("有不明白的，问" + station + "的工作人员，或打政务服务热线 " + Helpline + "。")
	p.add(devices.Block{Kind: devices.FeedBlock, Lines: 1})
}
