// Package strictyaml reads YAML files that people write by hand: catalogue items and a machine's config. It refuses
// what it doesn't know (unknown key, key twice, wrong type, missing or misspelt word) and tells all of it at once, each
// with file, line, the wrong word and what to write instead, in plain Chinese: a county clerk reads it.
//
// Which keys there are is said by the Go type: yaml:"name" as in go.yaml.in/yaml, need:"true" for a key that must be
// there and not empty, oneof:"a b c" for the words that a string (or each of a list) may hold. A type that implements
// encoding.TextUnmarshaler is written as one value. Anchors, aliases, merge keys and tags are refused.
//
// It must never know what it reads for: no catalogue, no config.
package strictyaml
