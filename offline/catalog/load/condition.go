package load

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/parser"
	"github.com/expr-lang/expr/types"

	"zhizhu/offline/catalog"
)

// wholeNumber is the one function that a condition may call: int(field) makes a number of a number field's answer.
const wholeNumber = "int"

// maxCondition is the length in bytes above which nobody reads a condition aloud, and no parser should have to.
const maxCondition = 400

// compile checks a condition against the fields that it may look at, and returns it with its compiled form, and what is
// wrong with it in words. later names the fields that stand at or behind the place of the condition.
func compile(source string, before []catalog.Field, later []string) (catalog.Condition, []string) {
	if strings.TrimSpace(source) == "" {
		return catalog.Condition{}, nil
	}
	if len(source) > maxCondition {
		return catalog.Condition{}, []string{fmt.Sprintf("“%s…”：条件太长；请拆成几个问题", strings.ToValidUTF8(source[:40], ""))}
	}
	tree, err := parser.Parse(source)
	if err != nil {
		return catalog.Condition{}, []string{fmt.Sprintf("“%s”：条件写不通（%s）；比如 has_phone == \"yes\" && int(people) >= 2", source, reason(err))}
	}
	g := &grammar{source: source, fields: before, later: later}
	g.check(tree.Node)
	if len(g.wrong) > 0 {
		return catalog.Condition{}, g.wrong
	}
	env := types.Map{}
	for _, name := range g.used {
		env[name] = types.String
	}
	program, err := expr.Compile(source, expr.Env(env), expr.AsBool(), expr.DisableAllBuiltins(),
		expr.Function(wholeNumber, func(args ...any) (any, error) { return strconv.Atoi(args[0].(string)) }, new(func(string) int)))
	if err != nil {
		return catalog.Condition{}, []string{fmt.Sprintf("“%s”：条件写不通（%s）；每个回答都是文字，数字要写成 int(%s)", source, reason(err), g.someName())}
	}
	used := g.used
	return catalog.NewCondition(source, func(answers map[string]string) bool {
		values := make(map[string]any, len(used))
		for _, name := range used {
			values[name] = answers[name]
		}
		out, err := expr.Run(program, values)
		met, ok := out.(bool)
		return err == nil && ok && met // int("") of a question not answered yet: not met
	}), nil
}

// reason is the short form of an error of expr, without its drawing of the place.
func reason(err error) string {
	if e, ok := errors.AsType[*file.Error](err); ok {
		return e.Message
	}
	return strings.SplitN(err.Error(), "\n", 2)[0]
}

// grammar walks a condition's tree and refuses what an author of items needs no knowledge of. What is left can be read
// aloud: comparisons, and, or, not, in, int(…).
type grammar struct {
	source string
	fields []catalog.Field
	later  []string
	used   []string
	wrong  []string
}

func (g *grammar) refuse(format string, args ...any) {
	g.wrong = append(g.wrong, fmt.Sprintf(format, args...))
}

func (g *grammar) check(node ast.Node) {
	switch n := node.(type) {
	case *ast.IdentifierNode:
		g.name(n.Value)
	case *ast.StringNode, *ast.IntegerNode, *ast.BoolNode:
	case *ast.UnaryNode:
		g.check(n.Node)
	case *ast.BinaryNode:
		g.check(n.Left)
		g.check(n.Right)
		if g.allowed(n.Operator) {
			g.compared(n.Left, n.Right)
			g.compared(n.Right, n.Left)
		}
	case *ast.ArrayNode:
		for _, one := range n.Nodes {
			g.check(one)
		}
	case *ast.BuiltinNode:
		g.call(n.Name, n.Arguments)
	case *ast.CallNode:
		g.call(n.Callee.String(), n.Arguments)
	default:
		g.refuse("“%s”：条件里不能这样写；只能用 == != < <= > >= in && || not 和 int(…)", node.String())
	}
}

func (g *grammar) allowed(operator string) bool {
	ok := slices.Contains([]string{"==", "!=", "<", "<=", ">", ">=", "in", "&&", "||", "and", "or"}, operator)
	if !ok {
		g.refuse("“%s”：条件里不能用这个符号；只能用 == != < <= > >= in && || not", operator)
	}
	return ok
}

func (g *grammar) call(name string, args []ast.Node) {
	if name != wholeNumber || len(args) != 1 {
		g.refuse("“%s”：条件里不能用；只能用 int(…)", name)
		return
	}
	id, ok := args[0].(*ast.IdentifierNode)
	if !ok {
		g.refuse("“%s”：int(…) 里要写一个问题的名字", args[0].String())
		return
	}
	g.name(id.Value)
	if f := g.field(id.Value); f != nil && f.Type != catalog.Number {
		g.refuse("“%s”：int(…) 里只能写数字题（type: number），这一题是 %s", id.Value, f.Type)
	}
}

// name takes a field's name that the condition looks at.
func (g *grammar) name(name string) {
	switch {
	case g.field(name) != nil:
		if !slices.Contains(g.used, name) {
			g.used = append(g.used, name)
		}
	case slices.Contains(g.later, name):
		g.refuse("“%s”：条件只能看排在前面的问题；请把“%s”移到前面", name, name)
	default:
		g.refuse("“%s”：前面没有这个问题；%s", name, hint(name, g.fields))
	}
}

func (g *grammar) field(name string) *catalog.Field {
	for i := range g.fields {
		if g.fields[i].ID == name {
			return &g.fields[i]
		}
	}
	return nil
}

// compared checks what a field is compared with: an answer that can never be given is a slip of the pen.
func (g *grammar) compared(left, right ast.Node) {
	id, ok := left.(*ast.IdentifierNode)
	if !ok {
		return
	}
	f := g.field(id.Value)
	if f == nil {
		return
	}
	literals := []ast.Node{right}
	if list, ok := right.(*ast.ArrayNode); ok {
		literals = list.Nodes
	}
	for _, one := range literals {
		if s, ok := one.(*ast.StringNode); ok {
			g.possible(f, s.Value)
		}
	}
}

func (g *grammar) possible(f *catalog.Field, value string) {
	switch f.Type {
	case catalog.Choice:
		if !slices.ContainsFunc(f.Options, func(o catalog.Option) bool { return o.Value == value }) {
			g.refuse("“%s”：“%s”没有这个选项；%s", value, f.ID, hintOption(value, f.Options))
		}
	case catalog.Date:
		if _, err := time.Parse(catalog.DateLayout, value); err != nil {
			g.refuse("“%s”：“%s”是日期题，要写成 2026-03-05 这样", value, f.ID)
		}
	case catalog.Number:
		g.refuse("“%s”：“%s”是数字题，要写成 int(%s) 和不带引号的数", value, f.ID, f.ID)
	case catalog.Text, catalog.Phone, catalog.IDNo, catalog.Digits:
	}
}

func (g *grammar) someName() string {
	if len(g.used) == 0 {
		return "people"
	}
	return g.used[0]
}
