package page

// Advice is what is wrong with a picture of a page.
type Advice int

// Advice, the gravest first.
const (
	NoPage  Advice = iota + 1 // nothing lies there
	Dark                      // too little light
	Bright                    // so much light that letters vanish
	Moving                    // it was moved while the picture was taken
	Cut                       // it goes on beyond the frame
	Far                       // it is so small in the frame that letters can't be read
	Blurred                   // letters have no edges
	Glare                     // a light shines back from it
	Faint                     // there are hardly any letters to be seen: weak print, or the wrong side up
)

// String names it in reports for machines.
func (a Advice) String() string {
	names := [...]string{"", "no-page", "dark", "bright", "moving", "cut", "far", "blurred", "glare", "faint"}
	if a < 0 || int(a) >= len(names) {
		return "unknown"
	}
	return names[a]
}

// Words tell a resident what to do, in plain Chinese.
func (a Advice) Words() string {
	switch a {
	case NoPage:
		return "没看到材料，请把材料平放在垫板中间"
	case Dark:
		return "太暗了，请不要挡住灯光"
	case Bright:
		return "太亮了，字看不清，请把材料挪一挪"
	case Moving:
		return "拍的时候动了，请放好后手先拿开"
	case Cut:
		return "纸没放全，请往中间挪一挪"
	case Far:
		return "字太小，看不清，请放近一点或分开拍"
	case Blurred:
		return "字看不清，请放平再拍"
	case Glare:
		return "反光了，把纸稍微转一下"
	case Faint:
		return "字太淡，请看看是不是放反了"
	}
	return ""
}
