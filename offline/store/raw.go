package store

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"maps"
	"os"
	"slices"
)

// The pages of a bbolt file, as its version 2 lays them out in the machine's byte order: a header of id (8), kind (2),
// count (2) and overflow (4), then elements of 16 bytes, then keys and values. bbolt's own reader maps the file and
// trusts what it finds: at a damaged page it panics, faults or loops. This one reads, checks every bound, and can go round
// a page that it can't use. It is for files that are damaged already.
const (
	pageHead    = 16
	elementSize = 16
	bucketHead  = 16 // root page (8) and sequence (8), before a bucket's page where that lies inline
	metaSize    = 64
	metaMagic   = 0xED0CDAED
	metaVersion = 2

	branchPage = 0x01
	leafPage   = 0x02
	metaPage   = 0x04
	bucketFlag = 0x01 // of an element: its value is a bucket

	smallestPage = 1 << 9
	largestPage  = 1 << 16
	// largestRun is the most that is read at once for one value: far more than any that is kept.
	largestRun = 128 << 20
)

var order = binary.NativeEndian

// meta is where one state of a file begins.
type meta struct {
	pageSize uint32
	root     uint64 // page of the table of tables
	pages    uint64 // how many pages are in use
	tx       uint64
}

// readMetas returns the states that a file holds whole, the newest first: none, one or two.
func readMetas(r io.ReaderAt) []meta {
	var metas []meta
	buf := make([]byte, pageHead+metaSize)
	for at := int64(0); at <= largestPage; at = max(smallestPage, at*2) {
		if _, err := r.ReadAt(buf, at); err != nil {
			continue
		}
		m, ok := decodeMeta(buf)
		if ok && at == int64(order.Uint64(buf))*int64(m.pageSize) {
			metas = append(metas, m)
		}
	}
	slices.SortStableFunc(metas, func(a, b meta) int {
		if a.tx > b.tx {
			return -1
		}
		return 1
	})
	return metas
}

func decodeMeta(page []byte) (meta, bool) {
	body := page[pageHead:]
	sum := fnv.New64a()
	_, _ = sum.Write(body[:metaSize-8])
	m := meta{
		pageSize: order.Uint32(body[8:]), root: order.Uint64(body[16:]), pages: order.Uint64(body[40:]), tx: order.Uint64(body[48:]),
	}
	good := order.Uint64(page) < 2 && order.Uint16(page[8:]) == metaPage &&
		order.Uint32(body) == metaMagic && order.Uint32(body[4:]) == metaVersion &&
		order.Uint64(body[metaSize-8:]) == sum.Sum64() &&
		m.pageSize >= smallestPage && m.pageSize <= largestPage && m.pageSize&(m.pageSize-1) == 0 &&
		m.pages < 1<<48/uint64(m.pageSize)
	return m, good
}

// lostMetas returns the states after the known ones, the newest first, that a file seems to hold though the pages where
// they began are lost. Each begins at a table of tables, which carries the count of commits as the number of the store's
// own table. All metas are lost: then pageSize must be guessed.
func lostMetas(r io.ReaderAt, size int64, known []meta) []meta {
	if len(known) > 1 {
		return nil // nothing is lost; a later state that can be found was never committed
	}
	m := meta{pageSize: uint32(os.Getpagesize()), pages: uint64(size)}
	last := uint64(0)
	if len(known) == 1 {
		m.pageSize = known[0].pageSize
		last = commits(&image{r: r, size: size, meta: known[0], owner: map[uint64]Table{}}, known[0].root)
		if last == 0 {
			return nil // of the first version, which didn't count
		}
	}
	m.pages = uint64(size) / uint64(m.pageSize)
	found := map[uint64][]meta{}
	for id := uint64(2); id < m.pages; id++ {
		m.root = id
		if n := commits(&image{r: r, size: size, meta: m, owner: map[uint64]Table{}}, id); n > last {
			at := m
			at.tx = n
			found[n] = append(found[n], at)
		}
	}
	var metas []meta
	for _, n := range slices.Backward(slices.Sorted(maps.Keys(found))) {
		if len(found[n]) == 1 && len(metas) < 2 {
			metas = append(metas, found[n][0])
		}
	}
	return metas
}

