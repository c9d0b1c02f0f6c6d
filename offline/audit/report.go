package audit

import (
	"fmt"
	"io"
	"time"
)

// Kind says what is wrong with a chain at one place.
type Kind string

// Kinds of faults.
const (
	Altered   Kind = "altered"   // the record is not as it was written
	Removed   Kind = "removed"   // records are missing
	Inserted  Kind = "inserted"  // a record that wasn't there
	Rewritten Kind = "rewritten" // consistent in itself, but not what the gateway was told
)

// Fault is the first place at which a chain is not what was written.
type Fault struct {
	Kind    Kind
	Seq     uint64 // the first record that is altered, missing or put in
	Through uint64 // the last one, where that is known; else Seq
	Why     string // for staff
}

// Head is a head that a terminal once reported: it must stay in the chain.
type Head struct {
	Seq  uint64    `json:"seq"`
	Hash string    `json:"hash"`
	At   time.Time `json:"at,omitzero"` // when the gateway got it
}

// Report is what verification found.
type Report struct {
	Terminal string // whose chain, as far as it says
	After    uint64 // older records were let go, up to this one; 0 for none
	Last     uint64 // the last record that was checked
	Hash     string // its hash
	Records  uint64 // how many were checked

	First    *Fault // nil: nothing is wrong with what was checked
	Unproven uint64 // records at the end that no key at hand proves: a MAC, a signature or a reported head does
	Heads    int    // reported heads that are in the chain
	TooOld   int    // reported heads from before the chain's begin, which can't be compared any more
	Restored uint64 // the last record that tells of a back-up put back, 0 for none: it explains a missing tail
}

// Sound says that nothing is wrong and nothing is unproven.
func (r Report) Sound() bool { return r.First == nil && r.Unproven == 0 }

// WriteTo writes the report in the words of staff.
func (r Report) WriteTo(w io.Writer) (int64, error) {
	n, err := fmt.Fprint(w, r.words())
	return int64(n), err
}

func (r Report) words() string {
	text := fmt.Sprintf("审计日志（%s）：第 %d 至 %d 条，共 %d 条\n", orUnknown(r.Terminal), r.After+1, r.Last, r.Records)
	if r.Records == 0 {
		text = fmt.Sprintf("审计日志（%s）：没有记录\n", orUnknown(r.Terminal))
	}
	if r.After > 0 {
		text += fmt.Sprintf("第 %d 条及以前的记录已按期清理，留有签名的检查点\n", r.After)
	}
	if r.Heads > 0 || r.TooOld > 0 {
		text += fmt.Sprintf("与网关留存的链头核对：%d 个相符，%d 个早于现存记录、无法核对\n", r.Heads, r.TooOld)
	}
	if r.First != nil {
		text += r.First.words()
		if r.Restored > 0 {
			text += fmt.Sprintf("注意：第 %d 条记录说明曾从备份恢复过数据，备份之后的记录会缺失\n", r.Restored)
		}
		return text
	}
	if r.Unproven > 0 {
		return text + fmt.Sprintf("前后连贯，但最后 %d 条没有可以证明真伪的密钥、签名或链头\n", r.Unproven)
	}
	return text + "完整，没有发现改动、删除或插入\n"
}

func (f Fault) words() string {
	where := fmt.Sprintf("第 %d 条", f.Seq)
	if f.Through > f.Seq {
		where = fmt.Sprintf("第 %d 至 %d 条", f.Seq, f.Through)
	}
	what := map[Kind]string{
		Altered: "被改动", Removed: "被删除", Inserted: "是插入的", Rewritten: "之间有记录被整体改写",
	}[f.Kind]
	return fmt.Sprintf("发现问题：%s%s（%s）。此前的记录没有问题\n", where, what, f.Why)
}

func orUnknown(s string) string {
	if s == "" {
		return "终端编号未知"
	}
	return s
}
