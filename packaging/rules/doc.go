// Package rules keeps the house's rules by tests: who may know whom, with the reason beside each rule; one package
// comment a package; no work in init; no state that belongs to a package; no sleeping; small files and functions.
//
// The rules are tables and pure checks over what `go list` and the parser yield, so that each is proved to fail on a
// made-up violation too. It knows nothing of the program and is imported by nothing.
package rules