// commits returns the count of commits that a table of tables carries, 0 if a page is none.
func commits(m *image, id uint64) uint64 {
	page, err := m.page(id, "", map[uint64]bool{})
	if err != nil || kind(page) != leafPage {
		return 0
	}
	count := uint64(0)
	n, broken := elements(page)
	for i := range n {
		name, value, bucket, ok := leaf(page, i)
		if !ok || !bucket || len(value) < bucketHead || broken {
			return 0
		}
		if Table(name) == metaTable {
			count = order.Uint64(value[8:])
		}
	}
	return count
}

var errPage = errors.New("page is damaged")

// image is one state of a file.
type image struct {
	r    io.ReaderAt
	size int64
	meta meta
	// owner is the table that each page was found in. A page belongs to one table only.
	owner map[uint64]Table
}

// page reads a page of a table with what overflows from it. Seen are the pages of the table that were read before: a
// page comes once in it.
func (m *image) page(id uint64, t Table, seen map[uint64]bool) ([]byte, error) {
	head := make([]byte, pageHead)
	at := int64(id) * int64(m.meta.pageSize)
	if id < 2 || id >= m.meta.pages || at+int64(m.meta.pageSize) > m.size {
		return nil, fmt.Errorf("page %d lies outside of the file: %w", id, errPage)
	}
	if _, err := m.r.ReadAt(head, at); err != nil {
		return nil, fmt.Errorf("read page %d: %w", id, err)
	}
	run := 1 + uint64(order.Uint32(head[12:]))
	length := int64(run) * int64(m.meta.pageSize)
	if order.Uint64(head) != id || id+run > m.meta.pages || at+length > m.size || length > largestRun {
		return nil, fmt.Errorf("page %d is not what it should be: %w", id, errPage)
	}
	for i := id; i < id+run; i++ {
		if owner, ok := m.owner[i]; seen[i] || ok && owner != t {
			return nil, fmt.Errorf("page %d is used twice: %w", i, errPage)
		}
	}
	for i := id; i < id+run; i++ {
		seen[i], m.owner[i] = true, t
	}
	page := make([]byte, length)
	if _, err := m.r.ReadAt(page, at); err != nil {
		return nil, fmt.Errorf("read page %d: %w", id, err)
	}
	return page, nil
}

// kind is what a page says that it is.
func kind(page []byte) uint16 { return order.Uint16(page[8:]) }

// elements is how many elements a page can hold of those that it says it has.
func elements(page []byte) (n int, cut bool) {
	n = int(order.Uint16(page[10:]))
	most := (len(page) - pageHead) / elementSize
	return min(n, most), n > most
}

// branch returns the key and the page of a branch's element.
func branch(page []byte, i int) (key []byte, child uint64, ok bool) {
	at := pageHead + i*elementSize
	e := page[at:]
	key, ok = cut(page, at, order.Uint32(e), order.Uint32(e[4:]))
	return key, order.Uint64(e[8:]), ok
}

// leaf returns a leaf's element.
func leaf(page []byte, i int) (key, value []byte, bucket, ok bool) {
	at := pageHead + i*elementSize
	e := page[at:]
	flags, pos, keyLen, valueLen := order.Uint32(e), order.Uint32(e[4:]), order.Uint32(e[8:]), order.Uint32(e[12:])
	key, ok = cut(page, at, pos, keyLen)
	if !ok || flags > bucketFlag || len(key) == 0 {
		return nil, nil, false, false
	}
	value, ok = cut(page, at+int(pos)+int(keyLen), 0, valueLen)
	return key, value, flags == bucketFlag, ok
}

// cut returns length bytes at pos from an element, which lies at start.
func cut(page []byte, start int, pos, length uint32) ([]byte, bool) {
	from := uint64(start) + uint64(pos)
	to := from + uint64(length)
	if to > uint64(len(page)) {
		return nil, false
	}
	return page[from:to:to], true
}
