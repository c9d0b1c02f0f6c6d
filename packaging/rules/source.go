package rules

import (
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"slices"
	"strings"
)

// Source is one parsed Go file.
type Source struct {
	Name string // path relative to the module
	File *ast.File
	fset *token.FileSet
}

// Test says whether it is a test file.
func (s Source) Test() bool { return strings.HasSuffix(s.Name, "_test.go") }

// Program says whether it belongs to a program's entry, which hands in the clock and the streams.
func (s Source) Program() bool { return s.File.Name.Name == "main" }

// Builds says whether it is where the clock comes from: a program, or app/system, which builds everything for one.
func (s Source) Builds() bool { return s.Program() || strings.HasPrefix(s.Name, "app/system/") }

// ParseSource parses one file with its comments.
func ParseSource(fset *token.FileSet, name string, text []byte) (Source, error) {
	f, err := parser.ParseFile(fset, name, text, parser.ParseComments|parser.SkipObjectResolution)
	return Source{name, f, fset}, err
}

// docs checks that exactly one product file of a package has the package's comment, and that it begins as godoc wants.
func docs(pkg string, files []Source) []Violation {
	var with []string
	var found []Violation
	for _, s := range files {
		if s.Test() || s.File.Doc == nil {
			continue
		}
		with = append(with, s.Name)
		if text := s.File.Doc.Text(); !strings.HasPrefix(text, "Package "+s.File.Name.Name+" ") && !strings.HasPrefix(text, "Command ") {
			found = append(found, Violation{s.Name, "has a package comment that does not begin with its name", "godoc shows the first sentence"})
		}
	}
	switch {
	case len(with) == 0:
		found = append(found, Violation{pkg, "has no package comment", "say what it is for and what it must never know"})
	case len(with) > 1:
		found = append(found, Violation{pkg, "has package comments in " + strings.Join(with, " and "), "one place, doc.go"})
	}
	return found
}

// paced are the files that may ask the clock themselves, with the reason.
var paced = map[string]string{
	"devices/port/write.go": "paces bytes by the machine's monotonic clock, as the wire does; no wall time comes out of it",
	"devices/sim/pace.go":   "likewise, for the far end of the line",
}

// calls checks for what is not to be called: sleeping anywhere, the clock and the console outside programs, skipping in
// tests; and for inits.
func calls(s Source) []Violation {
	var found []Violation
	ast.Inspect(s.File, func(n ast.Node) bool {
		what, why := "", ""
		switch n := n.(type) {
		case *ast.FuncDecl:
			if n.Recv == nil && n.Name.Name == "init" {
				what, why = "has an init", "no work at import: construction is app/system's"
			}
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok {
				what, why = s.banned(x.Name + "." + n.Sel.Name)
			}
		}
		if what != "" {
			found = append(found, Violation{s.Name, what, why})
		}
		return true
	})
	return found
}

// banned says what is wrong with the use of a name in this file, and why; "" for nothing.
func (s Source) banned(name string) (what, why string) {
	switch {
	case name == "time.Sleep":
		return "sleeps", "wait on a channel, a condition or a timer with a context"
	case strings.HasPrefix(name, "fmt.Print") && !s.Program() && !s.Test():
		return "prints to the console", "write to the io.Writer that was handed in, or log"
	case name == "time.Now" && !s.Builds() && !s.Test() && paced[s.Name] == "":
		return "asks the clock", "the clock is handed in by Options"
	case s.Test() && slices.Contains(skips, name):
		return "skips a test", "a test that does not run keeps nothing"
	}
	return "", ""
}

var skips = []string{"t.Skip", "t.Skipf", "t.SkipNow", "b.Skip", "b.Skipf", "f.Skip"}

