package folder

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"zhizhu/offline/gateway/adapter"
	"zhizhu/offline/gateway/internal/durable"
	"zhizhu/offline/seal"
	"zhizhu/offline/wire"
)

const (
	format        = "zhizhu-package-1"
	digestsFile   = "digests.sm3"
	signatureFile = "digests.sig"
	packageFile   = "package.json"
)

// description is package.json. It says nothing that may differ when the same case is handed on again.
type description struct {
	Format     string    `json:"format"`
	Lane       string    `json:"lane"`
	ID         string    `json:"id"`
	Terminal   string    `json:"terminal"`
	PacketSM3  string    `json:"packet_sm3"`
	StoredAt   time.Time `json:"stored_at"`
	GatewayKey string    `json:"gateway_key"` // SM2, uncompressed point: by which digests.sig is checked
	Files      []listed  `json:"files"`
}

type listed struct {
	Name     string `json:"name"`
	Media    string `json:"media"`
	Size     int    `json:"size"`
	SM3      string `json:"sm3"`
	Material string `json:"material,omitempty"`
	Title    string `json:"title,omitempty"` // the material's name, for people
}

// file is one file of a package.
type file struct {
	name string
	data []byte
}

// Hand is adapter.Adapter's: it writes the package beside and renames it into place.
func (f *Folder) Hand(ctx context.Context, c adapter.Case) (adapter.Outcome, error) {
	if !usable(c.ID) {
		return adapter.Outcome{}, adapter.Refuse("the id can't be the name of a directory")
	}
	files, digests, err := f.contents(c)
	if err != nil {
		return adapter.Outcome{}, err
	}
	if there, err := f.there(c.ID, digests); there || err != nil {
		return adapter.Outcome{}, err
	}
	if err := f.write(ctx, c.ID, files); err != nil {
		// Another gateway may have been first.
		if there, err := f.there(c.ID, digests); there || errors.Is(err, adapter.ErrRefused) {
			return adapter.Outcome{}, err
		}
		return adapter.Outcome{}, fmt.Errorf("write package: %w", err)
	}
	return adapter.Outcome{}, nil
}

func usable(id string) bool {
	return id != "" && id != answersDir && id[0] != '.' && filepath.IsLocal(id) && !strings.ContainsAny(id, `/\`)
}

// contents lists a package's files, the signature last.
func (f *Folder) contents(c adapter.Case) (files []file, digests []byte, err error) {
	d := description{
		Format: format, Lane: c.Lane, ID: c.ID, Terminal: c.Terminal, PacketSM3: c.Digest, StoredAt: c.StoredAt.UTC(),
		GatewayKey: f.signer.Key,
	}
	name := "matter.json"
	if c.Lane == wire.LaneRatings {
		name = "rating.json"
	}
	d.Files = append(d.Files, listed{Name: name, Media: wire.TypeJSON, Size: len(c.Content), SM3: seal.Digest(c.Content)})
	files = append(files, file{name, c.Content})
	for i, a := range c.Attachments {
		name := fmt.Sprintf("%02d-%s%s", i+1, plainName(a.Material), extension(a.Media))
		d.Files = append(d.Files, listed{
			Name: name, Media: a.Media, Size: len(a.Data), SM3: seal.Digest(a.Data), Material: a.Material, Title: a.Name,
		})
		files = append(files, file{name, a.Data})
	}
	text, err := json.MarshalIndent(d, "", "  ")
	if err != nil {
		return nil, nil, fmt.Errorf("describe package: %w", err)
	}
	files = append(files, file{packageFile, append(text, '\n')})
	for _, one := range files {
		digests = fmt.Appendf(digests, "%s  %s\n", seal.Digest(one.data), one.name)
	}
	signature, err := f.signer.Sign(digests)
	if err != nil {
		return nil, nil, fmt.Errorf("sign package: %w", err)
	}
	return append(files, file{digestsFile, digests}, file{signatureFile, signature}), digests, nil
}

// plainName makes a part of a file's name out of a material's id, which a terminal made up.
func plainName(material string) string {
	name := strings.Map(func(r rune) rune {
		if r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' {
			return r
		}
		return -1
	}, material)
	if name == "" {
		return "attachment"
	}
	return name[:min(len(name), 60)]
}

func extension(media string) string {
	switch media {
	case "image/jpeg":
		return ".jpg"
	case "image/png":
		return ".png"
	case "application/pdf":
		return ".pdf"
	default:
		return ".bin"
	}
}

// there reports whether the package is there already. It is refused if it is there with another content.
func (f *Folder) there(id string, digests []byte) (bool, error) {
	has, err := os.ReadFile(filepath.Join(f.dir, id, digestsFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if _, err := os.Stat(filepath.Join(f.dir, id)); err == nil {
			return false, adapter.Refuse("there is something else under the package's name")
		}
		return false, nil
	case err != nil:
		return false, fmt.Errorf("look for package: %w", err)
	case !bytes.Equal(has, digests):
		return false, adapter.Refuse("a package of this id is there with another content")
	}
	return true, nil
}

func (f *Folder) write(ctx context.Context, id string, files []file) (err error) {
	dir, err := os.MkdirTemp(f.dir, newPrefix+id+"-")
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	for _, one := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := writeFile(filepath.Join(dir, one.name), one.data); err != nil {
			return err
		}
	}
	if err := durable.SyncDir(dir); err != nil {
		return err
	}
	if err := os.Rename(dir, filepath.Join(f.dir, id)); err != nil {
		if errors.Is(err, syscall.ENOTEMPTY) {
			return fmt.Errorf("package is there: %w", fs.ErrExist)
		}
		return err
	}
	return durable.SyncDir(f.dir)
}

func writeFile(path string, data []byte) error {
	w, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	_, err = w.Write(data)
	return errors.Join(err, w.Sync(), w.Close())
}
