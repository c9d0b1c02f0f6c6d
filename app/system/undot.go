package system

import (
	"strings"

	"go.yaml.in/yaml/v3"
)

// undot takes keys written with dots at the top of a config (station.code: X) for what they mean (station: {code: X}).
// A file without them, or one that isn't YAML, comes back as it is, so that its lines keep their numbers.
func undot(data []byte) []byte {
	var doc yaml.Node
	if err := yaml.Unmarshal(data, &doc); err != nil || len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return data
	}
	root := doc.Content[0]
	flat := root.Content
	root.Content = nil
	dotted := false
	for i := 0; i+1 < len(flat); i += 2 {
		path := strings.Split(flat[i].Value, ".")
		dotted = dotted || len(path) > 1
		plant(root, path, flat[i], flat[i+1])
	}
	if !dotted {
		return data
	}
	nested, err := yaml.Marshal(root)
	if err != nil {
		return data
	}
	return nested
}

// plant puts a value at a path of keys below a mapping, which grows as needed.
func plant(m *yaml.Node, path []string, key, value *yaml.Node) {
	if len(path) == 1 {
		name := *key
		name.Value = path[0]
		m.Content = append(m.Content, &name, value)
		return
	}
	for i := 0; i+1 < len(m.Content); i += 2 {
		if m.Content[i].Value == path[0] && m.Content[i+1].Kind == yaml.MappingNode {
			plant(m.Content[i+1], path[1:], key, value)
			return
		}
	}
	name := *key
	name.Value = path[0]
	child := &yaml.Node{Kind: yaml.MappingNode}
	m.Content = append(m.Content, &name, child)
	plant(child, path[1:], key, value)
}