// state checks that nothing at package level is changed after its declaration, or is made to be.
func state(files []Source) []Violation {
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}, Defs: map[*ast.Ident]types.Object{}}
	product := slices.DeleteFunc(slices.Clone(files), Source.Test)
	syntax := make([]*ast.File, 0, len(product))
	for _, s := range product {
		syntax = append(syntax, s.File)
	}
	if len(product) == 0 {
		return nil
	}
	// Imports are not followed: resolving the package's own names is all that is wanted, the errors of the rest are
	// not looked at.
	conf := types.Config{Error: func(error) {}, FakeImportC: true}
	pkg, _ := conf.Check("p", product[0].fset, syntax, info)

	var found []Violation
	own := func(e ast.Expr) (string, bool) {
		id := root(e)
		if id == nil {
			return "", false
		}
		v, ok := info.Uses[id].(*types.Var)
		return id.Name, ok && pkg != nil && v.Parent() == pkg.Scope()
	}
	for _, s := range product {
		found = append(found, declared(s)...)
		changes(s.File, func(target ast.Expr) {
			if name, ok := own(target); ok {
				found = append(found, Violation{s.Name, "changes package variable " + name, "no state at package level: hand it in"})
			}
		})
	}
	return found
}

// declared finds package variables of types that are there to be changed.
func declared(s Source) []Violation {
	var found []Violation
	for _, d := range s.File.Decls {
		g, ok := d.(*ast.GenDecl)
		if !ok || g.Tok != token.VAR {
			continue
		}
		for _, spec := range g.Specs {
			v := spec.(*ast.ValueSpec)
			if what := mutable(v); what != "" {
				found = append(found, Violation{s.Name, "declares package variable " + v.Names[0].Name + ", a " + what, "no state at package level: hand it in"})
			}
		}
	}
	return found
}

// mutable names the type of a variable if it is one that only serves to be changed: locks, atomics, pools, channels.
func mutable(v *ast.ValueSpec) string {
	exprs := slices.Clone(v.Values)
	if v.Type != nil {
		exprs = append(exprs, v.Type)
	}
	for _, e := range exprs {
		switch e := typeOf(e).(type) {
		case *ast.ChanType:
			return "channel"
		case *ast.SelectorExpr:
			x, ok := e.X.(*ast.Ident)
			if !ok {
				continue
			}
			if name := x.Name + "." + e.Sel.Name; x.Name == "atomic" || slices.Contains(changeable, name) {
				return name
			}
		}
	}
	return ""
}

var changeable = []string{"sync.Mutex", "sync.RWMutex", "sync.Once", "sync.Map", "sync.Pool", "sync.WaitGroup"}

// typeOf returns the type that an expression names: of T itself, T{}, &T{}, make(T), new(T) and T[X].
func typeOf(e ast.Expr) ast.Expr {
	if u, ok := e.(*ast.UnaryExpr); ok {
		e = u.X
	}
	if c, ok := e.(*ast.CompositeLit); ok {
		e = c.Type
	}
	if c, ok := e.(*ast.CallExpr); ok && len(c.Args) > 0 {
		if id, ok := c.Fun.(*ast.Ident); ok && (id.Name == "make" || id.Name == "new") {
			e = c.Args[0]
		}
	}
	if i, ok := e.(*ast.IndexExpr); ok {
		e = i.X
	}
	return e
}

// changes calls told for each expression in a file's functions that is assigned to, counted, or handed to delete or
// clear.
func changes(f *ast.File, told func(ast.Expr)) {
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for _, e := range n.Lhs {
				if n.Tok != token.DEFINE {
					told(e)
				}
			}
		case *ast.IncDecStmt:
			told(n.X)
		case *ast.RangeStmt:
			if n.Tok == token.ASSIGN {
				told(n.Key)
				told(n.Value)
			}
		case *ast.CallExpr:
			if id, ok := n.Fun.(*ast.Ident); ok && (id.Name == "delete" || id.Name == "clear") && len(n.Args) > 0 {
				told(n.Args[0])
			}
		}
		return true
	})
}

// root returns the variable that an assignable expression begins with.
func root(e ast.Expr) *ast.Ident {
	for {
		switch x := e.(type) {
		case *ast.Ident:
			return x
		case *ast.IndexExpr:
			e = x.X
		case *ast.SelectorExpr:
			e = x.X
		case *ast.StarExpr:
			e = x.X
		case *ast.ParenExpr:
			e = x.X
		case *ast.SliceExpr:
			e = x.X
		default:
			return nil
		}
	}
}
