// Package health says what is wrong with the machine now, in words for residents and for staff, and what may still be
// offered. It is pure: facts in, report out. It knows no driver, no store and no screen.
package health
