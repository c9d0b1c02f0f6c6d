package system

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const goodConfig = `data_dir: data
station:
  code: MX0427
  name: 雁洋镇示范村便民服务站
upstream:
  url: https://127.0.0.1:7443
  ca: /etc/zhizhu/ca.pem
devices:
  idcard:
    port: /dev/ttyS0
  scanner: {port: /dev/ttyS1, baud: 115200}
`

func writeConfig(t *testing.T, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "config.yaml")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestLoadConfig(t *testing.T) {
	path := writeConfig(t, goodConfig)
	c, err := LoadConfig(path)
	if err != nil {
		t.Fatal(err)
	}
	want := Config{
		DataDir:  filepath.Join(filepath.Dir(path), "data"),
		Station:  StationConfig{Code: "MX0427", Name: "雁洋镇示范村便民服务站"},
		Upstream: UpstreamConfig{URL: "https://127.0.0.1:7443", CA: "/etc/zhizhu/ca.pem"},
		Devices: DevicesConfig{
			IDCard:  PortConfig{Port: "/dev/ttyS0"},
			Scanner: ScannerConfig{PortConfig: PortConfig{Port: "/dev/ttyS1", Baud: 115200}},
		},
	}
	if c != want {
		t.Errorf("config:\n got %+v\nwant %+v", c, want)
	}
}

// TestDottedKeys: how the keys are named in talk may be how they are written.
func TestDottedKeys(t *testing.T) {
	nested, err := LoadConfig(writeConfig(t, goodConfig))
	if err != nil {
		t.Fatal(err)
	}
	dotted, err := LoadConfig(writeConfig(t, `data_dir: `+nested.DataDir+`
station.code: MX0427
station.name: 雁洋镇示范村便民服务站
upstream: {url: "https://127.0.0.1:7443"}
upstream.ca: /etc/zhizhu/ca.pem
devices.idcard.port: /dev/ttyS0
devices.scanner.port: /dev/ttyS1
devices.scanner.baud: 115200
`))
	if err != nil {
		t.Fatal(err)
	}
	if dotted != nested {
		t.Errorf("dotted keys:\n got %+v\nwant %+v", dotted, nested)
	}
}

func TestBadConfig(t *testing.T) {
	for name, c := range map[string]struct {
		from, to string
		want     []string // each must be in the message
	}{
		"unknown key":        {"  code: MX0427", "  kode: MX0427", []string{"config.yaml:3:", "kode", "code"}},
		"wrong type":         {"baud: 115200", "baud: fast", []string{"config.yaml:11:", "fast"}},
		"no station":         {"station:\n  code: MX0427\n  name: 雁洋镇示范村便民服务站\n", "", []string{"station.code", "station.name"}},
		"bad code":           {"MX0427", "MX-04 27", []string{"config.yaml:3:", "MX-04 27", "MX0427"}},
		"address, not https": {"https://", "http://", []string{"config.yaml:6:", "upstream.url", "https://"}},
		"no CA":              {"  ca: /etc/zhizhu/ca.pem\n", "", []string{"upstream.ca"}},
		"no data folder":     {"data_dir: data\n", "", []string{"data_dir", "/var/lib/zhizhu"}},
		"baud of 3":          {"baud: 115200", "baud: 3", []string{"config.yaml:11:", "devices.scanner.baud", "9600"}},
		"same port twice":    {"port: /dev/ttyS0", "port: /dev/ttyS1", []string{"config.yaml:11:", "同一个端口", "auto"}},
		"camera as reader":   {"port: /dev/ttyS0", "port: camera:/dev/video0", []string{"config.yaml:10:", "devices.idcard.port", "auto"}},
		"unknown profile":    {"baud: 115200}", "profile: gm56}", []string{"config.yaml:11:", "gm56", "gm65", "plain"}},
		"odd width":          {"  scanner:", "  printer: {dots: 400}\n  scanner:", []string{"config.yaml:11:", "400", "576"}},
		"A4 without a queue": {"  scanner:", "  a4: {server: /run/cups/cups.sock}\n  scanner:", []string{"devices.a4.queue", "default"}},
		"not YAML":           {"data_dir: data", "data_dir: [", []string{"config.yaml:"}},
	} {
		t.Run(name, func(t *testing.T) {
			if !strings.Contains(goodConfig, c.from) {
				t.Fatalf("%q is not in the good config", c.from)
			}
			_, err := LoadConfig(writeConfig(t, strings.Replace(goodConfig, c.from, c.to, 1)))
			if _, ok := errors.AsType[*ConfigError](err); !ok {
				t.Fatalf("error %v, want a *ConfigError", err)
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("the message lacks %q:\n%v", w, err)
				}
			}
		})
	}
	if _, err := LoadConfig(filepath.Join(t.TempDir(), "nothing.yaml")); err == nil || !strings.Contains(err.Error(), "nothing.yaml") {
		t.Errorf("missing file: %v", err)
	}
}
