package rules

import (
	"fmt"
	"slices"
	"strings"
)

// Package is what the import rules need to know of one package; paths of the module's own packages are relative to it
// ("app/visit", "." for main), all others are import paths.
type Package struct {
	Path    string
	Imports []string // by its product code
	Tests   []string // by its tests, in and outside the package
	Deps    []string // all that its product code needs, directly and indirectly
}

// ImportRule says what some packages may not, or may only, know. Patterns are paths; "x/..." means x and all beneath.
type ImportRule struct {
	Who   []string
	But   []string // packages of Who for which the rule does not hold
	Never []string // what they may not import
	Only  []string // if set: of the module's own packages and of other people's modules, all they may import
	Deep  bool     // holds for indirect imports too
	Tests bool     // holds for tests too
	Why   string
}

// Violation is one breach of a rule.
type Violation struct{ Where, What, Why string }

func (v Violation) String() string { return fmt.Sprintf("%s %s: %s", v.Where, v.What, v.Why) }

// Break returns the breaches of a rule, in the packages' order.
func (r ImportRule) Break(all []Package) []Violation {
	var found []Violation
	for _, p := range all {
		if !matchAny(r.Who, p.Path) || matchAny(r.But, p.Path) {
			continue
		}
		for _, known := range r.known(p) {
			if known != p.Path && r.forbids(known) {
				found = append(found, Violation{p.Path, "imports " + known, r.Why})
			}
		}
	}
	return found
}

func (r ImportRule) known(p Package) []string {
	known := slices.Clone(p.Imports)
	if r.Deep {
		known = append(known, p.Deps...)
	}
	if r.Tests {
		known = append(known, p.Tests...)
	}
	slices.Sort(known)
	return slices.Compact(known)
}

func (r ImportRule) forbids(path string) bool {
	if matchAny(r.Never, path) {
		return true
	}
	return r.Only != nil && !standard(path) && !matchAny(r.Only, path)
}

// Rotten returns what a rule names that is not there any more: such a rule keeps nothing.
func (r ImportRule) Rotten(all []Package) []string {
	var gone []string
	for _, pattern := range slices.Concat(r.Who, r.But, r.Never, r.Only) {
		if !slices.ContainsFunc(all, func(p Package) bool {
			return match(pattern, p.Path) || slices.ContainsFunc(slices.Concat(p.Imports, p.Deps), func(i string) bool { return match(pattern, i) })
		}) {
			gone = append(gone, pattern)
		}
	}
	return gone
}

func matchAny(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return match(p, path) })
}

func match(pattern, path string) bool {
	if pattern == "..." {
		return true
	}
	if root, ok := strings.CutSuffix(pattern, "/..."); ok {
		return path == root || strings.HasPrefix(path, root+"/")
	}
	return pattern == path
}

// standard says whether a path is of Go's standard library: its first element has no dot, and it is none of ours.
func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".") && !slices.Contains(ownRoots, first)
}

// ownRoots are the first elements of this module's packages; main is ".".
var ownRoots = []string{"app", "devices", "offline", "assets", "packaging"}
