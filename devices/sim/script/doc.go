// Package script is the language in which staff and tests say what happens to the played devices: a card is laid, the
// paper ends, a cable is pulled, a reply comes late. One command a line, in plain words; [Help] lists them all.
//
//	# the roll ends in the middle of the third receipt
//	printer speed 800
//	repeat 2
//	  wait receipt 60s
//	end
//	printer paper out at 600
//	after 10s printer ok
//
// Parsing is pure: it says what is wrong with a line, by its number and word, before anything is played. A [Stage] plays
// what was parsed. The package knows simulators and no drivers.
package script
