// Package arrival is the gateway's half of the courier: it reads the exports of all terminals on a stick, gives each packet
// to the gateway as if it had come by the line, and leaves signed acknowledgements and post on the stick.
//
// It must never know a gateway's store or keys, nor what a packet holds: the gateway is an interface, and checks a packet
// by the same rules whichever way it came. With the terminal's half it shares only package stick.
//
// Nothing on the stick that a terminal wrote is changed: until the acknowledgements are back, the terminal keeps
// everything, and the stick can be read again.
package arrival
