package arrival

import (
	"fmt"
	"strings"

	"zhizhu/offline/courier/stick"
)

// Text says in plain Chinese what became of one terminal's export.
func (r Result) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "终端 %s：新收 %d 件，以前收过 %d 件，带回来信 %d 封。\n", r.Terminal, r.Stored, r.Again, r.Letters)
	if r.Left > 0 {
		fmt.Fprintf(&b, "  还有来信 %d 封写不下，请再送一次。\n", r.Left)
	}
	for _, refused := range r.Refused {
		fmt.Fprintf(&b, "  没有接收 %s %s：%s\n", refused.Lane, refused.ID, refused.Why)
	}
	if r.Err == nil {
		return b.String()
	}
	text := Words(r.Err)
	if text == "" {
		text = "没有全部完成，请稍后再试。原因：" + r.Err.Error()
	}
	fmt.Fprintf(&b, "  %s\n", text)
	for _, p := range r.Problems {
		fmt.Fprintf(&b, "  %s\n", strings.ReplaceAll(p.Error(), "\n", ": "))
	}
	return b.String()
}

// Words says what happened to a stick and what to do, in plain Chinese; it is empty for errors of other kinds.
func Words(err error) string { return stick.Words(err) }
