package outbox

import (
	"fmt"
	"strconv"

	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

// File is a picture or document that a matter is lodged with. Data is used only during the call.
type File struct {
	Material string // id of the material that it shows
	Name     string // of the material, for people
	Media    string // image/jpeg
	Data     []byte
}

// Limits of attachments. A camera or scanner should stay well below them.
const (
	MaxFile  = 2 << 20 // bytes of one file
	MaxFiles = 8 << 20 // bytes of one matter's files
	MaxCount = 64      // files of one matter
)

// blobReserve is how much of the disk attachments leave to matters.
const blobReserve = 32 << 20

// checkFiles returns how many bytes the files have together.
func checkFiles(files []File) (int64, error) {
	if len(files) > MaxCount {
		return 0, fmt.Errorf("%d files, at most %d: %w", len(files), MaxCount, ErrTooLarge)
	}
	var total int64
	for i, f := range files {
		switch n := len(f.Data); {
		case n == 0:
			return 0, fmt.Errorf("file %d: %w", i, ErrEmpty)
		case n > MaxFile:
			return 0, fmt.Errorf("file %d has %d KiB, at most %d: %w", i, n>>10, MaxFile>>10, ErrTooLarge)
		}
		total += int64(len(f.Data))
	}
	if total > MaxFiles {
		return 0, fmt.Errorf("files have %d KiB, at most %d: %w", total>>10, MaxFiles>>10, ErrTooLarge)
	}
	return total, nil
}

// room looks whether a matter may be taken in, with so many bytes of attachments.
func (o *Outbox) room(attached int64) error {
	if err := o.o.Store.Room(); err != nil {
		return err
	}
	if attached == 0 {
		return nil
	}
	o.mu.RLock()
	waiting := o.index.bytes
	o.mu.RUnlock()
	if waiting+attached > o.o.MaxBlobs {
		return fmt.Errorf("%d MiB of attachments wait: %w: %w", waiting>>20, ErrAttachmentRoom, ErrDiskFull)
	}
	if o.o.Free == nil {
		return nil
	}
	free, err := o.o.Free()
	if err != nil {
		return fmt.Errorf("look for room on the disk: %w", err)
	}
	// Twice: a transaction writes new pages before it frees old ones, and the file grows in steps.
	if free < blobReserve+2*attached {
		return fmt.Errorf("%d MiB left on the disk: %w: %w", free>>20, ErrAttachmentRoom, ErrDiskFull)
	}
	return nil
}

// sealFiles seals each file as a packet, and lists them in the matter. A packet is bound to the matter's id, "_", and its
// place in that list from 0, so that it can't be passed off as another; what the list says is sealed with the matter.
func (o *Outbox) sealFiles(m *wire.Matter, files []File) ([][]byte, error) {
	m.Attachments = nil
	packets := make([][]byte, len(files))
	for i, f := range files {
		b := seal.Binding{ID: m.ID + "_" + strconv.Itoa(i), Terminal: m.Terminal, Item: m.Item, Version: m.ItemVer}
		packet, err := o.sealer.Seal(b, f.Data)
		if err != nil {
			return nil, fmt.Errorf("seal file %d: %w", i, err)
		}
		packets[i] = packet
		m.Attachments = append(m.Attachments, wire.Attachment{
			Material: f.Material, Name: f.Name, Media: f.Media, Blob: seal.Digest(packet), Size: int64(len(packet)),
		})
	}
	return packets, nil
}
