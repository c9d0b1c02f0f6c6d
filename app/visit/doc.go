// Package visit is the whole visit (会话) of one resident as a pure machine: Next(State, Event) gives the next State
// and the Effects to carry out; Look(State) gives the View that a screen shows.
//
// It knows no clock (events carry the time), no I/O and no Fyne, so that a visit can be replayed from its events.
// All words that a resident reads are chosen here, by kinds, never from an error's text.
package visit
