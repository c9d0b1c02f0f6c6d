package profile

import (
	"bytes"
	_ "embed" // profiles.json
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strings"

	"zhizhu/devices/scanner/frame"
)

//go:embed profiles.json
var builtin []byte

const (
	gm        = "gm"
	ssi       = "ssi"
	newland   = "newland"
	honeywell = "honeywell"
)

// All returns the built-in profiles, plain first.
func All() ([]Profile, error) { return Parse("profiles.json", builtin) }

// Names returns the names of the built-in profiles, plain first.
func Names() []string {
	all, err := All()
	if err != nil {
		return nil // a test keeps the built-in file right
	}
	names := make([]string, 0, len(all))
	for _, p := range all {
		names = append(names, p.Name)
	}
	return names
}

// Find returns a built-in profile; "" is plain. Its error names those that there are.
func Find(name string) (Profile, error) {
	if name == "" {
		name = Plain
	}
	all, err := All()
	if err != nil {
		return Profile{}, err
	}
	if i := slices.IndexFunc(all, func(p Profile) bool { return p.Name == name }); i >= 0 {
		return all[i], nil
	}
	return Profile{}, fmt.Errorf("scanner profile %q is not known; write one of: %s", name, strings.Join(Names(), ", "))
}

// Parse reads and checks a file of profiles. Its error names the file, the profile, the field and what is wrong with it.
func Parse(file string, data []byte) ([]Profile, error) {
	var all []json.RawMessage
	if err := strict(data, &all); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	out := make([]Profile, 0, len(all))
	for i, raw := range all {
		p, err := parse(raw)
		if err == nil && slices.ContainsFunc(out, func(q Profile) bool { return q.Name == p.Name }) {
			err = errors.New("name: there is another profile of this name")
		}
		if err != nil {
			return nil, fmt.Errorf("%s: profile %d (%s): %w", file, i+1, nameOf(raw), err)
		}
		out = append(out, p)
	}
	if len(out) == 0 || out[0].Name != Plain || out[0].Family != "" {
		return nil, fmt.Errorf("%s: the first profile must be %q, without a family", file, Plain)
	}
	return out, nil
}

// strict decodes one JSON value and refuses unknown fields and what follows the value.
func strict(data []byte, v any) error {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(v); err != nil {
		return err
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return errors.New("there is more after the end of the JSON value")
	}
	return nil
}

// nameOf finds a name for an error's text in a profile that may be wrong in any way.
func nameOf(raw json.RawMessage) string {
	var named struct {
		Name string `json:"name"`
	}
	if json.Unmarshal(raw, &named) != nil || !validName.MatchString(named.Name) {
		return "without a valid name"
	}
	return named.Name
}

var validName = regexp.MustCompile(`^[a-z][a-z0-9-]{0,31}$`)

func parse(raw json.RawMessage) (Profile, error) {
	var p Profile
	if err := strict(raw, &p); err != nil {
		return Profile{}, err
	}
	for _, check := range []func(Profile) error{checkWords, checkNumbers, checkFrames, checkZone} {
		if err := check(p); err != nil {
			return Profile{}, err
		}
	}
	return p, nil
}

func checkWords(p Profile) error {
	switch {
	case !validName.MatchString(p.Name):
		return errors.New("name: small letters, digits and hyphens, beginning with a letter")
	case p.Title == "":
		return errors.New("title: say in Chinese which scanners these are")
	case p.Unverified && p.Note == "":
		return errors.New("note: say what is unverified")
	case !slices.Contains([]string{"", gm, ssi, newland, honeywell}, p.Family):
		return fmt.Errorf("family: %q is not known; write gm, ssi, newland or honeywell, or leave it out", p.Family)
	}
	return nil
}

func checkNumbers(p Profile) error {
	switch {
	case p.Baud < 300 || p.Baud > 4000000:
		return fmt.Errorf("baud: %d is no speed of a serial line", p.Baud)
	case (len(p.Wake) > 0) != (p.WakeMS > 0) || p.WakeMS > 1000 || len(p.Wake) > 8:
		return errors.New("wake, wake_ms: write both or none, at most 8 bytes and 1000 ms")
	case p.Commands() && (p.RenewMS < 1000 || p.RenewMS > 60000):
		return fmt.Errorf("renew_ms: %d is not from 1000 to 60000", p.RenewMS)
	case len(p.Prefix) > 16 || len(p.Suffix) > 16:
		return errors.New("prefix, suffix: at most 16 bytes")
	}
	return nil
}

func checkFrames(p Profile) error {
	fields := []struct {
		name string
		data Hex
	}{{"trigger_on", p.On}, {"trigger_off", p.Off}, {"command", p.Command}, {"continuous", p.Continuous}}
	check := map[string]func([]byte) error{
		gm: frame.CheckGM, ssi: frame.CheckSSI, newland: frame.CheckNewland, honeywell: frame.CheckHoneywell,
	}[p.Family]
	for _, f := range fields {
		if len(f.data) == 0 {
			continue
		}
		if check == nil {
			return fmt.Errorf("%s: a profile without a family sends nothing", f.name)
		}
		if err := check(f.data); err != nil {
			return fmt.Errorf("%s: %w", f.name, err)
		}
	}
	switch {
	case !p.Commands() && p.Family != "":
		return errors.New("trigger_on: a profile with a family must have it")
	case !p.Commands() && (len(p.Wake) > 0 || p.Silent || p.RenewMS != 0 || p.Zone != nil):
		return errors.New("wake, trigger_silent, renew_ms, zone: a profile without a family sends nothing")
	}
	return nil
}

func checkZone(p Profile) error {
	z := p.Zone
	switch {
	case z == nil:
		return nil
	case p.Family != gm:
		return errors.New("zone: only the family gm has zones")
	case len(p.Command) > 0 || len(p.Continuous) > 0:
		return errors.New("zone: takes the place of command and continuous; write one or the other")
	case len(z.Addr) != 2 || len(z.Mask) != 1 || len(z.Command) != 1 || len(z.Continuous) != 1:
		return errors.New("zone: addr is two bytes, mask, command and continuous one byte each")
	case z.Command[0]&^z.Mask[0] != 0 || z.Continuous[0]&^z.Mask[0] != 0 || z.Mask[0] == 0:
		return errors.New("zone: command and continuous may have bits of mask only")
	}
	return nil
}
