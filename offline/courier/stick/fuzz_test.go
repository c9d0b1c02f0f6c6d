package stick

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"testing"

	"zhizhu/offline/seal"
)

func newSigner(t testing.TB) (*seal.PublicKey, Sign) {
	t.Helper()
	key, err := seal.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key.Public(), func(message []byte) (string, []byte, error) {
		signature, err := seal.Sign(rand.Reader, key, message)
		return key.Public().Hex(), signature, err
	}
}

// FuzzManifest reads what somebody may put on a stick: only what was signed comes out of it, and all else has a name.
func FuzzManifest(f *testing.F) {
	public, sign := newSigner(f)
	_, other := newSigner(f)
	body := []byte(`{"serial":1,"terminal":"MX0427-1","entries":[{"lane":"matters","id":"a","digest":"00","file":"0011223344556677.pack","size":1}]}`)
	for _, s := range []Sign{sign, other} {
		text, err := encode(KindExport, body, s)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
		f.Add(text[:len(text)-1])
		f.Add(append(text, ' '))
	}
	f.Add([]byte("zhizhu-courier-2 export 0 x y\n"))
	f.Add([]byte("zhizhu-courier-1"))
	f.Add([]byte(nil))
	f.Fuzz(func(t *testing.T, text []byte) {
		got, err := decode(KindExport, text, public)
		if err == nil {
			if !bytes.Equal(got, body) {
				t.Fatalf("took %q", got)
			}
			return
		}
		if !errors.Is(err, ErrTorn) && !errors.Is(err, ErrAltered) && !errors.Is(err, ErrForeign) && !errors.Is(err, ErrNewer) {
			t.Fatal(err)
		}
	})
}

// FuzzContent reads what a terminal or a gateway with a mistake in it may sign.
func FuzzContent(f *testing.F) {
	f.Add([]byte(`{"terminal":"MX0427-1","entries":[{"lane":"blobs","id":"a","digest":"00","file":"../../etc/passwd","size":-1,"offset":9}]}`))
	f.Add([]byte(`{"terminal":"../x"}`))
	f.Add([]byte(`{"terminal":"MX0427-1","posts":[{"digest":"","file":"0011223344556677.pack","size":1}],"acks":[{}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := DecodeExport(body)
		if err == nil {
			for _, entry := range e.Entries {
				if entry.check() != nil || !GoodID(entry.ID) {
					t.Fatalf("took %+v", entry)
				}
			}
			if again, err := json.Marshal(e); err != nil {
				t.Fatal(err)
			} else if _, err := DecodeExport(again); err != nil {
				t.Fatal(err)
			}
		}
		a, err := DecodeAnswer(body)
		for _, p := range a.Posts {
			if err == nil && p.Place.check() != nil {
				t.Fatalf("took %+v", p)
			}
		}
	})
}
