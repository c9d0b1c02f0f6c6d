// Package commands tests the programs as people call them: built, from a shell, with files that are right and wrong. It
// knows nothing of their insides.
package commands
