package system

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"

	"zhizhu/offline/strictyaml"
)

// Config is what a machine's config file says. Provisioning writes it; staff may read it.
type Config struct {
	DataDir  string         `yaml:"data_dir"`
	Station  StationConfig  `yaml:"station"`
	Upstream UpstreamConfig `yaml:"upstream"`
	Devices  DevicesConfig  `yaml:"devices"`
	Screen   ScreenConfig   `yaml:"screen,omitempty"`
	// Pilot allows `zhizhu run --pilot`. Provisioning never writes it, and the screen then carries a 演示 mark.
	Pilot bool `yaml:"pilot,omitempty"`
}

// StationConfig is the registered place (R14).
type StationConfig struct {
	Code string `yaml:"code"` // MX0427
	Name string `yaml:"name"` // 雁洋镇长教村便民服务站
}

// UpstreamConfig is the gateway.
type UpstreamConfig struct {
	URL string `yaml:"url"` // https://host:port
	CA  string `yaml:"ca"`  // path of the pinned CA's certificate, PEM
}

// ScreenConfig is the panel. Zero values mean: the whole display, 27 inches.
type ScreenConfig struct {
	Width       int     `yaml:"width,omitempty"`  // pixels
	Height      int     `yaml:"height,omitempty"` // pixels
	PanelInches float64 `yaml:"panel_inches,omitempty"`
}

// ConfigError says in words for staff what is wrong with a config file.
type ConfigError struct{ Err error }

func (e *ConfigError) Error() string { return e.Err.Error() }

// Unwrap returns the cause.
func (e *ConfigError) Unwrap() error { return e.Err }

// stationCode keeps receipt numbers readable: they begin with it.
var stationCode = regexp.MustCompile(`^[A-Za-z0-9]{2,16}$`)

// stationName is the pattern of R14: village and community stations, town centres, the district's hall.
var stationName = regexp.MustCompile(`(便民服务站|便民服务中心|政务服务中心)$`)

// LoadConfig reads and checks a config file. Relative paths in it count from the file's own folder. Its error is a
// *ConfigError that names all that is wrong.
func LoadConfig(path string) (Config, error) { return loadConfig(path, false) }

// loadConfig takes a config without a gateway where the local one is to be used.
func loadConfig(path string, sim bool) (Config, error) {
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return Config{}, &ConfigError{fmt.Errorf("找不到配置文件 %s：请检查 --config 后面的路径", path)}
	}
	if err != nil {
		return Config{}, &ConfigError{fmt.Errorf("配置文件 %s 打不开：%w", path, err)}
	}
	var c Config
	lines, err := strictyaml.DecodeLines(path, undot(data), &c)
	var problems strictyaml.FileErrors
	if err != nil && !errors.As(err, &problems) {
		return Config{}, &ConfigError{err}
	}
	if lines.At() != 0 { // where it is no YAML at all, what is missing from it says nothing
		problems = append(problems, c.check(path, lines, sim)...)
	}
	problems.Sort()
	if err := problems.OrNil(); err != nil {
		return Config{}, &ConfigError{err}
	}
	c.resolve(filepath.Dir(path))
	return c, nil
}

func (c *Config) resolve(dir string) {
	for _, p := range []*string{&c.DataDir, &c.Upstream.CA} {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(dir, *p)
		}
	}
}

// check returns everything that is wrong and that the reader of the file could not see.
func (c *Config) check(path string, lines *strictyaml.Lines, sim bool) strictyaml.FileErrors {
	var all strictyaml.FileErrors
	wrong := func(at []any, format string, args ...any) {
		if !lines.Failed(at...) {
			all = append(all, strictyaml.Problem{File: path, Line: lines.At(at...), Text: fmt.Sprintf(format, args...)})
		}
	}
	if c.DataDir == "" {
		wrong([]any{"data_dir"}, "data_dir 没有写：请写存放办件的文件夹，例如 data_dir: /var/lib/zhizhu")
	}
	if !stationCode.MatchString(c.Station.Code) {
		wrong([]any{"station", "code"}, "station.code %q 不对：请写 2 到 16 位字母或数字的站点编码，例如 MX0427", c.Station.Code)
	}
	if c.Station.Name == "" {
		wrong([]any{"station", "name"}, "station.name 没有写：请写站点全名，例如 雁洋镇长教村便民服务站")
	}
	if u, err := url.Parse(c.Upstream.URL); !sim && (err != nil || u.Scheme != "https" || u.Host == "") {
		wrong([]any{"upstream", "url"}, "upstream.url %q 不对：请写对接网关的地址，例如 https://gateway.example:8443", c.Upstream.URL)
	}
	if c.Upstream.CA == "" && c.Upstream.URL != "" {
		wrong([]any{"upstream", "ca"}, "upstream.ca 没有写：请写网关 CA 证书文件的路径")
	}
	c.Devices.check(wrong)
	return all
}

// Oddities returns what is allowed but should be looked at by staff.
func (c Config) Oddities() []string {
	if stationName.MatchString(c.Station.Name) {
		return nil
	}
	return []string{"站点名称 " + c.Station.Name + " 不是以“便民服务站”“便民服务中心”或“政务服务中心”结尾，请核对"}
}
