package gateway

// Calls lists the routes of the terminals' side as "METHOD /path".
func (g *Gateway) Calls() []string {
	var all []string
	for _, c := range g.calls() {
		all = append(all, c.method+" "+c.path)
	}
	return all
}
