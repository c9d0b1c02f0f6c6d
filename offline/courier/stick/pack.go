package stick

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path"

	"zhizhu/offline/seal"
)

const (
	packSuffix = ".pack"
	packSize   = 4 << 20 // bytes after which the next pack begins
)

// Packer writes packets into new packs. Until a manifest names them nobody sees them.
type Packer struct {
	folder *Folder
	rand   io.Reader
	file   *file
	name   string
	size   int64
	made   []string
}

// Pack begins to write packets.
func (f *Folder) Pack(rand io.Reader) *Packer { return &Packer{folder: f, rand: rand} }

// Add writes a packet and returns where it lies, and false if there is no room for it; what was added before stays good
// then. After an error nothing does.
func (p *Packer) Add(packet []byte) (Place, bool, error) {
	if len(packet) == 0 || len(packet) > MaxPacket {
		return Place{}, false, fmt.Errorf("pack: a packet of %d bytes", len(packet))
	}
	if p.file != nil && p.size+int64(len(packet)) > packSize {
		if err := p.Finish(); err != nil {
			return Place{}, false, err
		}
	}
	if p.file == nil {
		if err := p.begin(); err != nil {
			return full(err)
		}
	}
	at := Place{File: p.name, Offset: p.size, Size: int64(len(packet))}
	if err := p.file.write(packet); err != nil {
		if err := p.back(); err != nil {
			return Place{}, false, err
		}
		return full(err)
	}
	p.size += int64(len(packet))
	return at, true, nil
}

// full tells no room from trouble.
func full(err error) (Place, bool, error) {
	if errors.Is(err, ErrFull) {
		err = nil
	}
	return Place{}, false, err
}

func (p *Packer) begin() error {
	random := make([]byte, 8)
	if _, err := io.ReadFull(p.rand, random); err != nil {
		return fmt.Errorf("name pack: %w", err)
	}
	name := hex.EncodeToString(random) + packSuffix
	f, err := p.folder.disk.create(path.Join(p.folder.path, name))
	if err != nil {
		return err
	}
	p.file, p.name, p.size = f, name, 0
	p.made = append(p.made, name)
	return nil
}

// back takes away what there is of a packet that was written half.
func (p *Packer) back() error {
	err := p.file.Truncate(p.size)
	if err == nil {
		_, err = p.file.Seek(p.size, io.SeekStart)
	}
	return failed("cut pack", err)
}

// Finish brings the pack to the stick.
func (p *Packer) Finish() error {
	if p.file == nil {
		return nil
	}
	f := p.file
	p.file = nil
	return f.finish()
}

// Drop removes the packs that were written, as far as the stick lets it.
func (p *Packer) Drop() {
	if p.file != nil {
		_ = p.file.Close() // nobody will read it
		p.file = nil
	}
	for _, name := range p.made {
		_ = p.folder.disk.remove(path.Join(p.folder.path, name)) // the next export sees to what is left
	}
	p.made = nil
}

// Reader reads packets from a folder's packs. Close it.
type Reader struct {
	folder *Folder
	file   *os.File
	name   string
	size   int64
}

// Read begins to read packets.
func (f *Folder) Read() *Reader { return &Reader{folder: f} }

// Packet returns one packet, if it is the one with that digest: ErrTorn, ErrAltered or ErrMedium otherwise.
func (r *Reader) Packet(at Place, digest string) ([]byte, error) {
	if err := at.check(); err != nil {
		return nil, err
	}
	if r.file == nil || r.name != at.File {
		_ = r.Close()
		f, size, err := r.folder.disk.open(path.Join(r.folder.path, at.File))
		if err != nil {
			return nil, err
		}
		r.file, r.name, r.size = f, at.File, size
	}
	if at.Offset+at.Size > r.size {
		return nil, fmt.Errorf("read %s: it ends at %d of %d: %w", at.File, r.size, at.Offset+at.Size, ErrTorn)
	}
	packet := make([]byte, at.Size)
	switch _, err := r.file.ReadAt(packet, at.Offset); {
	case errors.Is(err, io.EOF):
		return nil, fmt.Errorf("read %s: it was cut: %w", at.File, ErrTorn)
	case err != nil:
		return nil, failed("read "+at.File, err)
	}
	if seal.Digest(packet) != digest {
		return nil, fmt.Errorf("read %s: a packet has another digest: %w", at.File, ErrAltered)
	}
	return packet, nil
}

// Close closes the pack that was read last.
func (r *Reader) Close() error {
	if r.file == nil {
		return nil
	}
	err := r.file.Close()
	r.file = nil
	return err
}
