package seal

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"os"
	"testing"
)

// What the first version of this program sealed, signed and hashed, with a key made for this test (testdata).
const (
	packetV1 = "WlpQSwEBAM7BK8i7z6gyviQwMTkyZjNjMS03ZDRlLTdhNTUtOGMxMS0zZjJiOWQxMGFhMDEITVgwNDI3LTELc29jLXF1YWxpZnkEM2ZhMQBxBFieABJ5qBRu1gg1CpLI5qq2pQjedw+icXhb/GVmP5GE5aLfL9X85Pe3azHXZCC+orsQrehFUFPm+s97VY6QCAP5cnuNv+pbhxNtj2YMgJHNBM+kh9J3QsZRda4HtdeQlXpas8DW0kOVIVDvLKjD0bNbLxhEnZwTQA5HonwFycXv4q8V+z26yV6E99MstY3Sz/4Edw=="
	recordV1 = "AWV+W+o4tVx+ZqnNxjcohkCGBVmqzhd8MU0SSG9P9Z9loXUP"
	signedV1 = "MEUCIDyd3pRj792/zshutAve771CK1LY1u5gy6F2gvf5OCLOAiEA+80bNzhf3YZSEn/cHFHMqunZnQiy8HHCEsjYzF5qz50="
	hashV1   = "2d7c1fe3640ddd719cf3667e60930c1d08ca3ed36d31569d3e55bd3331811ded"
)

// Matters and records wait for weeks, and look-up values for years: what was sealed then opens for ever.
func TestFirstVersionStillOpens(t *testing.T) {
	text, err := os.ReadFile("testdata/v1-key.pem")
	if err != nil {
		t.Fatal(err)
	}
	key, err := ParsePrivateKey(text)
	if err != nil {
		t.Fatal(err)
	}
	raw := func(text string) []byte {
		p, err := base64.StdEncoding.DecodeString(text)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	if b, plain, err := OpenPacket(key, raw(packetV1)); err != nil || b != someBinding || string(plain) != "content" {
		t.Errorf("packet: %v, %+v, %q", err, b, plain)
	}
	box, err := NewBox(bytes.Repeat([]byte{7}, StationKeySize))
	if err != nil {
		t.Fatal(err)
	}
	if plain, err := box.Open([]byte("ad"), raw(recordV1)); err != nil || string(plain) != "content" {
		t.Errorf("record: %v, %q", err, plain)
	}
	if err := Verify(key.Public(), []byte("message"), raw(signedV1)); err != nil {
		t.Errorf("signature: %v", err)
	}
	if got := hex.EncodeToString(box.KeyedHash("person x")); got != hashV1 {
		t.Errorf("look-up value: %s", got)
	}
}
