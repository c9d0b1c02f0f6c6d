package screen

import (
	"zhizhu/app/screen/theme"
	"zhizhu/app/screen/touch"
	"zhizhu/app/visit"
)

// commit is the 告知承诺 or the declarations: each sentence is ticked by touching it.
func (d *draw) commit(area touch.Rect, body *visit.CommitBody) {
	d.wrong(&area, body.Wrong)
	var blocks []block
	if body.Liability != "" {
		h := d.noticeHeight(area.W, body.Liability, visit.Attention)
		blocks = append(blocks, block{h, func(r touch.Rect) { d.notice(r, body.Liability, visit.Attention) }})
	}
	for _, row := range body.Ticks {
		s := d.spec(row.Act, touch.Tick)
		s.Label, s.Chosen, s.Sub, s.Size = row.Text, row.On, "", theme.Strong
		h := max(d.m.Control(), d.Kit().TileHeight(s, area.W))
		blocks = append(blocks, block{h, func(r touch.Rect) { d.key(r, s, row.Act) }})
	}
	d.stack(area, blocks, 1, pager{})
}
