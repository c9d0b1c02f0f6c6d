// Package devicetest is the conformance suite of device drivers: one for card readers, one for printers, one for
// scanners, over what every [devices.Driver] promises, in good times and in trouble: what goes wrong ends with a true event, nothing
// hangs, no goroutine is left. It runs on whatever line it is given: a simulator's pty, a recording of testdata, or real
// hardware with a person who lays the card:
//
//	go test ./devices/devicetest -run Hardware -hw /dev/ttyUSB0 -kind idcard -baud 115200 -v -timeout 30m
//
// It knows drivers by small interfaces of its own, and must never know which driver or which simulator it tests.
package devicetest
