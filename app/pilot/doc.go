// Package pilot drives a real window by what is written on it: a small script language for demonstrations, training
// films and tests. [Parse] reads a script, [Runner] plays it through two small interfaces: a [Window] (app/screen has
// it) and [Devices] (the built-in simulators have it; nil where the config names real ports, and then the lines
// that need a hand are waited for).
//
// It only runs where the config file says `pilot: true`, which provisioning never writes; app/system keeps that. It
// must never know Fyne, a driver or a store, and it reads what it does next from the View, as a resident would.
//
// One command a line, # begins a comment. A label is the rest of the line, or "quoted" where two are needed and the
// first has spaces:
//
//	card PERSONA             lay a card on the reader (id or name of a persona)
//	lift                     take it away
//	scan TEXT                hold a code under the scanner
//	tap LABEL                touch what bears these words
//	type LABEL TEXT          fill in a field
//	choose LABEL OPTION      choose an option of a field
//	sign                     sign with a finger
//	wait SCREEN [SECONDS]    until that screen is shown (15 s)
//	expect TEXT              until these words are on the screen (15 s)
//	serve ITEM [SEED]        a whole visit: from home through every question to the receipt and back
//	net up|down              the network comes back, goes away
//	shot NAME                a picture of the screen, NAME.png
//	printer paper-out|ok     the paper runs out, is put in
package pilot
